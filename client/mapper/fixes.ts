import { applyFix, fixLabel } from '#shared/mapping/fix.ts';
import { targetText } from '#shared/mapping/target.ts';
import { ruleById } from '#shared/mapping/view.ts';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import { commit, editable, select } from './gestures.ts';
import type { Mapper } from './mapper-store.ts';
import { modelOf } from './model.ts';

/** The key of the row that a problem is about. */
export function rowOfProblem(mapper: Mapper, { row, target }: MappingProblem): string {
  const home = row === undefined ? undefined : modelOf(mapper).homes.get(row);
  return home ?? targetText(target);
}

/** What is called wrong: the place, as people read it. */
export function placeOfProblem(mapper: Mapper, { row, target }: MappingProblem): string {
  const { shown } = mapper.getState();
  const rule = row === undefined || shown === undefined ? undefined : ruleById(shown, row);
  return targetText(rule?.target ?? target) || 'The result';
}

/** Selects the row of a problem and brings it into view. */
export function goToProblem(mapper: Mapper, problem: MappingProblem): void {
  const { filter, only } = mapper.getState();
  // A row that the filter hides could not be seen.
  if (filter !== 'all' || only !== undefined) mapper.set({ filter: 'all', only: undefined });
  select(mapper, rowOfProblem(mapper, problem));
}

/** What the button beside a problem says, if it has one. */
export function actionOf({ fix }: MappingProblem): string | undefined {
  if (fix === undefined) return undefined;
  return fixLabel(fix) ?? 'Map from…';
}

/** Solves a problem with one click, as one undo entry; what a person must choose is opened for them. */
export function solve(mapper: Mapper, problem: MappingProblem): void {
  const { fix, target } = problem;
  const view = editable(mapper);
  if (view === undefined || fix === undefined) return;
  goToProblem(mapper, problem);
  if (fix.kind === 'add-row') {
    mapper.set({ open: { kind: 'map-from', target } });
    return;
  }
  const place = placeOfProblem(mapper, problem);
  const label = fixLabel(fix) ?? 'fix';
  if (!commit(mapper, applyFix(view, problem), `fix ${place}: ${label.toLowerCase()}`, `${place}: ${label}.`)) return;
  const rule = problem.row === undefined ? undefined : ruleById(view, problem.row);
  // The values stand in the table now; what becomes of them only a person knows.
  if ((fix.kind === 'add-table-values' || fix.kind === 'make-table') && rule !== undefined) {
    mapper.set({ open: { kind: 'row', target: rule.target, rule: rule.id, as: 'table' } });
  }
}
