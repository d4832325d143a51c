import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { LedgerGap } from '#shared/ledger-minutes.ts';
import type { KafkaSettings } from '../kafka/port.ts';
import type { LedgerAuditStore, LedgerGapStore } from '../store/ledger-gaps.ts';
import { gapOf } from './gap-text.ts';
import type { AuditThreadInput, FromAuditThread, ToAuditThread } from './thread.ts';

/** Compares the ledger with what stands in Kafka, in a thread of its own, for as long as the server runs. */
export interface Auditor {
  /** Differences of a flow that nobody has settled, and how many messages they are about. */
  open(flow: string): { gaps: number; messages: number };
  /** Reads again what is open, after one was settled. */
  refresh(): Promise<void>;
  /** Starts from nothing for this flow, after its deletion. */
  forget(flow: string): void;
  close(): Promise<void>;
}

export interface AuditorOptions {
  kafka: KafkaSettings;
  store: { ledgerAudit: LedgerAuditStore; ledgerGaps: LedgerGapStore };
  /** What people call the nodes of a flow. */
  names(flow: string): Promise<(node: string) => string>;
  /** What is open has changed. */
  changed(flow: string): void;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>): void;
}

const memoryMb = 256;
const closeMs = 5_000;
const restartMs = 5_000;

/** Starts the audit where it stood when the server ended. Its thread is started again when it dies. */
export async function startAuditor(options: AuditorOptions): Promise<Auditor> {
  const { store, log } = options;
  let open = new Map<string, { gaps: number; messages: number }>();
  let worker: Worker | undefined;
  let ended: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  let closing = false;

  async function refresh(): Promise<void> {
    const before = open;
    open = await store.ledgerGaps.open();
    for (const flow of new Set([...before.keys(), ...open.keys()]))
      if (before.get(flow)?.messages !== open.get(flow)?.messages || before.get(flow)?.gaps !== open.get(flow)?.gaps) options.changed(flow);
  }

  async function keep({ states, found }: Extract<FromAuditThread, { type: 'save' }>): Promise<void> {
    const gaps: LedgerGap[] = [];
    for (const one of found) gaps.push(gapOf(one, await options.names(one.flow), Date.now()));
    const fresh = await store.ledgerAudit.save(states, gaps);
    for (const { sentence, flow, kind } of fresh) log('error', `The ledger of ${flow}: ${sentence}`, { flow, kind });
    if (fresh.length > 0) await refresh();
  }

  async function start(): Promise<void> {
    const thread = createThread({ kafka: options.kafka, states: await store.ledgerAudit.load() });
    worker = thread;
    ended = new Promise((resolve) => {
      thread.on('exit', () => {
        resolve();
        if (worker === thread) worker = undefined;
        if (!closing) again = setTimeout(() => void start().catch(failed), restartMs);
      });
    });
    thread.on('error', (error) => log('error', `The audit of the ledger ended and is started again: ${error.message}`));
    thread.on('message', (message: FromAuditThread) => {
      if (message.type === 'log') return log(message.level, message.message);
      keep(message).then(
        () => thread.postMessage({ type: 'saved' } satisfies ToAuditThread),
        (error: unknown) => {
          // What was not stored is found again from where the stored state stands.
          log('error', `What the audit of the ledger found could not be stored: ${error instanceof Error ? error.message : String(error)}`);
          void thread.terminate();
        },
      );
    });
  }

  function failed(error: unknown): void {
    log('error', `The audit of the ledger did not start: ${error instanceof Error ? error.message : String(error)}`);
    if (!closing) again = setTimeout(() => void start().catch(failed), restartMs);
  }

  await refresh();
  await start();

  return {
    open: (flow) => open.get(flow) ?? { gaps: 0, messages: 0 },
    refresh,
    forget(flow) {
      open.delete(flow);
      worker?.postMessage({ type: 'forget', flow } satisfies ToAuditThread);
    },
    async close() {
      closing = true;
      clearTimeout(again);
      const thread = worker;
      if (thread === undefined) return;
      thread.postMessage({ type: 'end' } satisfies ToAuditThread);
      const cut = setTimeout(() => void thread.terminate(), closeMs);
      await ended;
      clearTimeout(cut);
    },
  };
}

/** Where the thread's code is: beside this file in development, beside the bundle in a build. */
function createThread(input: AuditThreadInput): Worker {
  const settings = { resourceLimits: { maxOldGenerationSizeMb: memoryMb }, name: 'ledger audit' };
  if (import.meta.url.endsWith('.ts')) {
    const entry = new URL('./thread.ts', import.meta.url).href;
    const boot = fileURLToPath(new URL('../runtime/boot.mjs', import.meta.url));
    return new Worker(boot, { workerData: { entry, input }, ...settings });
  }
  const inChunks = import.meta.url.includes('/chunks/');
  return new Worker(new URL(inChunks ? '../ledger-audit.js' : './ledger-audit.js', import.meta.url), {
    workerData: { input },
    ...settings,
  });
}
