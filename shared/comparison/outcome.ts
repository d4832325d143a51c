import type { DifferenceClass } from '../comparison.ts';
import { header } from '../message.ts';
import type { FailureEnd } from '../trial.ts';
import { type FieldChange, fieldChanges, sameValue } from './fields.ts';

/** What a sink would have got: the record as it would stand in its topic. */
export interface Output {
  /** The sink's node. */
  sink: string;
  topic: string;
  /** Where the sink itself says so; else the key decides. */
  partition?: number;
  /** Its ordinal among the outputs of one message at this sink. With the message's origin it names the output. */
  index: number;
  /** Text, or base64 of bytes that are none. */
  key: string | null;
  headers: Readonly<Record<string, string>>;
  /** JSON data, or text; bytes as base64 with `bytes` set; null for a tombstone. */
  value: unknown;
  bytes?: true;
  /** Of a sink outside: the call, row or line that it would make of it. */
  sends?: { what: string; data: unknown };
}

/** A message that a node could not process and that no error port took. */
export interface Failure {
  node: string;
  code: string;
  message: string;
  /** Offset in the node's expression. */
  position?: number;
  end: Exclude<FailureEnd, 'error-port'>;
}

/** What one version made of one message. */
export interface Outcome {
  outputs: readonly Output[];
  failures: readonly Failure[];
  /** Where (a part of) it ended on purpose. */
  filtered: readonly { node: string; reason: string }[];
}

/** One thing that differs between what two versions made of one message. */
export interface Difference {
  class: DifferenceClass;
  sink?: string;
  to?: string;
  topics?: { before: string; after: string };
  changes: FieldChange[];
  /** There may be more changes than are listed. */
  cut?: true;
  before?: Output;
  after?: Output;
  failed?: { before?: Failure; after?: Failure };
  /** Failures: the sinks that have lost their outputs, or got them back. */
  sinks?: string[];
  /** No longer sent: where the draft drops it; new output: where the deployed version did. */
  dropped?: { node: string; reason: string };
}

/** What the comparison asks of the two flows. */
export interface Routes {
  /** Whether messages get from a node to a sink. */
  leads(version: 'before' | 'after', node: string, sink: string): boolean;
  /** Whether both versions have this sink. */
  inBoth(sink: string): boolean;
}

/** Everything that differs; empty when the two are the same. Pure. Headers that name version and place never count. */
export function differencesOf(before: Outcome, after: Outcome, routes: Routes): Difference[] {
  const { found, lost, gained } = pairs(before.outputs, after.outputs);
  const failures = failuresOf(before.failures, after.failures);
  for (const { failed, sinks = [] } of failures) {
    if (failed?.after && !failed.before) sinks.push(...takeBehind(lost, failed.after.node, 'after', routes));
    if (failed?.before && !failed.after) sinks.push(...takeBehind(gained, failed.before.node, 'before', routes));
  }
  for (let at = 0; at < lost.length; ) {
    const from = lost[at] as Output;
    const other = gained.findIndex((output) => output.sink !== from.sink && movedTo(from, output, routes));
    const to = gained[other];
    if (to === undefined) {
      at++;
      continue;
    }
    lost.splice(at, 1);
    gained.splice(other, 1);
    found.push({ class: 'goes-elsewhere', sink: from.sink, to: to.sink, before: from, after: to, ...valueChanges(from, to) });
  }
  const dropped = newOnes(before.filtered, after.filtered);
  const passed = newOnes(after.filtered, before.filtered);
  for (const output of lost) {
    const where = dropped.find(({ node }) => routes.leads('after', node, output.sink)) ?? dropped[0];
    found.push({ class: 'no-longer-sent', sink: output.sink, before: output, changes: [], ...(where && { dropped: where }) });
  }
  for (const output of gained) {
    const where = passed.find(({ node }) => routes.leads('before', node, output.sink)) ?? passed[0];
    found.push({ class: 'new-output', sink: output.sink, after: output, changes: [], ...(where && { dropped: where }) });
  }
  return [...failures, ...found];
}

/** Outputs of the same sink and index are one pair; what is left over was lost or gained. */
function pairs(before: readonly Output[], after: readonly Output[]) {
  const found: Difference[] = [];
  const lost: Output[] = [];
  const open = new Map(after.map((output) => [`${output.sink}\n${output.index}`, output]));
  for (const was of before) {
    const id = `${was.sink}\n${was.index}`;
    const is = open.get(id);
    if (is === undefined) lost.push(was);
    else {
      open.delete(id);
      comparePair(was, is, found);
    }
  }
  return { found, lost, gained: [...open.values()] };
}

