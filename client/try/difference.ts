import { isExactNumber, stringifyJson } from '#shared/json.ts';

/** A place in a message's value, and what stands there before and after a node. Texts are JSON with all digits. */
export interface DifferenceRow {
  /** `customer.name`, `lines[0].sku`; empty for the whole value. */
  path: string;
  kind: 'same' | 'changed' | 'added' | 'removed';
  before?: string;
  after?: string;
}

/**
 * Two values side by side, a row for each place at which at least one of them has a plain value or an empty list or
 * object. Lists are compared by position. `undefined` means that there is no value at all (before a source, say).
 * Rows stand in the order of `after`, what is only in `before` behind it.
 */
export function differenceRows(before: unknown, after: unknown): DifferenceRow[] {
  const rows: DifferenceRow[] = [];
  compare('', before, after, rows);
  return rows;
}

function compare(path: string, before: unknown, after: unknown, rows: DifferenceRow[]): void {
  const [left, right] = [partsOf(before), partsOf(after)];
  if (left !== undefined && right !== undefined && left.kind === right.kind && left.parts.size + right.parts.size > 0) {
    for (const [name, value] of right.parts) compare(join(path, name, right.kind), left.parts.get(name), value, rows);
    for (const [name, value] of left.parts) if (!right.parts.has(name)) compare(join(path, name, left.kind), value, undefined, rows);
    return;
  }
  if (before === undefined && right !== undefined && right.parts.size > 0) {
    for (const [name, value] of right.parts) compare(join(path, name, right.kind), undefined, value, rows);
    return;
  }
  if (after === undefined && left !== undefined && left.parts.size > 0) {
    for (const [name, value] of left.parts) compare(join(path, name, left.kind), value, undefined, rows);
    return;
  }
  const [old, now] = [stringifyJson(before), stringifyJson(after)];
  if (old === undefined && now === undefined) return;
  if (old === undefined) rows.push({ path, kind: 'added', after: now ?? '' });
  else if (now === undefined) rows.push({ path, kind: 'removed', before: old });
  else rows.push({ path, kind: old === now ? 'same' : 'changed', before: old, after: now });
}

function partsOf(value: unknown): { kind: 'object' | 'list'; parts: Map<string, unknown> } | undefined {
  if (Array.isArray(value)) return { kind: 'list', parts: new Map(value.map((item, index) => [String(index), item])) };
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return undefined;
  return { kind: 'object', parts: new Map(Object.entries(value)) };
}

/** Names that would be read as something else stand in backticks, as in expressions. */
function join(path: string, name: string, kind: 'object' | 'list'): string {
  if (kind === 'list') return `${path}[${name}]`;
  const step = /^[A-Za-z_][\w-]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
  return path === '' ? step : `${path}.${step}`;
}
