import { parentPort, workerData } from 'node:worker_threads';
import type { KafkaSettings } from '../kafka/port.ts';
import { createSurveyor, passes } from '../kafka/survey.ts';
import { stepBack } from '../thread-priority.ts';
import type { Difference } from './audit.ts';
import { type AuditState, createRounds, type Rounds } from './rounds.ts';

/** What the thread is started with; plain data. */
export interface AuditThreadInput {
  kafka: KafkaSettings;
  /** As it was kept last. */
  states: Record<string, unknown>;
}

/** Server → thread. */
export type ToAuditThread = { type: 'saved' } | { type: 'forget'; flow: string } | { type: 'end' };

/** Thread → server. States that are null are dropped. */
export type FromAuditThread =
  | { type: 'save'; states: Record<string, unknown>; found: Difference[] }
  | { type: 'log'; level: 'info' | 'warn' | 'error'; message: string };

/** How long what was compared may wait before it is stored; a difference is stored at once. */
const saveEveryMs = 5_000;

/** Flows come first; what is left must do to notice a difference within a minute. */
const niceness = 5;

/** Entry of the audit's thread: it reads beside the flows and holds up nothing. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('thread.ts is the entry of a worker thread.');
  const { input } = workerData as { input: AuditThreadInput };
  stepBack(niceness);
  const post = (message: FromAuditThread) => port.postMessage(message);
  const log = (level: 'info' | 'warn' | 'error') => (message: string) => post({ type: 'log', level, message });
  const surveyor = createSurveyor(
    { ...input.kafka, clientId: 'millrace-ledger-audit' },
    { info: () => undefined, warn: log('warn'), error: log('error') },
  );
  const kept = new Map<string, string>(Object.entries(input.states).map(([name, state]) => [name, JSON.stringify(state)]));
  const forgotten: string[] = [];
  let saved: (() => void) | undefined;
  const end = new AbortController();
  port.on('message', (message: ToAuditThread) => {
    if (message.type === 'saved') saved?.();
    else if (message.type === 'forget') forgotten.push(message.flow);
    else end.abort();
  });

  async function save(rounds: Rounds, found: Difference[]): Promise<void> {
    const states: Record<string, unknown> = {};
    const now = named(rounds.state());
    for (const [name, state] of Object.entries(now)) {
      const text = JSON.stringify(state);
      if (kept.get(name) === text) continue;
      kept.set(name, text);
      states[name] = state;
    }
    for (const name of kept.keys()) {
      if (name in now) continue;
      kept.delete(name);
      states[name] = null;
    }
    if (found.length === 0 && Object.keys(states).length === 0) return;
    const done = new Promise<void>((resolve) => {
      saved = resolve;
    });
    post({ type: 'save', states, found });
    await done;
  }

  let attempt = 0;
  while (!end.signal.aborted) {
    // After any error from what is stored: then nothing is half counted.
    const rounds = createRounds(surveyor, stateOf(kept), Date.now);
    let savedAt = Date.now();
    let unsaved = false;
    try {
      while (!end.signal.aborted) {
        for (const flow of forgotten.splice(0)) rounds.forget(flow);
        const started = Date.now();
        const result = await rounds.run();
        attempt = 0;
        unsaved ||= result.changed;
        if (result.begun || result.found.length > 0 || (unsaved && Date.now() - savedAt > saveEveryMs)) {
          await save(rounds, result.found);
          savedAt = Date.now();
          unsaved = false;
        }
        if (!result.more) await pause(Math.max(0, roundMs - (Date.now() - started)), end.signal);
      }
      if (unsaved) await save(rounds, []);
    } catch (error) {
      if (!passes(error) || attempt > 3)
        log('warn')(`The audit of the ledger begins this round again: ${error instanceof Error ? error.message : String(error)}`);
      await pause(Math.min(30_000, 500 * 2 ** attempt++), end.signal);
    }
  }
  surveyor.close();
  port.close();
}

/** Rounds begin this far apart while nothing is to be caught up with. */
const roundMs = 1_000;

function named({ ledger, chains, outputs, strangers }: AuditState): Record<string, unknown> {
  const states: Record<string, unknown> = { ledger, strangers };
  for (const chain of chains) ((states[`flow ${chain.flow}`] ??= []) as unknown[]).push(chain);
  for (const [topic, positions] of Object.entries(outputs)) states[`topic ${topic}`] = positions;
  return states;
}

function stateOf(kept: ReadonlyMap<string, string>): AuditState | undefined {
  const ledger = kept.get('ledger');
  if (ledger === undefined) return undefined;
  const of = (kind: string) =>
    [...kept].filter(([name]) => name.startsWith(`${kind} `)).map(([name, text]) => [name.slice(kind.length + 1), text] as const);
  return {
    ledger: JSON.parse(ledger) as AuditState['ledger'],
    strangers: JSON.parse(kept.get('strangers') ?? '[]') as AuditState['strangers'],
    chains: of('flow').flatMap(([, text]) => JSON.parse(text) as AuditState['chains']),
    outputs: Object.fromEntries(of('topic').map(([topic, text]) => [topic, JSON.parse(text) as Record<string, number>])),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}

void main();
