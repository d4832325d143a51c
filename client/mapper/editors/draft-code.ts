import { literalCode } from '#shared/mapping/code.ts';
import { chained } from '#shared/mapping/edit/chain.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { setAt } from '#shared/mapping/edit/field.ts';
import { setIndexName, setItemName, setLoopList, setSort, setWhere, wrapArray } from '#shared/mapping/edit/loop.ts';
import { rewordRule } from '#shared/mapping/edit/reword.ts';
import { setTable, type TableLine, wrapTable } from '#shared/mapping/edit/table.ts';
import { placeFor } from '#shared/mapping/place.ts';
import { isPathLike } from '#shared/mapping/project/path.ts';
import type { LoopRule, Rule } from '#shared/mapping/rule.ts';
import { valueIn as tableValue } from '#shared/mapping/table-csv.ts';
import type { TargetPath } from '#shared/mapping/target.ts';
import { type OpenView, ruleById, type View, viewOf } from '#shared/mapping/view.ts';
import { conditionCode, conditionProblem } from './condition.ts';
import type { Draft, DraftOf } from './draft.ts';
import { draftOf } from './draft.ts';
import { pipelineCode, pipelineProblem } from './pipeline.ts';
import { sourceCode, sourceProblem } from './source.ts';
import { besideOperator, codeIn, codeProblem, numberProblem, type Value, valueCode, valueIn, valueProblem } from './value.ts';

/** The code that a draft makes. Of one that has a problem it may be no expression. */
export function draftCode(draft: Draft): string {
  switch (draft.tool) {
    case 'field':
      return draft.list ? `[${sourceCode(draft.source)}]` : sourceCode(draft.source);
    case 'constant':
      return valueCode(draft.value);
    case 'template':
      return templateCode(draft.parts);
    case 'formula':
    case 'code':
      return draft.code.trim();
    case 'function':
      return pipelineCode(draft.pipeline);
    case 'default':
      return defaultCode(draft);
    case 'condition': {
      const ways = draft.branches.map(({ when, value }) => `${codeIn(conditionCode(when), 'test')} ? ${valueIn(value, 'branch')}`);
      return [...ways, ...(draft.otherwise === undefined ? [] : [valueCode(draft.otherwise)])].join(' : ');
    }
    case 'table': {
      const pairs = tableLines(draft).map(({ from, to }) => `${literalCode(from)}: ${literalCode(to)}`);
      return lookupCode(draft, pairs.length === 0 ? '{ }' : `{ ${pairs.join(', ')} }`);
    }
    case 'loop': {
      const where = draft.where === undefined ? '' : `[${conditionCode(draft.where)}]`;
      const terms = draft.sort.map(({ by, descending }) => (descending ? '>' : '') + valueCode(by));
      const list = valueIn(draft.list, 'operand') + where + (terms.length === 0 ? '' : `^(${terms.join(', ')})`);
      return draft.array ? `[${list}.{ }]` : `${list}.{ }`;
    }
    case 'aggregate':
      return aggregateCode(draft);
    case 'group':
      return `${valueIn(draft.list, 'operand')}{${draft.entries.map(({ key, value }) => `${valueCode(key)}: ${valueCode(value)}`).join(', ')}}`;
    case 'merge':
      return `$merge([${draft.items.map(valueCode).join(', ')}])`;
  }
}

/** One part alone is made a text, and none is the empty text. */
function templateCode(parts: readonly Value[]): string {
  const [only] = parts;
  if (only === undefined) return '""';
  if (parts.length > 1) return parts.map((part, i) => besideOperator(part, '&', i === 0 ? 'left' : 'right')).join(' & ');
  return only.kind === 'text' ? valueCode(only) : `${valueIn(only, 'operand')} & ""`;
}

function defaultCode({ value, mode, fallback }: DraftOf<'default'>): string {
  if (mode === 'missing') return `${valueIn(value, 'operand')} ?? ${valueCode(fallback)}`;
  if (mode === 'empty') return `${valueIn(value, 'operand')} ?: ${valueCode(fallback)}`;
  const code = valueCode(value);
  const view = viewOf(code);
  // What is more than a field is computed once.
  if (!view.ok || isPathLike(view.syntax.root)) return `${code} != null ? ${code} : ${valueCode(fallback)}`;
  return `($value := ${code}; $value != null ? $value : ${valueCode(fallback)})`;
}

