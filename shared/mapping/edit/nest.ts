import { childrenOf, type Expression, type SyntaxNode } from '../../jsonata/syntax/tree.ts';
import type { Rule } from '../rule.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, refused, type Splice } from './edit.ts';
import { fragmentOf } from './fragment.ts';
import { noRow } from './rule.ts';

/**
 * Puts a loop into a loop: for each item of the outer list, each item of `list` (code as seen from the outer item) makes an
 * item. What the fields read of the outer item they read by its name from then on, so the outer item must have one.
 */
export function nestLoop(view: OpenView, id: string, list: string): Edited {
  const read = fragmentOf(list);
  if (!read.ok) return read;
  const loop = ruleById(view, id);
  if (loop === undefined) return noRow(id);
  if (loop.kind !== 'loop' || loop.form !== 'dot' || loop.itemName === undefined)
    return refused('row', 'Only a loop whose item has a name can hold another.');
  const body = bodyOf(loop.body);
  if (body.kind === 'loop') return refused('ambiguous', 'This list goes through two lists already.');
  const named = renamedReads(body.node, loop.itemName);
  if (named === undefined) return refused('ambiguous', 'A row below uses custom code that would mean something else: change it by hand.');
  return edited(view.text, [{ start: body.span.start, end: body.span.start, insert: `${list}.` }, ...named]);
}

function bodyOf(rule: Rule): Rule {
  return rule.kind === 'scope' ? bodyOf(rule.body) : rule;
}

/** What lets an expression read the item at hand by a name; nothing where it cannot be told what it reads. */
function renamedReads(root: Expression, name: string): Splice[] | undefined {
  const splices: Splice[] = [];
  const before = ({ start }: SyntaxNode, insert: string) => splices.push({ start, end: start, insert });
  const walk = (node: SyntaxNode): boolean => {
    switch (node.kind) {
      case 'name':
      case 'wildcard':
      case 'descendant':
        before(node, `$${name}.`);
        return true;
      case 'variable':
        if (node.name === '') splices.push({ start: node.start, end: node.end, insert: `$${name}` });
        return true;
      case 'parent':
      case 'transform':
        return false;
      // Only the first step is seen from here; what stands in brackets is seen from each value.
      case 'path':
        return node.steps.slice(0, 1).every(walk);
      case 'filter':
      case 'keep':
      case 'sort':
      case 'group':
      case 'focus':
      case 'index':
        return walk(node.target);
      case 'lambda':
        return walk(node.body);
      case 'bind':
        return walk(node.value);
      case 'call':
      case 'partial':
        return node.arguments.every(walk);
      case 'object':
        return node.pairs.every(({ key, value }) => walk(key) && walk(value));
      default:
        return [...childrenOf(node)].every(walk);
    }
  };
  return walk(root) ? splices : undefined;
}
