import { childrenOf, type Expression, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import type { Fix, MappingProblem } from '../shape/checks/row.ts';
import { checkMapping } from '../shape/checks.ts';
import { convert } from '../shape/conversions.ts';
import type { Shape } from '../shape/shape.ts';
import { checkedRows, shapePath } from './checked-rows.ts';
import { checkCode } from './code-checks.ts';
import type { RowCount } from './preview/report.ts';
import { calledName } from './project/bare.ts';
import { allRules, type Rule } from './rule.ts';
import type { OpenView } from './view.ts';

/** What a mapping is checked against. */
export interface Known {
  source: Shape;
  target: Shape;
  /** What the preview counted, by rule id. */
  counts: ReadonlyMap<string, RowCount>;
}

/** All problems of a mapping: errors first, each level in the order of the text, then required fields without a row. Never throws. */
export function problemsOf(view: OpenView, { source, target, counts }: Known): MappingProblem[] {
  const order = new Map([...allRules(view.root)].map(({ id }, i) => [id, i]));
  const found = [
    ...failures(view, counts),
    ...checkMapping({ source, target, rows: checkedRows(view, counts) }),
    ...checkCode(view, source),
  ];
  const place = ({ row }: MappingProblem) => (row === undefined ? order.size : (order.get(row) ?? order.size));
  const level = (problem: MappingProblem) => (problem.level === 'error' ? 0 : 1);
  return found
    .map((problem, i) => ({ problem, i }))
    .sort((a, b) => level(a.problem) - level(b.problem) || place(a.problem) - place(b.problem) || a.i - b.i)
    .map(({ problem }) => problem);
}

/** Rows that failed on samples. */
function failures(view: OpenView, counts: ReadonlyMap<string, RowCount>): MappingProblem[] {
  return [...allRules(view.root)].flatMap((rule): MappingProblem[] => {
    const { failed = 0, looked = 0, failure } = counts.get(rule.id) ?? {};
    if (failed === 0) return [];
    const where = failed === looked ? (looked === 1 ? 'the sample' : `all ${looked} samples`) : `${failed} of ${looked} samples`;
    const message = `Fails for ${where}. ${failure ?? ''}`.trim();
    const fix = decimalComma(view, rule, failure);
    return [{ code: 'row-fails', level: 'error', row: rule.id, target: shapePath(rule.target), message, ...(fix ? { fix } : {}) }];
  });
}

/** A text such as "12,50" that `$number` cannot read: the one that reads it takes the comma for the point. */
function decimalComma(view: OpenView, rule: Rule, failure: string | undefined): Fix | undefined {
  if (!/^The text "-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+" cannot be read as a number/.test(failure ?? '')) return undefined;
  const calls = callsIn(rule.node).filter((node) => calledName(node) === 'number' && node.kind === 'call' && node.arguments.length === 1);
  const [call] = calls;
  if (call?.kind !== 'call' || calls.length > 1) return undefined;
  const [{ start, end } = call] = call.arguments;
  const code = convert('commaToNumber', view.text.slice(start, end));
  return { kind: 'replace-code', start: call.start, end: call.end, code, label: 'Read the decimal comma' };
}

function callsIn(root: SyntaxNode): Expression[] {
  const below = childrenOf(root).flatMap(callsIn);
  return root.kind === 'call' ? [root, ...below] : below;
}