function comparePair(before: Output, after: Output, found: Difference[]): void {
  const both = { sink: before.sink, before, after };
  if (before.topic !== after.topic) {
    const topics = { before: before.topic, after: after.topic };
    found.push({ class: 'goes-elsewhere', to: after.sink, topics, changes: [], ...both });
  }
  const order: FieldChange[] = [];
  if (before.key !== after.key) order.push({ kind: 'changed', place: 'key' });
  if (before.partition !== after.partition) order.push({ kind: 'changed', place: 'partition' });
  if (order.length > 0) found.push({ class: 'key-changed', changes: order, ...both });
  const { changes, cut } = valueChanges(before, after);
  if (changes.length > 0) found.push({ class: 'value-changed', changes, ...(cut && { cut }), ...both });
  else if (before.sends && after.sends) requestChanges(before, after, found);
  const headers = headerChanges(before.headers, after.headers);
  if (headers.length > 0) found.push({ class: 'headers-changed', changes: headers, ...both });
}

function valueChanges(before: Output, after: Output): { changes: FieldChange[]; cut?: true } {
  if (before.bytes !== after.bytes) return { changes: [{ kind: 'changed', place: '', before: [], after: [] }] };
  const { changes, cut } = fieldChanges(before.value, after.value);
  return { changes, ...(cut && { cut: true as const }) };
}

/** What a sink outside would send of the same value, as a value under `request`: its own settings are others. */
function requestChanges(before: Output, after: Output, found: Difference[]): void {
  const [was, is] = [before, after].map(
    (output): Output => ({ ...output, value: { request: { what: output.sends?.what, data: output.sends?.data } } }),
  ) as [Output, Output];
  const { changes, cut } = valueChanges(was, is);
  if (changes.length > 0) {
    found.push({ class: 'value-changed', sink: before.sink, before: was, after: is, changes, ...(cut && { cut }) });
  }
}

/** Headers that say which version made a message, and where it came from: they are others or equal in any case. */
const ours: ReadonlySet<string> = new Set([header.flow, header.origin, header.parent, header.index]);

function headerChanges(before: Output['headers'], after: Output['headers']): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (ours.has(name) || before[name] === after[name]) continue;
    const kind = before[name] === undefined ? 'added' : after[name] === undefined ? 'removed' : 'changed';
    changes.push({ kind, place: name, ...(kind !== 'added' && { before: [name] }), ...(kind !== 'removed' && { after: [name] }) });
  }
  return changes;
}

/** A lost output has moved where the same value now goes to another sink, or where both versions have both sinks. */
function movedTo(from: Output, to: Output, routes: Routes): boolean {
  if (routes.inBoth(from.sink) && routes.inBoth(to.sink)) return true;
  return from.bytes === to.bytes && sameValue(from.value, to.value);
}

/** Failures by node and code: what only one version has. One that went and one that came are one that fails differently. */
function failuresOf(before: readonly Failure[], after: readonly Failure[]): Difference[] {
  const left = [...before];
  const came: Failure[] = [];
  for (const failure of after) {
    const at = left.findIndex(({ node, code, end }) => node === failure.node && code === failure.code && end === failure.end);
    if (at < 0) came.push(failure);
    else left.splice(at, 1);
  }
  const differences: Difference[] = [];
  for (const is of came) {
    const was = left.shift();
    const failed = { ...(was && { before: was }), after: is };
    differences.push({ class: was ? 'fails-differently' : 'newly-failing', changes: [], failed, sinks: [] });
  }
  for (const was of left) differences.push({ class: 'no-longer-failing', changes: [], failed: { before: was }, sinks: [] });
  return differences;
}

/** Takes out the outputs at sinks behind a node that fails: they are part of its failure, not a difference of their own. */
function takeBehind(outputs: Output[], node: string, version: 'before' | 'after', routes: Routes): string[] {
  const sinks = new Set<string>();
  for (let at = outputs.length - 1; at >= 0; at--) {
    const { sink } = outputs[at] as Output;
    if (sink !== node && !routes.leads(version, node, sink)) continue;
    sinks.add(sink);
    outputs.splice(at, 1);
  }
  return [...sinks].sort();
}

function newOnes(before: Outcome['filtered'], after: Outcome['filtered']): { node: string; reason: string }[] {
  const known = new Set(before.map(({ node, reason }) => `${node}\n${reason}`));
  return after.filter(({ node, reason }) => !known.has(`${node}\n${reason}`));
}
