import { isExactNumber, stringifyJson } from '../../json.ts';
import type { Noted, Seen } from './recorder.ts';

/** What a row made of a message, once. */
export type RowOutcome =
  /** The value as JSON text, with every digit; `cut` where only its beginning is given. Of a list, how many items it has. */
  | { kind: 'value'; json: string; cut?: true; items?: number }
  /** The row gave nothing: its field is left out. */
  | { kind: 'nothing' }
  | { kind: 'failed'; code: string; message: string };

/** All that a row made of a message: once for each item of the loops around it. Where it was not reached, there is no result. */
export interface RowReport {
  rule: string;
  /** The loops and groupings around the row, by rule id, from the outside. */
  loops: readonly string[];
  /** `at` is the item in each of them, from 0. */
  results: { at: readonly number[]; result: RowOutcome }[];
  /** How many items this row itself goes through, where it is a loop; `at` as above. */
  turns?: { at: readonly number[]; count: number }[];
}

/** What a row made of several messages: in how many it was looked at, gave something, failed, and its longest text. */
export interface RowCount {
  looked: number;
  filled: number;
  failed: number;
  longest?: number;
  /** Why it failed first. */
  failure?: string;
}

/** Characters of a row's value that are given. */
const mostText = 20_000;

/** A value as JSON text; nothing for what JSON cannot write. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'function' ? undefined : stringifyJson(value));

/** What was noted of a row, for people. */
export function outcomeOf(noted: Noted): RowOutcome {
  if ('error' in noted) return { kind: 'failed', code: noted.error.code, message: noted.error.sentence };
  const json = textOf(noted.value);
  if (json === undefined) return { kind: 'nothing' };
  const items = Array.isArray(noted.value) ? { items: noted.value.length } : {};
  return json.length <= mostText
    ? { kind: 'value', json, ...items }
    : { kind: 'value', json: json.slice(0, mostText), cut: true, ...items };
}

/** What was seen, row by row. */
export function reportsOf({ probes, loops, recorder, holes }: Seen): RowReport[] {
  const reports = probes.map(({ rule, loops: around }): RowReport => ({ rule, loops: around, results: [] }));
  recorder.each((probe, at, noted) => {
    const report = reports[probe];
    if (report === undefined) return;
    const error = holes.get(report.rule);
    report.results.push({ at, result: outcomeOf(error === undefined ? noted : { error }) });
  });
  for (const [loop, { rule, loops: around }] of loops.entries()) {
    const turns = recorder.turns(loop);
    const report = reports.find((one) => one.rule === rule);
    if (report === undefined) reports.push({ rule, loops: around, results: [], turns });
    else report.turns = turns;
  }
  return reports;
}

/**
 * Adds what was seen of one message to the counts, by rule id. A list without items is not filled.
 * @param told rules that are counted for this message already; those that are counted now come to it
 */
export function countInto(counts: Map<string, RowCount>, { probes, recorder, holes }: Seen, told: Set<string> = new Set()): void {
  const here = new Map<string, { filled: boolean; failure?: string; longest?: number }>();
  recorder.each((probe, _at, noted) => {
    const rule = probes[probe]?.rule ?? '';
    const row = here.get(rule) ?? { filled: false };
    here.set(rule, row);
    const error = 'error' in noted ? noted.error : holes.get(rule);
    if (error !== undefined) row.failure ??= error.sentence;
    if ('error' in noted || error !== undefined) return;
    const { value } = noted;
    if (value === undefined || typeof value === 'function') return;
    if (!Array.isArray(value) || value.length > 0) row.filled = true;
    const length = lengthOf(value);
    if (length !== undefined) row.longest = Math.max(row.longest ?? 0, length);
  });
  for (const [rule, { filled, failure, longest }] of here) {
    if (told.has(rule)) continue;
    told.add(rule);
    const sum = counts.get(rule) ?? { looked: 0, filled: 0, failed: 0 };
    counts.set(rule, sum);
    sum.looked++;
    if (filled) sum.filled++;
    if (failure !== undefined) {
      sum.failed++;
      sum.failure ??= failure;
    }
    if (longest !== undefined) sum.longest = Math.max(sum.longest ?? 0, longest);
  }
}

/** Characters of a text; a number counts with its digits only where it has more than a double. */
function lengthOf(value: unknown): number | undefined {
  if (isExactNumber(value)) return undefined;
  if (typeof value !== 'string') return undefined;
  return /[\uD800-\uDBFF]/.test(value) ? [...value].length : value.length;
}

/**
 * The results of every row for the chosen items of the loops around it (default the first), by rule id: one for a row
 * outside loops, else one for each item of the innermost loop. An empty list says that the row was not reached.
 */
export function rowsAt(reports: readonly RowReport[], items: ReadonlyMap<string, number>): Map<string, RowOutcome[]> {
  const turns = new Map(reports.map((report) => [report.rule, report.turns ?? []]));
  const rows = new Map<string, RowOutcome[]>();
  for (const { rule, loops, results } of reports) {
    const outer = loops.slice(0, -1).map((loop) => items.get(loop) ?? 0);
    const last = loops.at(-1);
    const chosen = results.filter(({ at }) => outer.every((item, i) => at[i] === item));
    if (last === undefined || chosen.length === 0) {
      rows.set(
        rule,
        chosen.map(({ result }) => result),
      );
      continue;
    }
    const count = turns.get(last)?.find(({ at }) => at.every((item, i) => outer[i] === item))?.count ?? 0;
    const list: RowOutcome[] = Array.from({ length: count }, () => ({ kind: 'nothing' }));
    for (const { at, result } of chosen) list[at.at(-1) ?? 0] = result;
    rows.set(rule, list);
  }
  return rows;
}