function lookupCode({ input, asText, otherwise, mode }: DraftOf<'table'>, table: string): string {
  const code = valueCode(input);
  const call = `$lookup(${table}, ${asText ? `$string(${code})` : code})`;
  return otherwise === undefined ? call : `${call} ${mode === 'missing' ? '??' : '?:'} ${valueCode(otherwise)}`;
}

function aggregateCode({ function: name, source, each, separator }: DraftOf<'aggregate'>): string {
  const list = sourceCode(source);
  const code = each.trim() === '' ? list : `${list}.${codeIn(each.trim(), 'step')}`;
  if (name === 'each') return `[${code}]`;
  return `$${name}(${[code, ...(name === 'join' && separator !== undefined ? [valueCode(separator)] : [])].join(', ')})`;
}

/** The lines of a table as the mapping has them. */
export function tableLines({ lines, cells }: DraftOf<'table'>): TableLine[] {
  return lines.map(({ from, to }) => ({ from, to: cells === 'text' ? to : cells === 'number' ? Number(to) : tableValue(to) }));
}

/** What is still wrong with a draft, as one sentence; nothing where it can be taken over. */
export function draftProblem(draft: Draft): string | undefined {
  switch (draft.tool) {
    case 'field':
      return sourceProblem(draft.source);
    case 'constant':
      return valueProblem(draft.value);
    case 'template':
      return first(draft.parts.map(valueProblem));
    case 'formula':
    case 'code':
      return codeProblem(draft.code);
    case 'function':
      return pipelineProblem(draft.pipeline);
    case 'default':
      return valueProblem(draft.value) ?? valueProblem(draft.fallback);
    case 'condition': {
      const { branches, otherwise } = draft;
      return first([
        ...branches.flatMap(({ when, value }) => [conditionProblem(when), valueProblem(value)]),
        otherwise && valueProblem(otherwise),
      ]);
    }
    case 'table':
      return (
        valueProblem(draft.input) ??
        (draft.lines.length === 0 && !draft.found ? 'Add at least one line.' : undefined) ??
        first(draft.lines.map((_, i) => lineProblem(draft, i))) ??
        (draft.otherwise && valueProblem(draft.otherwise))
      );
    case 'loop':
      return loopProblem(draft);
    case 'aggregate':
      return (
        sourceProblem(draft.source) ??
        (draft.each.trim() === '' ? undefined : codeProblem(draft.each)) ??
        (draft.separator && valueProblem(draft.separator))
      );
    case 'group':
      return valueProblem(draft.list) ?? first(draft.entries.flatMap(({ key, value }) => [valueProblem(key), valueProblem(value)]));
    case 'merge':
      return draft.items.length === 0 ? 'Choose an object.' : first(draft.items.map(valueProblem));
  }
}

const first = (problems: readonly (string | undefined)[]): string | undefined => problems.find((one) => one !== undefined);

/** What is wrong with one line of a value table. */
export function lineProblem({ lines, cells }: DraftOf<'table'>, index: number): string | undefined {
  const line = lines[index];
  if (line === undefined) return undefined;
  if (lines.findIndex((other) => other.from === line.from) < index) return `"${line.from}" stands in the table already.`;
  return cells === 'number' ? numberProblem(line.to) : undefined;
}

const names = /^[A-Za-z_]\w*$/;

function loopProblem({ list, where, sort, itemName, indexName }: DraftOf<'loop'>): string | undefined {
  const bad = [itemName, indexName].find((name) => name !== '' && !names.test(name));
  if (bad !== undefined) return `"${bad}" cannot be a name: letters, digits and _ only, no digit first.`;
  return valueProblem(list) ?? (where && conditionProblem(where)) ?? first(sort.map(({ by }) => valueProblem(by)));
}

/** A place of the result and the rule that stands there, if one does. */
export interface RowPlace {
  target: TargetPath;
  rule: string | undefined;
}

