import { valueAt } from '#shared/comparison/fields.ts';
import type { Flow } from '#shared/flow.ts';
import { failingField, pointerPath, shortJson } from '#shared/inbox/field.ts';
import { type FailedRow, rowOfPlace } from '#shared/inbox/rule.ts';
import type { FailingRule, InboxCause, InboxList, InboxOrder, InboxTab } from '#shared/inbox.ts';
import { parseJson } from '#shared/json.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import type { CauseNumbers, StoredCause } from '../store/inbox.ts';

const hourMs = 3_600_000;

/** A cause as it is shown: its row, its numbers, and the names of flow and node. */
export function causeView(
  cause: StoredCause,
  numbers: CauseNumbers | undefined,
  flow: Flow | undefined,
  types: ReadonlyMap<string, NodeTypeInfo>,
  now: number,
): InboxCause {
  const { newestAt: _newest, retry: _retry, fix, ...shown } = cause;
  const hour = Math.floor(now / hourMs);
  return {
    ...shown,
    flowName: flow?.name ?? cause.flow,
    nodeName: nodeNames(flow?.nodes ?? [], types)(cause.node),
    nodeType: flow?.nodes.find(({ id }) => id === cause.node)?.type ?? '',
    messages: numbers?.messages ?? 0,
    keys: numbers?.keys ?? 0,
    solved: numbers?.solved ?? 0,
    discarded: numbers?.discarded ?? 0,
    first: numbers?.first || cause.newestAt,
    last: numbers?.last || cause.newestAt,
    versions: numbers?.versions ?? [],
    bars: Array.from({ length: 24 }, (_, index) => numbers?.hours[hour - 23 + index] ?? 0),
    ...(fix && { fix }),
  };
}

/** Which tab a cause stands in; discarded messages are a list of their own beside it. */
export function isIn(tab: InboxTab, { state, messages, discarded }: Pick<InboxCause, 'state' | 'messages' | 'discarded'>): boolean {
  if (tab === 'discarded') return discarded > 0;
  if (tab === 'muted') return state === 'muted';
  if (tab === 'solved') return state !== 'muted' && messages === 0;
  return state !== 'muted' && messages > 0;
}

const urgency: Record<InboxCause['state'], number> = {
  'back-again': 0,
  new: 1,
  'fix-ready': 1,
  retrying: 3,
  known: 2,
  solved: 4,
  muted: 5,
};

/** Puts causes in an order; equal ones by name, so that the list does not jump. */
export function inOrder(causes: readonly InboxCause[], order: InboxOrder): InboxCause[] {
  const by: Record<InboxOrder, (a: InboxCause, b: InboxCause) => number> = {
    'needs-you': (a, b) => urgency[a.state] - urgency[b.state] || b.messages - a.messages || b.last - a.last,
    newest: (a, b) => b.last - a.last,
    most: (a, b) => b.messages - a.messages || b.last - a.last,
  };
  return [...causes].sort((a, b) => by[order](a, b) || a.id.localeCompare(b.id));
}

/** How many causes stand in each tab, and open messages in all of them that are not muted. */
export function countsOf(causes: readonly InboxCause[]): InboxList['counts'] {
  const of = (tab: InboxTab): number => causes.filter((cause) => isIn(tab, cause)).length;
  const messages = causes.reduce((sum, cause) => (isIn('open', cause) ? sum + cause.messages : sum), 0);
  return { open: of('open'), muted: of('muted'), solved: of('solved'), discarded: of('discarded'), messages };
}

/** The mapping of a node, where it has one. */
export function expressionOf(flow: Flow | undefined, node: string): string | undefined {
  const text = flow?.nodes.find(({ id }) => id === node)?.config.expression;
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}

/** The failing row as it is shown, beside what the draft has in its place. */
export function ruleView(node: string, row: FailedRow, draft: string | undefined, error: string): FailingRule {
  const now = draft === undefined ? undefined : rowOfPlace(draft, row.place);
  const text = (one: FailedRow): string => one.view.text.slice(one.rule.span.start, one.rule.span.end);
  return {
    node,
    expression: row.view.text,
    row: row.rule.id,
    place: row.place,
    reads: row.reads.map((path) => path.join('.')),
    changed: draft !== undefined && (now === undefined || text(now) !== text(row)),
    error,
  };
}

/** Where a node gets its messages from as they came in: through nodes that pass a message on as it is. */
export function seesSource(flow: Flow, node: string): boolean {
  const passing = new Set(['filter', 'switch', 'validate', 'log']);
  const seen = new Set<string>();
  const open = [node];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { from, to } of flow.edges) {
      if (to.node !== id || seen.has(from.node)) continue;
      seen.add(from.node);
      const before = flow.nodes.find((one) => one.id === from.node);
      if (before === undefined || before.mode !== undefined) continue;
      if (passing.has(before.type)) open.push(from.node);
      else if (flow.edges.some((edge) => edge.to.node === from.node)) return false;
    }
  }
  return true;
}

/** The failing field of a letter's value: its path, and what stands there. */
export function fieldOf(
  text: string,
  ground: { reads: readonly (readonly string[])[]; pointer: string; message: string },
): { path: readonly (string | number)[]; value: unknown; json: string | undefined } | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    // What is no JSON has no fields.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (ground.pointer !== '') {
    const path = pointerPath(ground.pointer, value);
    const at = valueAt(value, path);
    return { path, value: at, json: shortJson(at) };
  }
  const found = failingField(value, ground.reads, ground.message);
  return found && { ...found, json: shortJson(found.value) };
}
