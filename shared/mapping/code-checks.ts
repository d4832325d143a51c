import { survives } from '../json.ts';
import { type BinaryNode, childrenOf, type Expression, isExpression, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import { type MappingProblem, resolve } from '../shape/checks/row.ts';
import { leafName } from '../shape/path.ts';
import type { Kind, Shape } from '../shape/shape.ts';
import { shapePath } from './checked-rows.ts';
import { argumentsOf, bare, calledName } from './project/bare.ts';
import { type Reach, reachesOf } from './reach.ts';
import { allRules } from './rule.ts';
import { type OpenView, ruleAt } from './view.ts';

/**
 * What the code itself shows to be wrong, row by row: comparisons of different kinds, fixed numbers that are rounded,
 * variables that nothing uses. Never throws.
 */
export function checkCode(view: OpenView, source: Shape): MappingProblem[] {
  return [...checkComparisons(view, source), ...checkNumbers(view), ...checkVariables(view)];
}

const comparing = new Set(['=', '!=', '<', '<=', '>', '>=']);

function checkComparisons(view: OpenView, source: Shape): MappingProblem[] {
  const found = nodesOf(view.syntax.root).filter((node): node is BinaryNode => node.kind === 'binary' && comparing.has(node.operator));
  if (found.length === 0) return [];
  const reaches = reachesOf(view.syntax.root, new Set(found.flatMap(({ left, right }) => [bare(left), bare(right)])));
  return found.flatMap((node) => {
    const [left, right] = [sideOf(bare(node.left), reaches, source), sideOf(bare(node.right), reaches, source)];
    if (left === undefined || right === undefined || left.kind === right.kind) return [];
    const equal = node.operator === '=' || node.operator === '!=';
    // Only texts and numbers can be put in order, and of different kinds not even those.
    const row = ruleAt(view, node.start);
    if (row === undefined) return [];
    const says = `${left.says} is ${kindWord[left.kind]} and ${right.says} ${kindWord[right.kind]}`;
    const then = equal
      ? `they are never equal, so the comparison always gives ${node.operator === '=' ? 'false' : 'true'}`
      : 'putting them in order fails';
    const fix = mend(view, node, left, right);
    const problem: MappingProblem = {
      code: 'mixed-comparison',
      level: equal ? 'warning' : 'error',
      row: row.id,
      target: shapePath(row.target),
      message: `${says}: ${then}.`,
      ...(fix === undefined ? {} : { fix }),
    };
    return [problem];
  });
}

type PlainKind = Exclude<Kind, 'null' | 'object' | 'list'>;

const kindWord: Readonly<Record<PlainKind, string>> = { text: 'a text', number: 'a number', boolean: 'true or false' };

/** One side of a comparison whose kind is known. */
interface Side {
  node: Expression;
  kind: PlainKind;
  /** As a sentence names it. */
  says: string;
  fixed: boolean;
}

const makes: Readonly<Record<string, PlainKind>> = {
  ...Object.fromEntries(
    [
      'string',
      'uppercase',
      'lowercase',
      'trim',
      'substring',
      'substringBefore',
      'substringAfter',
      'join',
      'now',
      'fromMillis',
      'replace',
    ].map((name) => [name, 'text' as const]),
  ),
  ...Object.fromEntries(
    ['number', 'sum', 'count', 'length', 'average', 'round', 'floor', 'ceil', 'abs', 'toMillis', 'millis'].map((name) => [
      name,
      'number' as const,
    ]),
  ),
};

function sideOf(node: Expression, reaches: ReadonlyMap<Expression, Reach>, source: Shape): Side | undefined {
  switch (node.kind) {
    case 'string':
      return { node, kind: 'text', says: `"${node.value}"`, fixed: true };
    case 'number':
      return { node, kind: 'number', says: String(node.value), fixed: true };
    case 'value':
      return node.value === null ? undefined : { node, kind: 'boolean', says: String(node.value), fixed: true };
    case 'call': {
      const name = calledName(node) ?? '';
      const kind = Object.hasOwn(makes, name) ? makes[name] : undefined;
      return kind === undefined || argumentsOf(node) === undefined
        ? undefined
        : { node, kind, says: `the result of $${name}()`, fixed: false };
    }
    case 'name':
    case 'path': {
      if (node.kind === 'path' && !node.steps.every((step) => step.kind === 'name' || step.kind === 'variable')) return undefined;
      const [path, ...more] = reaches.get(node)?.paths ?? [];
      if (path === undefined || more.length > 0) return undefined;
      const shape = resolve(source, path).shape;
      const kinds = shape?.kinds.filter((kind) => kind !== 'null') ?? [];
      const [kind] = kinds;
      if (kinds.length !== 1 || (kind !== 'text' && kind !== 'number' && kind !== 'boolean')) return undefined;
      return { node, kind, says: `"${leafName(path)}"`, fixed: false };
    }
    default:
      return undefined;
  }
}

/** Makes both sides of one kind: a fixed value is written as the other kind where it can be, else the text is read as a number. */
function mend(view: OpenView, { operator }: BinaryNode, left: Side, right: Side): MappingProblem['fix'] {
  const [fixed, other] = left.fixed ? [left, right] : right.fixed ? [right, left] : [undefined, undefined];
  const { text } = view;
  const replace = ({ node: { start, end } }: Side, code: string) => ({ kind: 'replace-code', start, end, code }) as const;
  const ordered = operator !== '=' && operator !== '!=';
  if (fixed !== undefined && other !== undefined) {
    const value = fixed.node.kind === 'string' ? fixed.node.value : text.slice(fixed.node.start, fixed.node.end);
    // "10" comes before "9" as a text: put in order, the text becomes a number.
    if (fixed.kind === 'number' && other.kind === 'text' && !ordered) return replace(fixed, JSON.stringify(value));
    if (fixed.kind === 'text' && other.kind === 'number' && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) return replace(fixed, value);
    if (fixed.kind === 'text' && other.kind === 'boolean' && (value === 'true' || value === 'false')) return replace(fixed, value);
    if (fixed.kind === 'boolean' && other.kind === 'text') return replace(fixed, JSON.stringify(value));
  }
  const textSide = left.kind === 'text' ? left : right.kind === 'text' ? right : undefined;
  if (textSide === undefined || textSide.fixed || (left.kind !== 'number' && right.kind !== 'number')) return undefined;
  return replace(textSide, `$number(${text.slice(textSide.node.start, textSide.node.end)})`);
}

/** A number written out is a double, whatever it says. */
function checkNumbers(view: OpenView): MappingProblem[] {
  return nodesOf(view.syntax.root).flatMap((node) => {
    if (node.kind !== 'number') return [];
    const code = view.text.slice(node.start, node.end);
    const row = survives(code) ? undefined : ruleAt(view, node.start);
    if (row === undefined) return [];
    const { start, end } = node;
    const problem: MappingProblem = {
      code: 'digits-lost',
      level: 'error',
      row: row.id,
      target: shapePath(row.target),
      message: `The fixed number ${code} has more digits than a number keeps: it becomes ${String(node.value)}. Write it as a text.`,
      fix: { kind: 'replace-code', start, end, code: JSON.stringify(code) },
    };
    return [problem];
  });
}

function checkVariables(view: OpenView): MappingProblem[] {
  const used = new Set(view.uses.map(({ of }) => of));
  return [...allRules(view.root)].flatMap((scope) => {
    if (scope.kind !== 'scope') return [];
    return scope.variables.flatMap(({ name, rule }): MappingProblem[] => {
      // The name of a loop's item waits for the loop inside that needs it.
      const item = rule.node.kind === 'variable' && rule.node.name === '';
      if (used.has(rule.id) || item || named(scope.node, name) > 1) return [];
      const what = rule.kind === 'helper' ? 'own function' : 'variable';
      const message = `Nothing uses the ${what} $${name}.`;
      return [
        { code: 'unused-variable', level: 'warning', row: rule.id, target: shapePath(rule.target), message, fix: { kind: 'remove-row' } },
      ];
    });
  });
}

/** How often a variable is named, where it is set included: bodies of own functions are no rows of their own. */
const named = (root: SyntaxNode, name: string): number =>
  nodesOf(root).filter((node) => node.kind === 'variable' && node.name === name).length;

function nodesOf(root: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const walk = (node: SyntaxNode) => {
    if (isExpression(node)) found.push(node);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(root);
  return found;
}
