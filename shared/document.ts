import type { z } from 'zod';
import { canonicalJson, type KeyOrder } from './canonical.ts';
import { isExactNumber } from './exact-number.ts';
import { type Flow, flowSchema } from './flow.ts';
import { parseJson } from './json.ts';
import type { Problem } from './problem.ts';

/** The format that this version of Millrace writes. */
export const currentFormat = 1;

/** Brings a document of one format to the next one. It gets a copy and may change it. */
export type UpgradeStep = (document: Record<string, unknown>) => Record<string, unknown>;

/** The step that leaves each older format. A step is never changed once released: old files rely on it. */
const upgradeSteps: Readonly<Record<number, UpgradeStep>> = {};

/**
 * Makes a Flow of any JSON value: brings it to the current format step by step, fills in defaults, keeps unknown keys.
 * A broken document becomes a list of problems whose `field` is the place, e.g. `nodes.2.id`.
 */
export function upgradeFlow(
  json: unknown,
  steps: Readonly<Record<number, UpgradeStep>> = upgradeSteps,
): { flow: Flow; problems?: never } | { problems: Problem[]; flow?: never } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return broken('flow/shape', 'A flow is a JSON object with format, id, name, nodes and edges; this is something else.');
  }
  let document: Record<string, unknown> = copyOf(json) as Record<string, unknown>;
  const format = document.format;
  if (typeof format !== 'number' || !Number.isInteger(format)) {
    return broken(
      'flow/format',
      `The flow does not say its format. Add "format": ${currentFormat} if it was written for this version.`,
      'format',
    );
  }
  if (format > currentFormat) {
    return broken(
      'flow/format',
      `The flow has format ${format}; this Millrace reads up to ${currentFormat}. Use a newer Millrace.`,
      'format',
    );
  }
  for (let at = format; at < currentFormat; at++) {
    const step = steps[at];
    if (step === undefined) return broken('flow/format', `There is no way from format ${at} to format ${at + 1}.`, 'format');
    document = { ...step(document), format: at + 1 };
  }
  const parsed = flowSchema.safeParse(document);
  if (parsed.success) return { flow: parsed.data };
  return { problems: parsed.error.issues.map(toProblem) };
}

/** A deep copy in which numbers keep their digits, which `structuredClone` would take apart. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]));
}

/**
 * As {@link upgradeFlow}, from the text of a file; text that is no JSON is a problem `flow/json`. A number that a double
 * would round is kept as an ExactNumber where the schema takes any value.
 */
export function parseFlow(text: string): ReturnType<typeof upgradeFlow> {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    return broken('flow/json', `The flow is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return upgradeFlow(json);
}

function broken(code: string, message: string, field?: string): { problems: Problem[] } {
  return { problems: [{ code, severity: 'error', message, ...(field === undefined ? {} : { field }) }] };
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  const field = issue.path.map(String).join('.');
  const place = field === '' ? 'The flow' : field;
  return { code: 'flow/shape', severity: 'error', message: `${place}: ${issue.message}.`, field };
}

const topOrder: KeyOrder = { first: ['format', 'id', 'name', 'settings', 'nodes', 'edges'], last: ['layout'] };
const endOrder: KeyOrder = { first: ['node', 'port'] };

/** Key order by place. Places that are not named here (a node's config) are sorted by name. */
const orders: Readonly<Record<string, KeyOrder>> = {
  '': topOrder,
  settings: { first: ['partitions', 'retentionHours', 'onError', 'guarantee', 'messageTimeoutMs', 'quarantineAfter', 'memoryMb'] },
  'nodes.*': { first: ['id', 'type', 'version', 'label', 'mode', 'onError', 'retry', 'config'], last: ['note'] },
  'nodes.*.retry': { first: ['minutes', 'giveUp'] },
  'edges.*': { first: ['id', 'from', 'to'] },
  'edges.*.from': endOrder,
  'edges.*.to': endOrder,
  layout: { first: ['positions', 'groups', 'notes'] },
  'layout.groups.*': { first: ['id', 'title', 'nodes'] },
  'layout.notes.*': { first: ['id', 'text', 'x', 'y', 'width', 'height'] },
};

/**
 * The canonical text of a flow: the same flow gives the same bytes. Keys stand in a fixed order with unknown ones
 * sorted behind the known, nodes and edges in document order, the layout last; two spaces, a newline at the end.
 */
export function formatFlow(flow: Flow): string {
  return formatPart(flow, []);
}

/**
 * The canonical text of a part of a flow, with the same order of keys as in the whole; `path` is its place, such as
 * `['layout']`. What is `undefined` is left out.
 */
export function formatPart(part: unknown, path: readonly string[]): string {
  return `${canonicalJson(part, { indent: 2, orderAt: (within) => orders[[...path, ...within].join('.')] })}\n`;
}

/** What of a flow decides how it runs. */
export interface FlowLogic {
  id: string;
  settings: Flow['settings'];
  nodes: Record<string, unknown>[];
  edges: { from: { node: string; port: string }; to: { node: string; port: string } }[];
}

/**
 * The flow without all that never restarts it: name, layout, labels, notes, edge ids, unknown keys, and the order in
 * which nodes and edges stand in the document. Two flows run alike when {@link sameLogic} holds for them.
 */
export function logicOf(flow: Flow): FlowLogic {
  const nodes = flow.nodes.map(({ id, type, version, config, mode, onError, retry }) => ({
    id,
    type,
    version,
    config,
    ...(mode === undefined ? {} : { mode }),
    ...(onError === undefined ? {} : { onError }),
    ...(retry === undefined ? {} : { retry }),
  }));
  const edges = flow.edges.map(({ from, to }) => ({ from: { node: from.node, port: from.port }, to: { node: to.node, port: to.port } }));
  const byText = (a: unknown, b: unknown) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1);
  return { id: flow.id, settings: flow.settings, nodes: nodes.sort(byText), edges: edges.sort(byText) };
}

/** True when deploying the one over the other would change nothing. */
export function sameLogic(a: Flow, b: Flow): boolean {
  return canonicalJson(logicOf(a)) === canonicalJson(logicOf(b));
}
