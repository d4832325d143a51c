import type { Syntax } from '../../jsonata/syntax/parse.ts';
import type { ArrayNode, BlockNode, Expression, PairNode } from '../../jsonata/syntax/tree.ts';
import { type Chip, isPlainPath } from '../chip.ts';
import { around } from '../notes.ts';
import type { ChoiceRule, Field, LeafRule, Rule, ScopeRule, Variable } from '../rule.ts';
import type { TargetPath, TargetStep } from '../target.ts';
import { absentOf } from './absence.ts';
import { argumentsOf, bare, calledName, literalOf, parametersOf } from './bare.ts';
import { chipOf } from './chip.ts';
import { begin, type Projecting, stepInto } from './context.ts';
import { loopOf } from './loop.ts';
import { tableOf } from './table.ts';

/** The rules of a text, from its root. */
export function projectRoot(syntax: Syntax): Rule {
  const projecting: Projecting = {
    syntax,
    ordinals: new Map(),
    places: new Map(),
    flat: undefined,
    variables: new Map(),
    rule: (node, target) => ruleOf(projecting, node, target),
  };
  return ruleOf(projecting, syntax.root, []);
}

function ruleOf(on: Projecting, outer: Expression, target: TargetPath): Rule {
  const node = bare(outer);
  const special = tableOf(on, outer, node, target) ?? loopOf(on, outer, node, target);
  if (special !== undefined) return special;
  const absent = absentOf(node);
  if (absent !== undefined) {
    const rule = { ...begin(on, 'default', target, outer, node), mode: absent.mode };
    return { ...rule, value: on.rule(absent.value, target), fallback: on.rule(absent.fallback, target) };
  }
  switch (node.kind) {
    case 'object': {
      const rule = begin(on, 'object', target, outer, node);
      return { ...rule, open: node.open, close: node.close, fields: fieldsOf(on, node.pairs, target) };
    }
    case 'group': {
      const rule = begin(on, 'group', target, outer, node);
      const { start, end } = node.target;
      return { ...rule, list: chipOf(node.target), listSpan: { start, end }, fields: fieldsOf(on, node.pairs, target) };
    }
    case 'array':
      return arrayOf(on, outer, node, target);
    case 'condition':
      return choiceOf(on, outer, node, target);
    case 'lambda': {
      const rule = { ...begin(on, 'helper', target, outer, node), parameters: parametersOf(node) };
      return { ...rule, body: on.rule(node.body, target) };
    }
    case 'block':
      return scopeOf(on, outer, node, target) ?? leaf(on, outer, node, target);
    case 'call':
    case 'apply':
      return mergeOf(on, outer, node, target) ?? leaf(on, outer, node, target);
    default:
      return leaf(on, outer, node, target);
  }
}

function fieldsOf(on: Projecting, pairs: readonly PairNode[], target: TargetPath): Field[] {
  let computed = 0;
  return pairs.map((pair): Field => {
    const { key, value, start, end } = pair;
    const name = key.kind === 'string' ? key.value : undefined;
    const step: TargetStep = name ?? { computed: computed++ };
    const { before, behind, trailing } = around(on.syntax, pair);
    const rule = on.rule(value, stepInto(on, target, step));
    const keySpan = { start: key.start, end: key.end };
    const field = { keyChip: chipOf(key), keySpan, rule, span: { start, end }, notes: [...before, ...behind, ...trailing] };
    return name === undefined ? field : { key: name, ...field };
  });
}

function arrayOf(on: Projecting, outer: Expression, node: ArrayNode, target: TargetPath): Rule {
  if (literalOf(node) !== undefined || node.items.some((item) => item.kind === 'range')) return leaf(on, outer, node, target);
  const items = node.items.filter((item) => item.kind !== 'range');
  const [only] = items;
  if (only !== undefined && items.length === 1) {
    const chip = chipOf(only);
    if (chip.kind === 'path' || chip.kind === 'each') return { ...leafOf(on, outer, node, target, chip), list: true };
  }
  const rule = begin(on, 'list', target, outer, node);
  return { ...rule, open: node.open, close: node.close, items: items.map((item, i) => on.rule(item, stepInto(on, target, i))) };
}

