import type { Expression, Span } from '../jsonata/syntax/tree.ts';
import type {
  Absence,
  AggregateChip,
  Chip,
  CodeChip,
  EachChip,
  LiteralChip,
  PathChip,
  PipelineChip,
  SortTerm,
  Stage,
  TemplateChip,
} from './chip.ts';
import type { TargetPath } from './target.ts';

/** What every rule has. */
interface Of<Kind extends string> {
  kind: Kind;
  /** `<target>#<ordinal>`: the same row has it before and after an edit of another row. */
  id: string;
  /** The place of the result that the rule fills. */
  target: TargetPath;
  /** The rule as it is written in its place, with brackets around it. */
  span: Span;
  /** The tree of the rule without brackets around it. */
  node: Expression;
}

/** A row without rows below it; `list` when `[…]` stands around it, so that one value stays a list. */
interface Leaf<Kind extends string, Content extends Chip> extends Of<Kind> {
  chip: Content;
  list: boolean;
}

/** A field as it is. */
export type CopyRule = Leaf<'copy', PathChip>;
/** Some of the values of a field: filtered, the first, in an order. */
export type PickRule = Leaf<'pick', PathChip>;
/** A field of the item of another list whose key equals a value of this message. */
export type LookupRule = Leaf<'lookup', PathChip>;
/** A fixed value. */
export type ConstantRule = Leaf<'constant', LiteralChip>;
/** Texts and fields joined. */
export type TemplateRule = Leaf<'template', TemplateChip>;
/** A computation or a comparison. */
export type FormulaRule = Leaf<'formula', Chip>;
/** A value that goes through functions. */
export type FunctionRule = Leaf<'function', PipelineChip>;
/** One value made of a list. */
export type AggregateRule = Leaf<'aggregate', AggregateChip>;
/** One value for each item of a list. */
export type EachRule = Leaf<'each', EachChip>;
/** What cannot be drawn. Never opened, never printed anew. */
export type CodeRule = Leaf<'code', CodeChip>;

/** A rule without rules below it. */
export type LeafRule =
  | (CopyRule | PickRule | LookupRule | ConstantRule | TemplateRule | FormulaRule)
  | (FunctionRule | AggregateRule | EachRule | CodeRule);

/** One field of an object; `key` is its name, or nothing where the name is computed. */
export interface Field {
  key?: string;
  keyChip: Chip;
  keySpan: Span;
  rule: Rule;
  /** From the name to the end of the rule. */
  span: Span;
  /** The remarks that belong to the field: directly before it, or behind it on its line. */
  notes: Span[];
}

/** An object with its fields; `open` and `close` are the offsets of its braces. */
export interface ObjectRule extends Of<'object'> {
  fields: Field[];
  open: number;
  close: number;
}
/** A fixed list; `open` and `close` are the offsets of its brackets. */
export interface ListRule extends Of<'list'> {
  items: Rule[];
  open: number;
  close: number;
}
/** Several objects made one; a later one wins. */
export interface MergeRule extends Of<'merge'> {
  items: Rule[];
}
/** One result for each item of a list. */
export interface LoopRule extends Of<'loop'> {
  /** `list.{…}`, `$map(list, function($v){…})`, or `$each(object, function($v, $key){…})`. */
  form: 'dot' | 'map' | 'each';
  /** The list, with its filters and sorts. */
  list: Chip;
  /** Where the list stands in the text, without filters and sorts at its end in {@link listCore}. */
  listSpan: Span;
  listCore: Span;
  where: Extract<Stage, { kind: 'where' }>[];
  sort: SortTerm[];
  /** The name of the item: the lambda's first parameter, or `$item := $`. */
  itemName?: string;
  /** The name of the position: the lambda's second parameter, or `#$i`; for `each` the name of the key. */
  indexName?: string;
  /** Whether the result is a list for one item and for none: `[…]` stands around it. */
  array: boolean;
  body: Rule;
}
/** Rules under conditions; the first that holds counts. Without `otherwise` there may be no value. */
export interface ChoiceRule extends Of<'choice'> {
  branches: { condition: Chip; value: Rule }[];
  otherwise?: Rule;
}
/** A rule and what stands in for it. */
export interface DefaultRule extends Of<'default'> {
  mode: Absence;
  value: Rule;
  fallback: Rule;
}
/** One row of a value table. */
export interface TableRow {
  from: string;
  to: unknown;
  span: Span;
}
/** A value translated by a table. */
export interface TableRule extends Of<'table'> {
  input: Chip;
  rows: TableRow[];
  /** The braces of the table; they stand elsewhere where a variable holds it. */
  tableSpan: Span;
  variable?: string;
  otherwise?: Rule;
}
/** A variable and its rule; the span goes from its name to the end of the rule. */
export interface Variable {
  name: string;
  nameSpan: Span;
  rule: Rule;
  span: Span;
  notes: Span[];
}
/** Variables and helpers, and the rule that may use them. */
export interface ScopeRule extends Of<'scope'> {
  variables: Variable[];
  body: Rule;
}
/** An own function. */
export interface HelperRule extends Of<'helper'> {
  parameters: string[];
  body: Rule;
}
/** A list grouped by a key: one field for each value of the key. */
export interface GroupRule extends Of<'group'> {
  list: Chip;
  listSpan: Span;
  fields: Field[];
}

/** A rule with rules below it; a {@link TableRule} may have one. */
export type ContainerRule =
  | (ObjectRule | ListRule | MergeRule | LoopRule | ChoiceRule | DefaultRule)
  | (TableRule | ScopeRule | HelperRule | GroupRule);

/** One row of the mapping. */
export type Rule = LeafRule | ContainerRule;

/** The rules directly below a rule, in the order of the text. */
export function rulesIn(rule: Rule): Rule[] {
  switch (rule.kind) {
    case 'object':
    case 'group':
      return rule.fields.map((field) => field.rule);
    case 'list':
    case 'merge':
      return rule.items;
    case 'loop':
    case 'helper':
      return [rule.body];
    case 'choice':
      return [...rule.branches.map((branch) => branch.value), ...(rule.otherwise ? [rule.otherwise] : [])];
    case 'default':
      return [rule.value, rule.fallback];
    case 'table':
      return rule.otherwise ? [rule.otherwise] : [];
    case 'scope':
      return [...rule.variables.map((variable) => variable.rule), rule.body];
    default:
      return [];
  }
}

/** A rule and all below it, in the order of the text. */
export function* allRules(rule: Rule): Generator<Rule> {
  yield rule;
  for (const inner of rulesIn(rule)) yield* allRules(inner);
}

/** The chips of a rule that are not those of rules below it. */
export function chipsOf(rule: Rule): Chip[] {
  switch (rule.kind) {
    case 'loop':
      return [rule.list];
    case 'group':
      return [rule.list, ...rule.fields.map((field) => field.keyChip)];
    case 'object':
      return rule.fields.filter((field) => field.key === undefined).map((field) => field.keyChip);
    case 'choice':
      return rule.branches.map((branch) => branch.condition);
    case 'table':
      return [rule.input];
    case 'list':
    case 'merge':
    case 'default':
    case 'scope':
    case 'helper':
      return [];
    default:
      return [rule.chip];
  }
}
