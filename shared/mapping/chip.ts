import type { BinaryOperator, Span } from '../jsonata/syntax/tree.ts';

/** What every chip has: the place of its text, with the brackets around it where it is bracketed. */
interface Of<Kind extends string> extends Span {
  kind: Kind;
  bracketed?: true;
}

/** What a path begins with: the item at hand, the whole message `$$`, a variable, the parent `%` (levels up), or any value. */
export type PathRoot =
  | { from: 'item' }
  | { from: 'message' }
  | { from: 'variable'; name: string }
  | { from: 'parent'; levels: number }
  | { from: 'value'; chip: Chip };

/** What happens to the values of a step, in the order of the text. Its span is that of the brackets or the mark. */
export type Stage = Span &
  (
    | { kind: 'where'; condition: Chip }
    | { kind: 'position'; index: Chip }
    | { kind: 'sort'; terms: SortTerm[] }
    | { kind: 'number'; variable: string }
    | { kind: 'name'; variable: string }
    | { kind: 'keep' }
  );

/** One term of a sort. */
export interface SortTerm extends Span {
  descending: boolean;
  by: Chip;
}

/** One step of a path: a field, any field (`*`), or anything at any depth (`**`). */
export interface PathStep extends Span {
  kind: 'field' | 'any' | 'deep';
  /** The field's name; empty for the other kinds. */
  name: string;
  stages: Stage[];
}

/** A path to a field, with filters, sorts and names on the way. `stages` are those of the root. */
export interface PathChip extends Of<'path'> {
  root: PathRoot;
  stages: Stage[];
  steps: PathStep[];
}
/** A text, number, truth value or null; `[]`, `{}` and lists and objects of literals too. */
export interface LiteralChip extends Of<'literal'> {
  value: unknown;
}
/** `a & " " & b` */
export interface TemplateChip extends Of<'template'> {
  parts: Chip[];
}
/** Two values and an operator that computes or compares. */
export interface OperationChip extends Of<'operation'> {
  operator: Exclude<BinaryOperator, '&' | 'and' | 'or'>;
  left: Chip;
  right: Chip;
}
/** Conditions that must hold all (`and`) or one of them (`or`). */
export interface LogicChip extends Of<'logic'> {
  operator: 'and' | 'or';
  parts: Chip[];
}
/** `-value` */
export interface NegativeChip extends Of<'negative'> {
  operand: Chip;
}
/** One function of a pipeline; `arguments` are those beside the value that comes in. Its span is that of the call. */
export interface FunctionStage extends Span {
  name: string;
  arguments: Chip[];
}
/** A value that goes through functions: `$uppercase($trim(x))` is `x`, trim, uppercase. Without `input`, the first takes nothing. */
export interface PipelineChip extends Of<'pipeline'> {
  input?: Chip;
  stages: FunctionStage[];
}
/** The functions that make one value of a list. */
export const aggregates = ['sum', 'count', 'average', 'max', 'min', 'join'] as const;
export type Aggregate = (typeof aggregates)[number];
/** One value made of a list: the sum of `each` (or of the items themselves) for each of `list`. */
export interface AggregateChip extends Of<'aggregate'> {
  function: Aggregate;
  list: Chip;
  each?: Chip;
  /** What stands between the texts that are joined. */
  separator?: Chip;
}
/** `list.(body)`: the body for each item. */
export interface EachChip extends Of<'each'> {
  list: Chip;
  body: Chip;
}
/** `condition ? value : otherwise` inside a row. */
export interface ChoiceChip extends Of<'choice'> {
  condition: Chip;
  value: Chip;
  otherwise?: Chip;
}
/** What counts as absent: nothing at all; nothing or null; whatever is empty (nothing, null, "", 0, false, empty list). */
export type Absence = 'missing' | 'missingOrNull' | 'empty';
/** A value and what stands in for it. */
export interface DefaultChip extends Of<'default'> {
  mode: Absence;
  value: Chip;
  fallback: Chip;
}
/** `[a, b, 1..5]` */
export interface ListChip extends Of<'list'> {
  items: Chip[];
}
/** `from..to` in a list. */
export interface RangeChip extends Of<'range'> {
  low: Chip;
  high: Chip;
}
/** `{key: value}` inside a row; with `list` a grouping of its items. */
export interface ObjectChip extends Of<'object'> {
  list?: Chip;
  entries: { key: Chip; value: Chip }[];
}
/** `function($a){…}` handed to a function that goes through a list. */
export interface LambdaChip extends Of<'lambda'> {
  parameters: string[];
  body: Chip;
}
/** `( $x := …; body )` inside a row. */
export interface ScopeChip extends Of<'scope'> {
  variables: { name: string; value: Chip }[];
  body: Chip;
}
/** A regular expression. */
export interface PatternChip extends Of<'pattern'> {
  pattern: string;
  flags: string;
}
/** What cannot be drawn; `reason` says why, as words that end a sentence ("uses …"). */
export interface CodeChip extends Of<'code'> {
  reason: string;
}

/** A piece of a row. */
export type Chip =
  | (PathChip | LiteralChip | TemplateChip | OperationChip | LogicChip | NegativeChip | PipelineChip | AggregateChip)
  | (EachChip | ChoiceChip | DefaultChip | ListChip | RangeChip | ObjectChip | LambdaChip | ScopeChip | PatternChip | CodeChip);

/** The chips directly inside a chip, in the order in which they are shown. */
export function chipsIn(chip: Chip): Chip[] {
  switch (chip.kind) {
    case 'path':
      return [
        ...(chip.root.from === 'value' ? [chip.root.chip] : []),
        ...chip.stages.flatMap(chipsOfStage),
        ...chip.steps.flatMap((step) => step.stages.flatMap(chipsOfStage)),
      ];
    case 'template':
    case 'logic':
      return chip.parts;
    case 'operation':
      return [chip.left, chip.right];
    case 'negative':
      return [chip.operand];
    case 'pipeline':
      return [...(chip.input ? [chip.input] : []), ...chip.stages.flatMap((stage) => stage.arguments)];
    case 'aggregate':
      return [chip.list, ...(chip.each ? [chip.each] : []), ...(chip.separator ? [chip.separator] : [])];
    case 'each':
      return [chip.list, chip.body];
    case 'choice':
      return [chip.condition, chip.value, ...(chip.otherwise ? [chip.otherwise] : [])];
    case 'default':
      return [chip.value, chip.fallback];
    case 'list':
      return chip.items;
    case 'range':
      return [chip.low, chip.high];
    case 'object':
      return [...(chip.list ? [chip.list] : []), ...chip.entries.flatMap(({ key, value }) => [key, value])];
    case 'lambda':
      return [chip.body];
    case 'scope':
      return [...chip.variables.map(({ value }) => value), chip.body];
    default:
      return [];
  }
}

function chipsOfStage(stage: Stage): Chip[] {
  if (stage.kind === 'where') return [stage.condition];
  if (stage.kind === 'position') return [stage.index];
  return stage.kind === 'sort' ? stage.terms.map((term) => term.by) : [];
}

/** The first piece of a chip that cannot be drawn, in the order in which they are shown. */
export function codeIn(chip: Chip): CodeChip | undefined {
  if (chip.kind === 'code') return chip;
  for (const inner of chipsIn(chip)) {
    const found = codeIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a path is nothing but names: no filter, sort or name on the way. */
export function isPlainPath(chip: Chip): chip is PathChip {
  if (chip.kind !== 'path' || chip.root.from === 'value' || chip.stages.length > 0) return false;
  return chip.steps.every((step) => step.kind === 'field' && step.stages.length === 0);
}
