import type { Absence, Aggregate, Chip } from '#shared/mapping/chip.ts';
import { fragmentOf } from '#shared/mapping/edit/fragment.ts';
import { lastStages } from '#shared/mapping/project/loop.ts';
import type { LoopRule, Rule, TableRule } from '#shared/mapping/rule.ts';
import { cellOf } from '#shared/mapping/table-csv.ts';
import { viewOf } from '#shared/mapping/view.ts';
import type { Kind } from '#shared/shape/shape.ts';
import { type Condition, conditionOf, emptyTest } from './condition.ts';
import { type Pipeline, pipelineOf } from './pipeline.ts';
import { type Source, sourceOf } from './source.ts';
import { readValue, type Value, valueCode } from './value.ts';

/** One line of a value table as it is typed. */
export interface TableCells {
  from: string;
  to: string;
}
/** One way of a condition. */
export interface Branch {
  when: Condition;
  value: Value;
}
/** One term of an order. */
export interface SortDraft {
  by: Value;
  descending: boolean;
}

/** A rule while a person builds it, by the tool that builds it. Nothing of it stands in the mapping. */
export type Draft =
  | { tool: 'field'; source: Source; list: boolean }
  | { tool: 'constant'; value: Value }
  | { tool: 'template'; parts: Value[] }
  | { tool: 'formula'; code: string }
  | { tool: 'function'; pipeline: Pipeline }
  | { tool: 'default'; value: Value; mode: Absence; fallback: Value }
  | { tool: 'condition'; branches: Branch[]; otherwise: Value | undefined }
  /** `cells` says how those of the second column are read; `found`: the lines are those of a table that stands there. */
  | {
      tool: 'table';
      found: boolean;
      input: Value;
      asText: boolean;
      cells: 'text' | 'number' | 'mixed';
      lines: TableCells[];
      otherwise: Value | undefined;
      /** When the otherwise counts. */
      mode: 'missing' | 'empty';
    }
  | { tool: 'loop'; list: Value; where: Condition | undefined; sort: SortDraft[]; itemName: string; indexName: string; array: boolean }
  /** `each`: a list of one value for each item. */
  | { tool: 'aggregate'; function: Aggregate | 'each'; source: Source; each: string; separator: Value | undefined }
  | { tool: 'group'; list: Value; entries: { key: Value; value: Value }[] }
  | { tool: 'merge'; items: Value[] }
  | { tool: 'code'; code: string };

export type Tool = Draft['tool'];
export type DraftOf<T extends Tool> = Extract<Draft, { tool: T }>;

/** The tools in the order in which they are offered, in words. */
export const tools: Readonly<Record<Tool, { label: string; help: string }>> = {
  field: { label: 'Field', help: 'Copies a field of the message.' },
  constant: { label: 'Fixed value', help: 'The same value for every message.' },
  template: { label: 'Text', help: 'Texts and fields joined.' },
  formula: { label: 'Formula', help: 'A computation or comparison with fields and numbers.' },
  function: { label: 'Functions', help: 'A value that goes through functions, one after the other.' },
  default: { label: 'Default', help: 'What stands in where the value is missing.' },
  condition: { label: 'Condition', help: 'One value or another, by what the message says.' },
  table: { label: 'Value table', help: 'Translates codes into other codes.' },
  loop: { label: 'For each', help: 'One object for each item of a list.' },
  aggregate: { label: 'Sum up', help: 'One value made of a list: a sum, a count, a joined text.' },
  group: { label: 'Group', help: 'Items of a list put together by a key.' },
  merge: { label: 'Merge', help: 'Several objects made one; a later one wins.' },
  code: { label: 'Code', help: 'The rule as a JSONata expression.' },
};

/** A rule as a value: its field, fixed value or formula; what has rows below it is taken along whole. */
export function ruleValue(rule: Rule, text: string): Value {
  const code = text.slice(rule.span.start, rule.span.end);
  if ('chip' in rule)
    return rule.list || rule.kind === 'code' ? { kind: 'code', code } : { ...readValue({ ...rule.chip, ...rule.span }, text) };
  if ((rule.kind === 'default' || rule.kind === 'choice') && !code.includes('{')) return { kind: 'code', code };
  return { kind: 'rows', code, words: wordsFor(rule) };
}

