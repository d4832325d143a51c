import { backoffMs, wait } from '../runtime/backoff.ts';
import type { ReplayThread, ThreadEnd } from './host.ts';

/** A replay or a retry, as far as the keeping of its thread is concerned. */
export interface Kept {
  /** `replay 1f2e`, for the log. */
  what: string;
  /** Fires when somebody wants it to end or to pause. */
  ending: AbortSignal;
  /** Fires when the server ends: it goes on at the next start. */
  closing: AbortSignal;
  /** Runs one thread to its end. What it rejects with counts as a thread that failed. */
  thread(): Promise<ThreadEnd>;
  /** How far it is, in any measure that grows: where that stands still, threads ended in vain. */
  far(): number;
  /** It is started again after this. */
  again?(message: string): void;
  /** How long to wait before the next thread, in ms, by how often the last have ended in vain; default: from half a second to ten. */
  waitMs?(inVain: number): number;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** How it came to an end. `wanted`: somebody asked for it. `closed`: the server ends. `vain`: it fails again and again at one place. */
export type KeptEnd =
  | { how: 'done' }
  | { how: 'wanted' }
  | { how: 'closed' }
  | { how: 'paused'; reason: string }
  | { how: 'failed'; message: string }
  | { how: 'vain'; message: string };

const saveEveryMs = 1000;
const crashesInVain = 5;

/** Starts threads, one after the other, until the work is over, somebody ends it, or it can only go on in vain. */
export async function keepGoing({ what, ending, closing, thread, far, again, waitMs, log }: Kept): Promise<KeptEnd> {
  const over = AbortSignal.any([ending, closing]);
  let inVain = 0;
  let before = -1;
  for (;;) {
    const end = await thread().catch(
      (error: unknown): ThreadEnd =>
        over.aborted ? { how: 'stopped' } : { how: 'failed', message: messageOf(error), final: isFinal(error) },
    );
    if (closing.aborted) return { how: 'closed' };
    if (ending.aborted) return { how: 'wanted' };
    if (end.how === 'done') return { how: 'done' };
    if (end.how === 'paused') return end;
    if (end.how !== 'failed') continue;
    log(end.final ? 'error' : 'warn', `The thread of ${what} ended: ${end.message}`);
    if (end.final) return { how: 'failed', message: end.message };
    inVain = far() === before ? inVain + 1 : 0;
    before = far();
    if (inVain >= crashesInVain) return { how: 'vain', message: `It ended ${inVain} times at the same place: ${end.message}` };
    again?.(end.message);
    await wait(waitMs?.(inVain) ?? backoffMs(inVain, 500, 10_000), over);
    if (closing.aborted) return { how: 'closed' };
    if (ending.aborted) return { how: 'wanted' };
  }
}

/**
 * Waits for a thread's end; asks it to end when it is wanted, and ends it when the server does.
 * @param save called every second; what it does is waited for, and one at a time
 */
export async function watchThread(
  thread: ReplayThread,
  { ending, closing, save }: Pick<Kept, 'ending' | 'closing'> & { save(): Promise<void> | undefined },
): Promise<ThreadEnd> {
  const over = AbortSignal.any([ending, closing]);
  const stop = () => (closing.aborted ? thread.kill() : thread.stop());
  // The server may end while the thread is still asked to.
  ending.addEventListener('abort', stop, { once: true });
  closing.addEventListener('abort', stop, { once: true });
  if (over.aborted) stop();
  let saving = Promise.resolve();
  const saver = setInterval(() => {
    saving = saving.then(() => save());
  }, saveEveryMs);
  try {
    return await thread.ended;
  } finally {
    clearInterval(saver);
    await saving;
    ending.removeEventListener('abort', stop);
    closing.removeEventListener('abort', stop);
  }
}

/** Writes how it ended, also when Kafka or the store have to be waited for; a server that ends meanwhile goes on at its next start. */
export async function surely(write: () => Promise<void>, { what, closing, log }: Pick<Kept, 'what' | 'closing' | 'log'>): Promise<void> {
  for (let attempt = 0; !closing.aborted; attempt++) {
    try {
      return await write();
    } catch (error) {
      log('warn', `The end of ${what} is not written yet: ${messageOf(error)}`);
      await wait(backoffMs(attempt, 500, 10_000), closing);
    }
  }
}

/** A sentence of ours about what was asked for, which another try would meet again; Kafka's absence passes. */
function isFinal(error: unknown): boolean {
  return error instanceof Error && error.constructor === Error && /cannot run any more|no source/.test(error.message);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
