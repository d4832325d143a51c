import { childrenOf, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import { isPlainPath } from '../mapping/chip.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { allRules, type Rule } from '../mapping/rule.ts';
import { type TargetPath, targetText } from '../mapping/target.ts';
import { type OpenView, opaqueReason } from '../mapping/view.ts';

/** How sure it is that a field goes somewhere: `sure`, or it `may`, with the reason in words. */
export type Certainty = 'sure' | 'may';

/** A place of a message in which a followed field stands, wholly or in part, or that was made of it. Lists are not named. */
export interface Trail {
  path: SourcePath;
  certainty: Certainty;
  /** Why it only may. */
  why?: string;
  /** `copy`: it stands there as it is. `made`: something was made of it. */
  kind: 'copy' | 'made';
}

/** A row that a followed field reaches. */
export interface ReachedRow {
  /** The place of the result: `lines[].sku`; empty for the whole. */
  row: string;
  /** The rule as it is written. */
  text: string;
  /** `copy`, `made` of it and other things, or only `decides` which value counts. */
  how: 'copy' | 'made' | 'decides';
  /** What of the message the row reads. */
  reads: string;
  trail: Trail;
}

const starts = (path: SourcePath, start: SourcePath): boolean => start.every((name, i) => path[i] === name);

/** Whether what stands at one place is part of what stands at the other, either way. */
export const meets = (a: SourcePath, b: SourcePath): boolean => (a.length <= b.length ? starts(b, a) : starts(a, b));

/** The rows of a mapping that what stands at a place of the message reaches, and where it stands then. */
export function reachedRows(view: OpenView, from: Trail): ReachedRow[] {
  const found: ReachedRow[] = [];
  const rules = new Map([...allRules(view.root)].map((rule) => [rule.id, rule]));
  for (const { row, path, role } of view.lines) {
    const rule = rules.get(row);
    // What goes into a variable is followed to the rows that use it: their lines name the same places.
    if (rule === undefined || rule.target.some((step) => typeof step === 'object' && step !== null && 'variable' in step)) continue;
    if (!meets(path, from.path)) continue;
    // Going through a list reads how many items it has, and nothing of what stands in them.
    if (role === 'loop' && from.path.length > path.length) continue;
    const below = from.path.slice(path.length);
    const place = namesOf(rule.target);
    const trail = trailOf(rule, role, path, place.path, below, from);
    const opaque = opaqueReason(rule);
    const own = opaque === undefined ? wildly(rule) : `the row ${opaque}`;
    const why = place.why ?? from.why ?? own ?? wholeCopy(path, rule);
    found.push({
      row: targetText(rule.target),
      text: view.text.slice(rule.span.start, rule.span.end),
      how: role === 'copy' ? 'copy' : role === 'value' ? 'made' : 'decides',
      reads: path.length === 0 ? 'the whole message' : path.join('.'),
      trail: { ...trail, certainty: from.certainty === 'may' || why !== undefined ? 'may' : 'sure', ...(why !== undefined && { why }) },
    });
  }
  return strongest(found);
}

function trailOf(
  rule: Rule,
  role: string,
  path: SourcePath,
  place: SourcePath,
  below: SourcePath,
  from: Trail,
): Pick<Trail, 'path' | 'kind'> {
  // What is copied whole keeps its fields; of what is computed, all of the place may show it.
  if (role === 'copy' && rule.kind === 'copy' && isPlainPath(rule.chip))
    return { path: from.path.length >= path.length ? [...place, ...below] : place, kind: from.kind };
  return { path: place, kind: 'made' };
}

const wholeCopy = (path: SourcePath, rule: Rule): string | undefined =>
  path.length > 0
    ? undefined
    : rule.kind === 'copy'
      ? 'the whole message is copied, and later rows may write over it'
      : 'the row reads the whole message';

/** A row that takes whatever stands somewhere, by `*` or `**`. */
function wildly(rule: Rule): string | undefined {
  const holds = (node: SyntaxNode): boolean => node.kind === 'wildcard' || node.kind === 'descendant' || childrenOf(node).some(holds);
  return 'chip' in rule && holds(rule.node) ? 'the row takes whatever stands there (*)' : undefined;
}

/** The names of a place, as a path through lists; what stands at a computed name is the object around it. */
function namesOf(target: TargetPath): { path: SourcePath; why?: string } {
  const path: string[] = [];
  for (const step of target) {
    if (typeof step === 'string') path.push(step);
    else if (typeof step === 'object' && step !== null) return { path, why: 'the name of the field is computed' };
  }
  return { path };
}

const gravity = { copy: 2, made: 1, decides: 0 };

/** Each row once, by the strongest of what it does with the field. */
function strongest(rows: readonly ReachedRow[]): ReachedRow[] {
  const best = new Map<string, ReachedRow>();
  for (const row of rows) {
    const id = `${row.row}\n${row.text}`;
    const known = best.get(id);
    if (known === undefined || gravity[row.how] > gravity[known.how]) best.set(id, row);
  }
  return [...best.values()];
}
