import { parseJson, stringifyJson } from '#shared/json.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import { type OpenView, pathToRule } from '#shared/mapping/view.ts';
import type { RowResult } from '../mapper-store.ts';

/** An expression over the whole message that gives what some code gives in the place of a rule. */
export interface InPlace {
  expression: string;
  /** Finds the code's own result in that of the expression. */
  pick(result: RowResult): RowResult;
}

/**
 * What code would give in the place of the rule with an id: with the items of the loops around it (`items` says which
 * one of each, the first by default) and the variables before it. Nothing for a place inside an own function, whose
 * parameters nobody knows. Without a rule, the place is the root.
 */
export function inPlace(
  view: OpenView,
  rule: string | undefined,
  code: string,
  items: ReadonlyMap<string, number> = new Map(),
): InPlace | undefined {
  const path = rule === undefined ? rootPath(view.root) : pathToRule(view, rule);
  const indexes: number[] = [];
  let expression = `{"v": (${code}\n)}`;
  for (let i = path.length - 2; i >= 0; i--) {
    const [outer, inner] = [path[i], path[i + 1]];
    if (outer === undefined || inner === undefined) continue;
    const made = around(view, outer, inner, expression);
    if (made === undefined) return undefined;
    expression = made;
    if (outer.kind === 'loop' || outer.kind === 'group') indexes.unshift(outer.kind === 'loop' ? (items.get(outer.id) ?? 0) : 0);
  }
  return { expression, pick: (result) => picked(result, indexes) };
}

/** A new row at the root sees the variables of the mapping. */
function rootPath(root: Rule): Rule[] {
  return root.kind === 'scope' ? [root, ...rootPath(root.body)] : [root];
}

function around(view: OpenView, outer: Rule, inner: Rule, code: string): string | undefined {
  const cut = ({ start, end }: { start: number; end: number }): string => view.text.slice(start, end);
  switch (outer.kind) {
    case 'scope': {
      const own = outer.variables.findIndex((variable) => variable.rule === inner);
      const before = own < 0 ? outer.variables : outer.variables.slice(0, own);
      return before.length === 0 ? code : `(${before.map(({ span }) => `${cut(span)}\n;`).join(' ')} ${code})`;
    }
    case 'loop': {
      if (outer.form === 'dot') return `{"v": [${cut(outer.listSpan)}\n.(${code})]}`;
      const names = [outer.itemName, outer.indexName].filter((name) => name !== undefined).map((name) => `$${name}`);
      return `{"v": [$${outer.form}(${cut(outer.listSpan)}\n, function(${names.join(', ')}){ ${code} })]}`;
    }
    case 'group': {
      const field = outer.fields.find((one) => one.rule === inner);
      if (field === undefined) return undefined;
      return `{"v": [$each(${cut(outer.listSpan)}\n{${cut(field.keySpan)}: ${code}}, function($group){ $group })]}`;
    }
    case 'helper':
      return undefined;
    default:
      return code;
  }
}

function picked(result: RowResult, indexes: readonly number[]): RowResult {
  if (result.kind !== 'value') return result;
  let value = fieldV(parseJson(result.json));
  for (const index of indexes) value = Array.isArray(value) ? fieldV(value[index]) : undefined;
  const json = stringifyJson(value);
  return json === undefined ? { kind: 'nothing' } : { kind: 'value', json };
}

function fieldV(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>).v : undefined;
}
