import type { Expression, ObjectNode } from '../../jsonata/syntax/tree.ts';
import type { TableRow, TableRule } from '../rule.ts';
import type { TargetPath } from '../target.ts';
import { argumentsOf, bare, calledName, literalOf } from './bare.ts';
import { chipOf } from './chip.ts';
import { begin, type Projecting } from './context.ts';

/**
 * The value table that a node is: `$lookup({"a": 1, …}, input)`, with the table in place or in a variable, and with
 * `?? otherwise` or `?: otherwise` behind it; nothing for all else.
 */
export function tableOf(on: Projecting, outer: Expression, node: Expression, target: TargetPath): TableRule | undefined {
  const withDefault = node.kind === 'coalesce' || node.kind === 'default';
  const call = withDefault ? bare(node.left) : node;
  if (calledName(call) !== 'lookup') return undefined;
  const [table, input, ...more] = argumentsOf(call) ?? [];
  if (table === undefined || input === undefined || more.length > 0) return undefined;
  const variable = table.kind === 'variable' && table.name !== '' ? table.name : undefined;
  const held = bare(variable === undefined ? table : (on.variables.get(variable) ?? table));
  const rows = held.kind === 'object' ? rowsOf(held) : undefined;
  if (rows === undefined) return undefined;
  const rule = { ...begin(on, 'table', target, outer, node), input: chipOf(input), rows, tableSpan: { start: held.start, end: held.end } };
  return {
    ...rule,
    ...(variable === undefined ? {} : { variable }),
    ...(withDefault ? { otherwise: on.rule(node.right, target) } : {}),
  };
}

/** The rows of an object whose names and values are all fixed. */
export function rowsOf({ pairs }: ObjectNode): TableRow[] | undefined {
  const rows: TableRow[] = [];
  for (const { key, value, start, end } of pairs) {
    const to = literalOf(value);
    if (key.kind !== 'string' || to === undefined) return undefined;
    rows.push({ from: key.value, to: to.value, span: { start, end } });
  }
  return rows;
}
