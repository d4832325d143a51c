import type { FixCheck, InboxItem, Verdict } from '#shared/inbox.ts';
import { type Headers, header, letterHeaders, parsePosition } from '#shared/message.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Plan } from '#shared/plan.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { Recording } from '../try/calls.ts';
import type { TrialInput } from '../try/input.ts';
import { type TrialOutcome, TrialRefused, transformOf } from '../try/trial.ts';
import { type TrialRunner, TrialStopped } from '../try/trial-runner.ts';
import { headerText } from './letter.ts';

/** A letter to be run again: what is known of it, and its record. */
export interface LetterToRun {
  item: Pick<InboxItem, 'item' | 'stage' | 'origin'>;
  record: KafkaRecord;
}

/** What became of letters that were run through a version. Nothing is written, nothing is called. */
export interface RunReport {
  verdicts: Map<string, Verdict>;
  failing: FixCheck['failing'];
  notes: string[];
}

const mostMs = 60_000;

/**
 * Runs letters of the transform stage through a plan as a Try does: sinks captured, calls answered from recordings. Letters
 * of a sink's own stage are `unknown`: only the sink can say.
 */
export async function runLetters(
  runner: TrialRunner,
  plan: Plan,
  letters: readonly LetterToRun[],
  recordings: readonly Recording[],
  signal: AbortSignal,
): Promise<RunReport> {
  const verdicts = new Map<string, Verdict>();
  const failures = new Map<string, FixCheck['failing'][number]>();
  const notes: string[] = [];
  const stage = transformOf(plan);
  const inputs: TrialInput[] = [];
  const owners: string[] = [];
  for (const { item, record } of letters) {
    const input = item.stage === stage.id ? inputsOf(record, item.origin, stage.inputs) : [];
    if (input.length === 0) verdicts.set(item.item, 'unknown');
    for (const one of input) {
      inputs.push(one);
      owners.push(item.item);
    }
  }
  if (inputs.length === 0) return { verdicts, failing: [], notes };
  const nameOf = nodeNames(stage.nodes, new Map());
  const take = (outcome: TrialOutcome): void => {
    const item = owners[outcome.input] ?? '';
    const { verdict, failure } = verdictOf(outcome);
    if (verdicts.get(item) !== 'fails') verdicts.set(item, verdict === 'passes' ? (verdicts.get(item) ?? 'passes') : verdict);
    if (failure === undefined) return;
    const { node, code, message } = failure;
    const name = `${node}\n${code}`;
    const known = failures.get(name);
    if (known) known.messages++;
    // Its values may be hidden by masks elsewhere.
    else failures.set(name, { node: nameOf(node), code, message: withoutQuoted(message).slice(0, 500), messages: 1 });
  };
  try {
    const trial = await runner.open(
      { plan, calls: '{}', recordings, mayCall: [], secrets: {}, seed: 1, sinksOnly: true },
      { lane: 'batch', ms: mostMs, signal },
    );
    try {
      for await (const outcomes of trial.run(inputs)) outcomes.forEach(take);
    } finally {
      await trial.close();
    }
  } catch (error) {
    if (error instanceof TrialRefused) notes.push(error.message);
    else if (error instanceof TrialStopped && error.why !== 'aborted') {
      const at = error.at === undefined ? undefined : owners[error.at.input];
      // The message at which it ended would end the worker too.
      if (at !== undefined && error.why !== 'time') verdicts.set(at, 'fails');
      notes.push(error.message);
    } else throw error;
  }
  for (const { item } of letters) if (!verdicts.has(item.item)) verdicts.set(item.item, 'unknown');
  return { verdicts, failing: [...failures.values()].sort((a, b) => b.messages - a.messages).slice(0, 20), notes };
}

function verdictOf({ failed }: TrialOutcome): { verdict: Verdict; failure?: TrialOutcome['failed'][number] } {
  const ends = failed.filter(({ end }) => end !== 'error-port');
  const failure = ends.find(({ end }) => end !== 'wait' && end !== 'unanswered');
  if (failure) return { verdict: 'fails', failure };
  return { verdict: ends.length > 0 ? 'unknown' : 'passes' };
}

const withoutQuoted = (message: string): string => message.replace(/"(?:[^"\\]|\\.)*"/g, '“…”');

/** What a dead letter added to its message; none of it was there when it failed. */
const added: ReadonlySet<string> = new Set([header.origin, header.parent, header.flow, ...letterHeaders]);

/** The message's own headers. */
export function ownHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !added.has(name)));
}

function inputsOf(record: KafkaRecord, origin: string, sources: readonly { node: string; topic: string }[]): TrialInput[] {
  const position = parsePosition(origin);
  if (position === undefined) return [];
  const time = Number(headerText(record.headers, header.errorTime));
  return sources
    .filter(({ topic }) => topic === position.topic)
    .map(({ node }) => ({
      node,
      key: record.key,
      value: record.value,
      headers: ownHeaders(record.headers),
      timestamp: Number.isFinite(time) && time > 0 ? time : record.timestamp,
      origin: position,
    }));
}