/** What rows below a row are called. */
export function wordsFor(rule: Rule): string {
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  switch (rule.kind) {
    case 'object':
      return `object with ${count(rule.fields.length, 'field')}`;
    case 'list':
      return `list of ${count(rule.items.length, 'item')}`;
    case 'loop':
      return 'one object for each item';
    case 'merge':
      return `merge of ${count(rule.items.length, 'object')}`;
    case 'group':
      return 'group';
    case 'table':
      return `value table with ${count(rule.rows.length, 'line')}`;
    case 'choice':
      return 'condition';
    case 'default':
      return 'value with a default';
    case 'scope':
      return 'rows with variables';
    default:
      return 'own function';
  }
}

/** A rule as the draft of the tool that fits it best; code where no tool does. Objects and fixed lists have no tool: nothing. */
export function draftOf(rule: Rule, text: string): Draft | undefined {
  const code = text.slice(rule.span.start, rule.span.end);
  switch (rule.kind) {
    case 'object':
    case 'list':
      return undefined;
    case 'default':
      return { tool: 'default', value: ruleValue(rule.value, text), mode: rule.mode, fallback: ruleValue(rule.fallback, text) };
    case 'choice':
      return {
        tool: 'condition',
        branches: rule.branches.map(({ condition, value }) => ({ when: conditionOf(condition, text), value: ruleValue(value, text) })),
        otherwise: rule.otherwise && ruleValue(rule.otherwise, text),
      };
    case 'table':
      return tableDraft(rule, text);
    case 'loop':
      return loopDraft(rule, text);
    case 'group':
      return {
        tool: 'group',
        list: readValue(rule.list, text),
        entries: rule.fields.map((field) => ({ key: readValue(field.keyChip, text), value: ruleValue(field.rule, text) })),
      };
    case 'merge':
      return { tool: 'merge', items: rule.items.map((item) => ruleValue(item, text)) };
    case 'scope':
    case 'helper':
    case 'code':
      return { tool: 'code', code };
    default:
      return chipDraft(rule.chip, text, rule.list) ?? { tool: rule.list ? 'code' : 'formula', code };
  }
}

function chipDraft(chip: Chip, text: string, list: boolean): Draft | undefined {
  if (chip.kind === 'path') {
    const source = sourceOf(chip, text);
    return source && { tool: 'field', source, list };
  }
  if (chip.kind === 'each' && list) {
    const source = sourceOf(chip.list, text);
    return source && { tool: 'aggregate', function: 'each', source, each: codeOf(chip.body, text), separator: undefined };
  }
  if (list) return undefined;
  switch (chip.kind) {
    case 'literal': {
      const value = readValue(chip, text);
      return value.kind === 'code' ? undefined : { tool: 'constant', value };
    }
    case 'template':
      return { tool: 'template', parts: chip.parts.map((part) => readValue(part, text)) };
    case 'pipeline': {
      const pipeline = pipelineOf(chip, text);
      return pipeline && { tool: 'function', pipeline };
    }
    case 'aggregate': {
      const source = sourceOf(chip.list, text);
      const each = chip.each === undefined ? '' : codeOf(chip.each, text);
      const separator = chip.separator && readValue(chip.separator, text);
      return source && source.take === undefined ? { tool: 'aggregate', function: chip.function, source, each, separator } : undefined;
    }
    default:
      return undefined;
  }
}

const codeOf = ({ start, end }: Chip, text: string): string => text.slice(start, end);

function tableDraft(rule: TableRule, text: string): DraftOf<'table'> {
  const { input, rows } = rule;
  const shown = asked(text.slice(input.start, input.end));
  const cells = rows.every(({ to }) => typeof to === 'string')
    ? 'text'
    : rows.every(({ to }) => typeof to === 'number')
      ? 'number'
      : 'mixed';
  return {
    tool: 'table',
    found: true,
    input: shown === undefined ? readValue(input, text) : valueFrom(shown),
    asText: shown !== undefined,
    cells,
    lines: rows.map(({ from, to }) => ({ from, to: cells === 'mixed' ? cellOf(to) : String(to) })),
    otherwise: rule.otherwise && ruleValue(rule.otherwise, text),
    mode: rule.node.kind === 'default' ? 'empty' : 'missing',
  };
}

