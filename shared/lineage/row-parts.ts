import { stringifyJson } from '../json.ts';
import { childrenOf, type Expression, isExpression, type Span, type SyntaxNode } from '../jsonata/syntax/tree.ts';
import type { Rule, TableRule } from '../mapping/rule.ts';
import { type Looked, valueIn } from './row-way.ts';

/** A piece of a row's expression and what it gave for this message, as JSON text; nothing where it gave nothing. */
export interface RowPart extends Span {
  text: string;
  /** How deep it stands in the row, from 0. */
  depth: number;
  value?: string;
}

const most = { parts: 24, text: 400 };

/** What the pieces of a row gave for this message, from the outside; those inside loops and functions are not looked at alone. */
export function partsOfRow(looked: Looked, rule: Rule, items: ReadonlyMap<string, number>): RowPart[] {
  const found: { node: Expression; depth: number }[] = [];
  pieces(rule.node, 0, found);
  const parts: RowPart[] = [];
  for (const { node, depth } of found.slice(0, most.parts)) {
    const text = looked.view.text.slice(node.start, node.end);
    const made = valueIn(looked, rule.id, text, items);
    if (made.kind === 'failed') continue;
    parts.push({ start: node.start, end: node.end, text, depth, ...(made.kind === 'value' && { value: cut(made.json) }) });
  }
  return parts;
}

const cut = (text: string): string => (text.length > most.text ? `${text.slice(0, most.text)}…` : text);

/** The nodes below one that see the same item and variables as it does, and say more than their text. */
function pieces(node: Expression, depth: number, found: { node: Expression; depth: number }[]): void {
  for (const inner of within(node)) {
    if (isPlain(inner)) continue;
    found.push({ node: inner, depth });
    pieces(inner, depth + 1, found);
  }
}

/** What is evaluated where the node is: not the steps of a path behind its first, nor the bodies of functions. */
function within(node: Expression): Expression[] {
  switch (node.kind) {
    case 'path': {
      const [first] = node.steps;
      return first === undefined || first.kind === 'name' ? [] : within(first);
    }
    case 'filter':
    case 'sort':
    case 'keep':
    case 'group':
      return node.target.kind === 'name' ? [] : [node.target];
    case 'block':
      // Names bound inside are not there outside.
      return node.expressions.length === 1 ? within(node.expressions[0] as Expression) : [];
    case 'lambda':
    case 'object':
    case 'transform':
    case 'focus':
    case 'index':
    case 'partial':
    case 'bind':
      return [];
    case 'call':
      return node.arguments;
    case 'apply':
      return [node.left];
    case 'array':
      return node.items.flatMap((item) => (item.kind === 'range' ? [item.from, item.to] : [item]));
    default:
      return childrenOf(node).filter(isExpression);
  }
}

/** What says no more than its text, or than the field that it names. */
function isPlain(node: Expression): boolean {
  if (node.kind === 'lambda' || node.kind === 'name') return true;
  if (node.kind === 'path') return node.steps.every((step) => step.kind === 'name');
  return !reads(node);
}

function reads(node: SyntaxNode): boolean {
  return node.kind === 'name' || node.kind === 'variable' || childrenOf(node).some(reads);
}

/** What a value table did: what was looked up, and the row that fits, else that none did. */
export interface TableHit {
  looked: string;
  row?: { from: string; to: string };
  rows: number;
}

/** Looks up what a table looked up. */
export function tableHit(looked: Looked, rule: TableRule, items: ReadonlyMap<string, number>): TableHit | undefined {
  const made = valueIn(looked, rule.id, `$string(${looked.view.text.slice(rule.input.start, rule.input.end)})`, items);
  if (made.kind === 'failed') return undefined;
  const text = made.kind === 'value' && !made.cut ? (JSON.parse(made.json) as string) : undefined;
  const row = text === undefined ? undefined : rule.rows.find(({ from }) => from === text);
  return {
    looked: text ?? 'nothing',
    rows: rule.rows.length,
    ...(row && { row: { from: row.from, to: stringifyJson(row.to) ?? 'nothing' } }),
  };
}