/** The gesture that takes a draft over into the mapping: no more of the text changes than the draft does. */
export function editOf(view: View, place: RowPlace, draft: Draft): Edited {
  const rule = view.ok && place.rule !== undefined ? ruleById(view, place.rule) : undefined;
  if (!view.ok || rule === undefined) return inEmptyPlace(view, place.target, draft);
  if (draft.tool === 'loop' && rule.kind === 'loop') return loopEdit(view, rule, draft);
  if (draft.tool === 'table') return tableEdit(view, rule, draft);
  if (draft.tool === 'loop') return chained(view, [(now) => rewordRule(now, rule.id, draftCode(draft)), ...namesOf(draft, rule.id)]);
  return rewordRule(view, rule.id, draftCode(draft));
}

function inEmptyPlace(view: View, target: TargetPath, draft: Draft): Edited {
  if (draft.tool !== 'table' && draft.tool !== 'loop') return setAt(view, target, draftCode(draft));
  const made = setAt(view, target, draft.tool === 'table' ? valueCode(draft.input) : draftCode(draft));
  if (!made.ok) return made;
  const { id } = placeFor(made.view, target).rule;
  const more = draft.tool === 'table' ? [(now: OpenView) => wrapTable(now, id, tableLines(draft), otherwiseOf(draft))] : namesOf(draft, id);
  return view.ok ? chained(view, [() => made, ...more]) : chained(made.view, more);
}

const otherwiseOf = ({ otherwise }: DraftOf<'table'>): string | undefined => otherwise && valueCode(otherwise);

function namesOf({ itemName, indexName }: DraftOf<'loop'>, id: string): ((view: OpenView) => Edited)[] {
  return [
    ...(itemName === '' ? [] : [(view: OpenView) => setItemName(view, id, itemName)]),
    ...(indexName === '' ? [] : [(view: OpenView) => setIndexName(view, id, indexName)]),
  ];
}

function tableEdit(view: OpenView, rule: Rule, draft: DraftOf<'table'>): Edited {
  if (rule.kind !== 'table' || !draft.found) {
    const input = (now: OpenView): Edited => rewordRule(now, rule.id, valueCode(draft.input));
    return chained(view, [input, (now) => wrapTable(now, rule.id, tableLines(draft), otherwiseOf(draft))]);
  }
  return chained(view, [
    (now) => setTable(now, rule.id, tableLines(draft)),
    (now) => {
      const table = ruleById(now, rule.id);
      if (table?.kind !== 'table') return setTable(now, rule.id, []);
      const code = table.variable === undefined ? now.text.slice(table.tableSpan.start, table.tableSpan.end) : `$${table.variable}`;
      return rewordRule(now, rule.id, lookupCode(draft, code));
    },
  ]);
}

/** Of a loop only what has changed is written. */
function loopEdit(view: OpenView, rule: LoopRule, draft: DraftOf<'loop'>): Edited {
  const was = draftOf(rule, view.text);
  if (was?.tool !== 'loop') return rewordRule(view, rule.id, draftCode(draft));
  const gestures: ((now: OpenView) => Edited)[] = [];
  const { id } = rule;
  const where = (one: DraftOf<'loop'>): string | undefined => one.where && conditionCode(one.where);
  const sort = (one: DraftOf<'loop'>): { by: string; descending: boolean }[] =>
    one.sort.map(({ by, descending }) => ({ by: valueCode(by), descending }));
  if (valueCode(was.list) !== valueCode(draft.list)) gestures.push((now) => setLoopList(now, id, valueCode(draft.list)));
  if (where(was) !== where(draft)) gestures.push((now) => setWhere(now, id, where(draft)));
  if (JSON.stringify(sort(was)) !== JSON.stringify(sort(draft))) gestures.push((now) => setSort(now, id, sort(draft)));
  if (was.itemName !== draft.itemName && draft.itemName !== '') gestures.push((now) => setItemName(now, id, draft.itemName));
  if (was.indexName !== draft.indexName && draft.indexName !== '') gestures.push((now) => setIndexName(now, id, draft.indexName));
  if (draft.array && !was.array) gestures.push((now) => wrapArray(now, id));
  return chained(view, gestures);
}
