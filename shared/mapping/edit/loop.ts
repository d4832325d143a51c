import type { LambdaNode } from '../../jsonata/syntax/tree.ts';
import { lastStages } from '../project/loop.ts';
import type { LoopRule, Rule } from '../rule.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, refused, type Splice } from './edit.ts';
import { codeFor, type Fragment, fragmentOf, placeOf, replacePart, wrapSpan } from './fragment.ts';
import { noRow } from './rule.ts';
import { namedIn } from './variable.ts';

/** One term of a sort as code. */
export interface SortCode {
  by: string;
  descending: boolean;
}

/** The code of a loop over a list: always a list, for one item and for none too. */
export function loopCode(list: string, body = '{ }'): string {
  const read = fragmentOf(list);
  return `[${read.ok ? listCode(read.fragment) : list}.${body}]`;
}

/** The text of a list as it may stand before `.`, `[…]` and `^(…)`. */
function listCode(fragment: Fragment): string {
  return fragment.root.kind === 'sort' ? fragment.code : codeFor(fragment, 'operand');
}

/** Lets a row go through a list: its rule becomes a loop without fields. */
export function setLoop(view: OpenView, id: string, list: string): Edited {
  const read = fragmentOf(list);
  if (!read.ok) return read;
  const rule = ruleById(view, id);
  if (rule === undefined) return noRow(id);
  return rule.kind === 'loop' ? setLoopList(view, id, list) : replacePart(view, rule.span, loopCode(list));
}

/** Lets a loop go through another list; its condition, order and body stay. */
export function setLoopList(view: OpenView, id: string, list: string): Edited {
  const read = fragmentOf(list);
  if (!read.ok) return read;
  return withLoop(view, id, (loop) => edited(view.text, [{ ...loop.listCore, insert: listCode(read.fragment) }]));
}

/** Lets a loop go through another list, whose code brings its own condition and order. */
export function replaceLoopList(view: OpenView, id: string, list: string): Edited {
  const read = fragmentOf(list);
  if (!read.ok) return read;
  return withLoop(view, id, (loop) => edited(view.text, [{ ...loop.listSpan, insert: listCode(read.fragment) }]));
}

/** Sets the condition of a loop, or takes it away. */
export function setWhere(view: OpenView, id: string, condition: string | undefined): Edited {
  const read = condition === undefined ? undefined : fragmentOf(condition);
  if (read?.ok === false) return read;
  return withLoop(view, id, (loop) => {
    const [first, ...more] = loop.where;
    const gone: Splice[] = more.map(({ start, end }) => ({ start, end, insert: '' }));
    if (condition === undefined) return edited(view.text, first ? [{ start: first.start, end: first.end, insert: '' }, ...gone] : gone);
    if (first) return edited(view.text, [{ start: first.start + 1, end: first.end - 1, insert: condition }, ...gone]);
    const at = loop.listCore.end;
    return edited(view.text, [...brackets(view, loop), { start: at, end: at, insert: `[${condition}]` }]);
  });
}

/** Sets the order of a loop; no terms take it away. */
export function setSort(view: OpenView, id: string, terms: readonly SortCode[]): Edited {
  for (const { by } of terms) {
    const read = fragmentOf(by);
    if (!read.ok) return read;
  }
  return withLoop(view, id, (loop) => {
    const code = terms.length === 0 ? '' : `^(${terms.map(({ by, descending }) => (descending ? '>' : '') + by).join(', ')})`;
    const [first, ...more] = lastStages(loop.list).filter((stage) => stage.kind === 'sort');
    const gone: Splice[] = more.map(({ start, end }) => ({ start, end, insert: '' }));
    if (first) return edited(view.text, [{ start: first.start, end: first.end, insert: code }, ...gone]);
    const at = loop.listSpan.end;
    return edited(view.text, [...(code === '' ? [] : brackets(view, loop)), { start: at, end: at, insert: code }]);
  });
}

