import { type Chip, isPlainPath, type PathChip } from '#shared/mapping/chip.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { type Condition, conditionCode, conditionOf, conditionProblem } from './condition.ts';
import { codeProblem } from './value.ts';

/** A field of the message, some of its values perhaps: only those of items that fit, only the first. */
export interface Source {
  /** The path without filters; empty until a field is chosen. */
  field: string;
  /** Which items count, and behind how many names of the path the list of them stands. */
  where?: { after: number; condition: Condition } | undefined;
  take?: 'first' | 'last' | undefined;
}

/** Reads a path with at most one condition, and the first or last of all; nothing for what has more. */
export function sourceOf(chip: Chip, text: string): Source | undefined {
  if (chip.kind !== 'path') return undefined;
  if (chip.root.from === 'value') {
    const [stage, ...more] = chip.stages;
    if (stage?.kind !== 'position' || more.length > 0 || chip.steps.length > 0) return undefined;
    const take = ends.get(text.slice(stage.index.start, stage.index.end).replaceAll(' ', ''));
    const inner = chip.root.chip;
    const source = inner.kind === 'path' ? sourceOf({ ...inner, ...within(inner, text) }, text) : undefined;
    return take === undefined || source === undefined || source.take !== undefined ? undefined : { ...source, take };
  }
  const plain: Chip = chip;
  if (isPlainPath(plain)) return { field: text.slice(chip.start, chip.end) };
  if (chip.stages.length > 0 || chip.steps.some((step) => step.kind !== 'field')) return undefined;
  const stages = chip.steps.flatMap((step, i) => step.stages.map((stage) => ({ stage, after: i + 1 })));
  const [only] = stages;
  if (only?.stage.kind !== 'where' || stages.length > 1) return undefined;
  const field = text.slice(chip.start, only.stage.start) + text.slice(only.stage.end, chip.end);
  return { field, where: { after: only.after, condition: conditionOf(only.stage.condition, text) } };
}

const ends = new Map<string, 'first' | 'last'>([
  ['0', 'first'],
  ['-1', 'last'],
]);

/** The place of a path inside its brackets. */
function within(chip: PathChip, text: string): { start: number; end: number } {
  let { start, end } = chip;
  while (text[start] === '(' && text[end - 1] === ')') {
    start++;
    end--;
  }
  return { start, end };
}

/** The places behind the names of a plain path. */
export function stepEnds(field: string): number[] {
  const view = viewOf(field);
  return view.ok && view.root.kind === 'copy' ? view.root.chip.steps.map((step) => step.end) : [];
}

/** The code of a source. Of one that has a problem it may be no expression. */
export function sourceCode({ field, where, take }: Source): string {
  let code = field.trim();
  if (where !== undefined) {
    const steps = stepEnds(code);
    const at = steps[Math.min(where.after, steps.length) - 1] ?? code.length;
    code = `${code.slice(0, at)}[${conditionCode(where.condition)}]${code.slice(at)}`;
  }
  return take === undefined ? code : `(${code})[${take === 'first' ? 0 : -1}]`;
}

/** What is still wrong with a source, as one sentence. */
export function sourceProblem({ field, where }: Source): string | undefined {
  if (field.trim() === '') return 'Choose a field.';
  return codeProblem(field) ?? (where === undefined ? undefined : conditionProblem(where.condition));
}
