import type { ExpressionError } from '../../jsonata/error.ts';
import { allRules } from '../rule.ts';
import type { OpenView } from '../view.ts';
import { outcomeOf, type RowReport } from './report.ts';

/** A failure that belongs to no row in particular: to the smallest row at its place, else to the whole. */
export function rowsOfFailure(view: Pick<OpenView, 'root'>, error: ExpressionError): RowReport[] {
  return [{ rule: view.root.id, loops: [], results: [{ at: [], result: outcomeOf({ error }) }] }];
}

/** The results of rows as far as they can be read from the result: of those outside loops whose place one row alone fills. */
export function rowsOfResult(view: Pick<OpenView, 'root'>, value: unknown): RowReport[] {
  const rules = [...allRules(view.root)].filter(({ target }) =>
    target.every((step) => typeof step === 'string' || typeof step === 'number'),
  );
  return rules
    .filter(({ id, kind }) => kind !== 'object' && id.endsWith('#0'))
    .map(({ id, target }) => ({ rule: id, loops: [], results: [{ at: [], result: outcomeOf({ value: valueAt(value, target) }) }] }));
}

function valueAt(value: unknown, path: readonly unknown[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step as string)) return undefined;
    here = (here as Record<string, unknown>)[step as string];
  }
  return here;
}