/** Brackets around a list that filters and sorts could not stand behind. */
function brackets(view: OpenView, { listSpan, listCore }: LoopRule): Splice[] {
  const read = fragmentOf(view.text.slice(listSpan.start, listSpan.end));
  if (!read.ok || listCode(read.fragment) === read.fragment.code) return [];
  return wrapSpan({ start: listSpan.start, end: listCore.end }, '(', ')');
}

const names = /^[A-Za-z_]\w*$/;

/** Names the item of a loop, or gives it another name, so that an inner loop can use its fields: `$item.field`. */
export function setItemName(view: OpenView, id: string, name: string): Edited {
  if (!names.test(name)) return refused('name', `"${name}" cannot name an item: letters, digits and _ only, no digit first.`);
  return withLoop(view, id, (loop) => {
    if (loop.itemName !== undefined) return renamed(view, loop, loop.itemName, name);
    if (loop.form !== 'dot') return refused('row', 'The function of this loop takes no item.');
    const { span } = loop.body;
    if (loop.body.kind === 'scope') {
      const at = loop.body.variables[0]?.span.start ?? loop.body.body.span.start;
      return edited(view.text, [{ start: at, end: at, insert: `$${name} := $; ` }]);
    }
    const place = placeOf(view, span);
    const after = place === 'step' ? ')' : '';
    return edited(view.text, wrapSpan(span, place === 'step' ? `($${name} := $; ` : `$${name} := $; `, after));
  });
}

/** Names the position (from 0) of the items of a loop, or gives it another name; for `$each` that is the key. */
export function setIndexName(view: OpenView, id: string, name: string): Edited {
  if (!names.test(name)) return refused('name', `"${name}" cannot name a position: letters, digits and _ only, no digit first.`);
  return withLoop(view, id, (loop) => {
    if (loop.indexName !== undefined) return renamed(view, loop, loop.indexName, name);
    const at = loop.form === 'dot' ? loop.listSpan.end : lambdaOf(loop)?.parameters[0]?.end;
    if (at === undefined) return refused('row', 'The function of this loop takes no item.');
    return edited(view.text, [{ start: at, end: at, insert: loop.form === 'dot' ? `#$${name}` : `, $${name}` }]);
  });
}

/** Another name for the item or position, where it is taken and wherever it is used. */
function renamed(view: OpenView, loop: LoopRule, from: string, to: string): Edited {
  // A name of a dotted loop lives in its block or path, one of a function in the function.
  const body = loop.body.kind === 'scope' && loop.body.variables.some((variable) => variable.name === from) ? loop.body.node : loop.node;
  const owner = loop.form === 'dot' ? body : lambdaOf(loop);
  if (owner === undefined) return refused('row', 'The function of this loop takes no item.');
  if (from !== to && namedIn(owner, to).length > 0) return refused('name', `$${to} is in use already.`);
  return edited(
    view.text,
    namedIn(owner, from).map(({ start, end }) => ({ start, end, insert: `$${to}` })),
  );
}

/** The function of a loop that is no dotted one. */
function lambdaOf({ node }: LoopRule): LambdaNode | undefined {
  const inner = node.kind === 'array' ? node.items[0] : node;
  const call = inner?.kind === 'apply' ? inner.right : inner;
  return call?.kind === 'call' ? call.arguments.find((one) => one.kind === 'lambda') : undefined;
}

/** Puts `[…]` around a row, so that one value is a list, and none an empty one. */
export function wrapArray(view: OpenView, id: string): Edited {
  const rule = ruleById(view, id);
  if (rule === undefined) return noRow(id);
  if ((rule.kind === 'loop' && rule.array) || ('list' in rule && rule.list === true))
    return refused('row', 'The row makes a list already.');
  return replacePart(view, rule.span, `[${view.text.slice(rule.span.start, rule.span.end)}]`);
}

function withLoop(view: OpenView, id: string, edit: (loop: LoopRule) => Edited): Edited {
  const rule: Rule | undefined = ruleById(view, id);
  if (rule === undefined) return noRow(id);
  return rule.kind === 'loop' ? edit(rule) : refused('row', 'This row goes through no list.');
}