function choiceOf(on: Projecting, outer: Expression, node: Extract<Expression, { kind: 'condition' }>, target: TargetPath): ChoiceRule {
  const rule = begin(on, 'choice', target, outer, node);
  const branches: ChoiceRule['branches'] = [];
  for (let at: Expression = node; ; ) {
    if (at.kind !== 'condition') return { ...rule, branches, otherwise: on.rule(at, target) };
    branches.push({ condition: chipOf(at.condition), value: on.rule(at.then, target) });
    if (at.otherwise === undefined) return { ...rule, branches };
    const next = bare(at.otherwise);
    if (next.kind !== 'condition' || absentOf(next) !== undefined) return { ...rule, branches, otherwise: on.rule(at.otherwise, target) };
    at = next;
  }
}

function scopeOf(on: Projecting, outer: Expression, node: BlockNode, target: TargetPath): ScopeRule | undefined {
  const body = node.expressions.at(-1);
  const binds = node.expressions.slice(0, -1).filter((one) => one.kind === 'bind');
  if (body === undefined || body.kind === 'bind' || binds.length < node.expressions.length - 1) return undefined;
  const rule = begin(on, 'scope', target, outer, node);
  const before = new Map(on.variables);
  const variables = binds.map((bind): Variable => {
    const { start, end, variable, value } = bind;
    const name = variable.kind === 'variable' ? variable.name : on.syntax.text.slice(variable.start + 1, variable.end);
    on.variables.set(name, value);
    const { before: above, behind, trailing } = around(on.syntax, bind);
    const inner = on.rule(value, stepInto(on, target, { variable: name }));
    const nameSpan = { start: variable.start, end: variable.end };
    return { name, nameSpan, rule: inner, span: { start, end }, notes: [...above, ...behind, ...trailing] };
  });
  const found: ScopeRule = { ...rule, variables, body: on.rule(body, target) };
  on.variables = before;
  return found;
}

function mergeOf(on: Projecting, outer: Expression, node: Expression, target: TargetPath): Rule | undefined {
  if (calledName(node) !== 'merge') return undefined;
  const [list, ...more] = argumentsOf(node) ?? [];
  if (list?.kind !== 'array' || more.length > 0 || list.items.length === 0) return undefined;
  const items = list.items.filter((item) => item.kind !== 'range');
  if (items.length < list.items.length) return undefined;
  const rule = begin(on, 'merge', target, outer, node);
  return { ...rule, items: items.map((item) => on.rule(item, target)) };
}

const leaf = (on: Projecting, outer: Expression, node: Expression, target: TargetPath): LeafRule =>
  leafOf(on, outer, node, target, chipOf(node));

function leafOf(on: Projecting, outer: Expression, node: Expression, target: TargetPath, chip: Chip): LeafRule {
  // The kind follows from the chip, which the compiler cannot see.
  return { ...begin(on, leafKind(chip), target, outer, node), chip, list: false } as LeafRule;
}

function leafKind(chip: Chip): LeafRule['kind'] {
  switch (chip.kind) {
    case 'path':
      if (isPlainPath(chip)) return 'copy';
      return looksUp(chip) ? 'lookup' : 'pick';
    case 'literal':
      return 'constant';
    case 'pipeline':
      return 'function';
    case 'template':
    case 'aggregate':
    case 'each':
    case 'code':
      return chip.kind;
    default:
      return 'formula';
  }
}

/** Whether a filter on the way compares a field of the items with a value from outside the list. */
function looksUp(chip: Chip): boolean {
  if (chip.kind !== 'path') return false;
  if (chip.root.from === 'value' && looksUp(chip.root.chip)) return true;
  return [...chip.stages, ...chip.steps.flatMap((step) => step.stages)].some((stage) => {
    if (stage.kind !== 'where') return false;
    const parts = stage.condition.kind === 'logic' ? stage.condition.parts : [stage.condition];
    return parts.some((part) => part.kind === 'operation' && part.operator === '=' && outside(part.left) !== outside(part.right));
  });
}

/** Whether a value reaches out of the item at hand; a literal does not. */
function outside(chip: Chip): boolean {
  if (chip.kind === 'pipeline') return chip.input !== undefined && outside(chip.input);
  return chip.kind === 'path' && chip.root.from !== 'item' && chip.root.from !== 'value';
}
