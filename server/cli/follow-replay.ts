import { setTimeout as pause } from 'node:timers/promises';
import type { Replay } from '#shared/replay.ts';
import { CommandError } from './command.ts';
import type { Caller } from './deploy.ts';
import { progressText } from './replay-text.ts';

const askMs = 500;
/** On a terminal one line is written over; elsewhere a line this often is enough, in ms. */
const tellMs = 5_000;
/** A server that restarts lets a replay go on: it is waited for so long, in ms. */
const patienceMs = 120_000;

/**
 * Shows how far a replay is until it has ended or is paused. Ctrl+C ends the watching, not the replay.
 * @throws CommandError when watching ended before the replay did; it says that the replay goes on, and how to stop it
 */
export async function followReplay(call: Caller, started: Replay): Promise<Replay> {
  const { id } = started;
  const left = new AbortController();
  const interrupt = (): void => left.abort();
  process.once('SIGINT', interrupt);
  const onLine = process.stderr.isTTY === true;
  let replay = started;
  let toldAt = 0;
  let answeredAt = Date.now();
  const tell = (text: string, now = false): void => {
    if (onLine) process.stderr.write(`\r\u001b[2K${text}`);
    else if (now || Date.now() - toldAt >= tellMs) console.error(text);
    else return;
    toldAt = Date.now();
  };
  try {
    while (replay.state === 'starting' || replay.state === 'running') {
      await pause(askMs, undefined, { signal: left.signal }).catch(() => undefined);
      if (left.signal.aborted) throw goesOn(id, 'You are not watching any more');
      try {
        replay = (await call<Replay>('GET', `/api/replays/${encodeURIComponent(id)}`)) ?? replay;
        answeredAt = Date.now();
        tell(progressText(replay));
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (Date.now() - answeredAt > patienceMs) throw goesOn(id, error.message);
        tell(`${error.message} Asking again.`);
      }
    }
    return replay;
  } finally {
    if (onLine) process.stderr.write('\n');
    process.off('SIGINT', interrupt);
  }
}

function goesOn(id: string, why: string): CommandError {
  const end = /[.!?]$/.test(why) ? '' : '.';
  return new CommandError(
    `${why}${end} The replay goes on on the server. Look at it with: millrace replay show ${id}. Stop it with: millrace replay stop ${id}`,
  );
}
