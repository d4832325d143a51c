import type { Span } from '../../jsonata/syntax/tree.ts';
import type { Rule } from '../rule.ts';
import { type OpenView, pathToRule, ruleById } from '../view.ts';
import { type Edited, edited, refused } from './edit.ts';
import { replacePart } from './fragment.ts';
import { removed } from './layout.ts';
import { removeVariable } from './variable.ts';

/** Gives a row another rule. */
export function setRule(view: OpenView, id: string, code: string): Edited {
  const rule = ruleById(view, id);
  return rule === undefined ? noRow(id) : replacePart(view, rule.span, code);
}

/** The text of a row as code, without the indent that its lines have in the mapping. */
export function codeOf(view: OpenView, id: string): string | undefined {
  const rule = ruleById(view, id);
  if (rule === undefined) return undefined;
  const text = view.text.slice(rule.span.start, rule.span.end);
  const rest = text.split('\n').slice(1);
  const indents = rest.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const least = Math.min(...indents);
  return Number.isFinite(least) && least > 0 ? text.replaceAll(new RegExp(`\\n[ \\t]{${least}}`, 'g'), '\n') : text;
}

/** Takes a row away: a field, an item of a fixed list or a merge, a variable that nothing uses, a branch of a choice. */
export function clearRule(view: OpenView, id: string): Edited {
  const path = pathToRule(view, id);
  const [rule, parent] = [path.at(-1), path.at(-2)];
  if (rule === undefined) return noRow(id);
  switch (parent?.kind) {
    case 'object':
    case 'group':
      return without(
        view,
        parent.fields.map(({ span }) => span),
        parent.fields.findIndex((field) => field.rule === rule),
      );
    case 'list':
    case 'merge':
      return without(
        view,
        parent.items.map(({ span }) => span),
        parent.items.indexOf(rule),
      );
    case 'scope':
      if (rule !== parent.body) return removeVariable(view, id);
      break;
    case 'default':
      return keepOnly(view, parent.span, rule === parent.value ? parent.fallback.span : parent.value.span);
    case 'table':
      return keepOnly(view, parent.span, callSpan(parent));
    case 'choice':
      return withoutBranch(view, parent, rule);
  }
  return refused('row', 'This row cannot be removed by itself: remove the row that it belongs to.');
}

const without = (view: OpenView, items: readonly Span[], index: number): Edited => edited(view.text, removed(view, items, index));

/** Puts a part of a rule in the place of the whole. */
export function keepOnly(view: OpenView, whole: Span, part: Span): Edited {
  return replacePart(view, whole, view.text.slice(part.start, part.end));
}

/** The lookup of a table that has an otherwise behind it. */
function callSpan({ node, span }: Rule): Span {
  return node.kind === 'coalesce' || node.kind === 'default' ? { start: node.left.start, end: node.left.end } : span;
}

function withoutBranch(view: OpenView, choice: Extract<Rule, { kind: 'choice' }>, rule: Rule): Edited {
  const { text } = view;
  const { branches, otherwise } = choice;
  const index = branches.findIndex((branch) => branch.value === rule);
  if (index < 0) {
    const last = branches.at(-1);
    if (last === undefined || otherwise === undefined) return noRow(rule.id);
    return edited(text, [{ start: last.value.span.end, end: otherwise.span.end, insert: '' }]);
  }
  const next = branches[index + 1]?.condition ?? otherwise?.span;
  const branch = branches[index];
  if (next === undefined || branch === undefined) return refused('row', 'A condition needs at least one rule.');
  if (branches.length === 1 && otherwise !== undefined) return keepOnly(view, choice.span, otherwise.span);
  return edited(text, [{ start: branch.condition.start, end: next.start, insert: '' }]);
}

export const noRow = (id: string): Edited => refused('row', `There is no row ${id} any more.`);
