import type { CheckedRow } from '../shape/checks/row.ts';
import type { Path } from '../shape/path.ts';
import type { RowCount } from './preview/report.ts';
import { type Rule, rulesIn } from './rule.ts';
import type { TargetPath } from './target.ts';
import type { OpenView } from './view.ts';

/** A place of the result as a place of its shape: items of fixed lists are items like others; variables and computed names are no fields. */
export function shapePath(target: TargetPath): Path {
  return target.map((step) => {
    if (step === null || typeof step === 'number') return null;
    if (typeof step === 'string') return step;
    return 'variable' in step ? `$${step.variable}` : `{${step.computed}}`;
  });
}

/** The rows of a mapping as the checks want them, with what the preview counted, where it did. */
export function checkedRows(view: OpenView, counts: ReadonlyMap<string, RowCount> = new Map()): CheckedRow[] {
  const sources = new Map<string, Path[]>();
  for (const { row, path } of view.lines) {
    const known = sources.get(row);
    if (known) known.push(path);
    else sources.set(row, [path]);
  }
  const rows: CheckedRow[] = [];
  gather(view.root, false);
  return rows;

  /** `stood` is true for what has a stand-in, or is one: to give nothing is its nature. */
  function gather(rule: Rule, stood: boolean): void {
    const { id, kind, span, target } = rule;
    const counted = stood || kind === 'constant' ? undefined : counts.get(id);
    // That it fails says it all.
    const count = counted !== undefined && counted.failed > 0 ? undefined : counted;
    rows.push({
      id,
      target: shapePath(target),
      kind,
      sources: sources.get(id) ?? [],
      text: view.text.slice(span.start, span.end),
      inList: kind === 'loop' ? rule.array : 'list' in rule && rule.list === true,
      ...(kind === 'table' ? { table: { from: rule.rows.map(({ from }) => from), otherwise: rule.otherwise !== undefined } } : {}),
      ...(count === undefined ? {} : { results: count }),
    });
    // Whatever its computed names are, they may be any of the fields.
    if (kind === 'object' && rule.fields.some(({ key }) => key === undefined)) {
      rows.push({ id, target: shapePath(target), kind: 'computed', sources: [], text: '', inList: false });
    }
    if (kind === 'helper') return;
    for (const inner of rulesIn(rule)) gather(inner, kind === 'default');
  }
}
