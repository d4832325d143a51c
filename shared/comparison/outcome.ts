import type { DifferenceClass, FailureEnd } from '../comparison.ts';
import { parseJson } from '../json.ts';
import { header } from '../message.ts';
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
  /** Text; bytes that are none as base64 with `bytes` set; null for a tombstone. */
  value: { text: string; bytes?: true } | null;
}

/** A message that a node could not process and that no error port took. */
export interface Failure {
  node: string;
  code: string;
  message: string;
  /** Offset in the node's expression. */
  position?: number;
  end: FailureEnd;
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
  const headers = headerChanges(before.headers, after.headers);
  if (headers.length > 0) found.push({ class: 'headers-changed', changes: headers, ...both });
}

/** The JSON value of an output where it is an object or a list; everything else counts by its text. */
export function jsonOf(value: Output['value']): unknown {
  if (value === null || value.bytes || !/^\s*[[{]/.test(value.text)) return undefined;
  try {
    return parseJson(value.text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function valueChanges(before: Output, after: Output): { changes: FieldChange[]; cut?: true } {
  const [was, is] = [before.value, after.value];
  if (was === is || (was && is && was.text === is.text && was.bytes === is.bytes)) return { changes: [] };
  const [left, right] = [jsonOf(was), jsonOf(is)];
  if (left === undefined || right === undefined) return { changes: [{ kind: 'changed', place: '', before: [], after: [] }] };
  const { changes, cut } = fieldChanges(left, right);
  return { changes, ...(cut && { cut: true as const }) };
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
  const [was, is] = [from.value, to.value];
  return was?.text === is?.text || (was !== null && is !== null && sameJson(jsonOf(was), jsonOf(is)));
}

const sameJson = (left: unknown, right: unknown): boolean => left !== undefined && right !== undefined && sameValue(left, right);

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