/** What is turned into a text before it is looked up. */
function asked(code: string): string | undefined {
  const read = fragmentOf(code);
  if (!read.ok) return undefined;
  const { root } = read.fragment;
  const [only, ...more] = root.kind === 'call' ? root.arguments : [];
  if (root.kind !== 'call' || root.callee.kind !== 'variable' || root.callee.name !== 'string' || only === undefined || more.length > 0)
    return undefined;
  return code.slice(only.start, only.end);
}

function loopDraft(loop: LoopRule, text: string): DraftOf<'loop'> {
  const [first, ...more] = loop.where;
  const code = text.slice(loop.listCore.start, loop.listCore.end);
  const view = viewOf(code);
  const condition = first && conditionOf(first.condition, text);
  return {
    tool: 'loop',
    list: view.ok && view.root.kind === 'copy' ? { kind: 'field', code } : { kind: 'code', code },
    where: more.length === 0 ? condition : { kind: 'group', all: true, parts: loop.where.map((one) => conditionOf(one.condition, text)) },
    sort: lastStages(loop.list)
      .flatMap((stage) => (stage.kind === 'sort' ? stage.terms : []))
      .map((term) => ({ by: readValue(term.by, text), descending: term.descending })),
    itemName: loop.itemName ?? '',
    indexName: loop.indexName ?? '',
    array: loop.array,
  };
}

/** Code as a value. */
export function valueFrom(code: string): Value {
  const view = viewOf(code);
  return view.ok ? ruleValue(view.root, code) : { kind: 'code', code };
}

/** A draft of a tool that begins with a value, as far as the tool can take it up. `kinds` are those that the target wants. */
export function draftWith(tool: Tool, value: Value | undefined, kinds: readonly Kind[] = []): Draft {
  const first: Value = value ?? { kind: 'field', code: '' };
  const code = value === undefined ? '' : valueCode(value);
  const fixed = value !== undefined && !['field', 'code', 'rows'].includes(value.kind);
  const own = value === undefined ? undefined : nativeDraft(code);
  if (own?.tool === tool) return own;
  switch (tool) {
    case 'field':
      return { tool, source: { field: value?.kind === 'field' ? code : '' }, list: false };
    case 'constant':
      return { tool, value: fixed ? first : emptyFixed(kinds) };
    case 'template':
      return { tool, parts: value === undefined ? [] : [first] };
    case 'formula':
      return { tool, code };
    case 'function':
      return { tool, pipeline: { input: first, steps: [] } };
    case 'default':
      return { tool, value: first, mode: 'missing', fallback: emptyFixed(kinds) };
    case 'condition':
      return { tool, branches: [{ when: emptyTest(), value: value ?? emptyFixed(kinds) }], otherwise: undefined };
    case 'table':
      return {
        tool,
        found: false,
        input: first,
        asText: true,
        cells: kinds.includes('number') && !kinds.includes('text') ? 'number' : 'text',
        lines: [],
        otherwise: undefined,
        mode: 'missing',
      };
    case 'loop':
      return {
        tool,
        list: value?.kind === 'field' ? value : { kind: 'field', code: '' },
        where: undefined,
        sort: [],
        itemName: '',
        indexName: '',
        array: true,
      };
    case 'aggregate':
      return {
        tool,
        function: kinds.includes('text') && !kinds.includes('number') ? 'join' : 'sum',
        source: { field: value?.kind === 'field' ? code : '' },
        each: '',
        separator: undefined,
      };
    case 'group':
      return {
        tool,
        list: value?.kind === 'field' ? value : { kind: 'field', code: '' },
        entries: [{ key: { kind: 'field', code: '' }, value: { kind: 'field', code: '$' } }],
      };
    case 'merge':
      return { tool, items: value === undefined ? [{ kind: 'field', code: '' }] : [value] };
    case 'code':
      return { tool, code };
  }
}

function nativeDraft(code: string): Draft | undefined {
  const view = viewOf(code);
  return view.ok ? draftOf(view.root, code) : undefined;
}

/** An empty fixed value of the kind that a target wants; text where that is not known. */
export function emptyFixed(kinds: readonly Kind[]): Value {
  const [kind] = kinds.filter((one) => one !== 'null');
  if (kind === 'number') return { kind: 'number', text: '' };
  if (kind === 'boolean') return { kind: 'boolean', value: true };
  return kind === 'list' ? { kind: 'list' } : { kind: 'text', text: '' };
}
