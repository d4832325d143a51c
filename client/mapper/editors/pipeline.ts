import type { Chip } from '#shared/mapping/chip.ts';
import { functionWords } from '#shared/shape/functions/names.ts';
import { helpOf } from '#shared/shape/functions.ts';
import { codeIn, readValue, type Value, valueCode, valueProblem } from './value.ts';

/** One function of a pipeline; arguments beside the value that comes in. One that is left out is `undefined`. */
export interface Step {
  name: string;
  arguments: (Value | undefined)[];
  /** Written behind the value with `~>`, as it was found; `bare` without brackets. */
  form?: 'arrow' | 'bare';
}

/** A value that goes through functions, one after the other. */
export interface Pipeline {
  input: Value;
  steps: Step[];
}

/** One argument of a function beside the value that comes in. */
export interface Argument {
  /** As the field is labelled: "Start (from 0)". */
  label: string;
  optional: boolean;
}

/** The arguments of a function beside the first, read from what its help says that it takes. Functions as arguments too. */
export function argumentsFor(name: string): Argument[] {
  const takes = helpOf(name)?.words.split('→')[0]?.trim() ?? '';
  return partsOf(takes)
    .slice(1)
    .map((part) => {
      const optional = part.endsWith('?');
      const words = optional ? part.slice(0, -1) : part;
      return { label: words.charAt(0).toUpperCase() + words.slice(1), optional };
    });
}

/** Whether a function takes a value that comes in. */
export function takesInput(name: string): boolean {
  const [first] = partsOf(helpOf(name)?.words.split('→')[0]?.trim() ?? '');
  return first !== undefined && first !== '' && !first.endsWith('?');
}

/** Commas that stand in brackets part nothing. */
function partsOf(words: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const sign of words) {
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    if (sign === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += sign;
  }
  return [...parts, part.trim()].filter((one) => one !== '' && one !== '…');
}

/** Reads the chip of a pipeline; an aggregate counts as its function. Nothing where the first function takes no input. */
export function pipelineOf(chip: Chip, text: string): Pipeline | undefined {
  if (chip.kind !== 'pipeline' || chip.input === undefined) return undefined;
  const { input } = chip;
  const steps = chip.stages.map((stage): Step => {
    const given = stage.arguments.map((one) => readValue(one, text));
    const code = text.slice(stage.start, stage.end);
    const form = stage.start <= input.start ? {} : { form: code.endsWith(')') ? ('arrow' as const) : ('bare' as const) };
    return { name: stage.name, arguments: given, ...form };
  });
  return { input: readValue(input, text), steps };
}

/** The code of a pipeline, or of its first `count` functions. */
export function pipelineCode({ input, steps }: Pipeline, count = steps.length): string {
  return steps.slice(0, count).reduce((code, step, i) => {
    const others = givenOf(step).map(valueCode);
    if (step.form === undefined) return `$${step.name}(${[code, ...others].join(', ')})`;
    const left = i === 0 ? codeIn(code, 'operand') : code;
    return `${left} ~> $${step.name}${step.form === 'bare' && others.length === 0 ? '' : `(${others.join(', ')})`}`;
  }, valueCode(input));
}

/** The arguments up to the last that is given; one left out between them becomes nothing. */
function givenOf({ arguments: all }: Step): Value[] {
  const last = all.findLastIndex((one) => one !== undefined);
  return all.slice(0, last + 1).map((one) => one ?? { kind: 'code', code: '()' });
}

/** What is still wrong with a step's argument. */
export function argumentProblem({ name, arguments: all }: Step, index: number): string | undefined {
  const value = all[index];
  const wanted = argumentsFor(name)[index];
  if (value !== undefined) return valueProblem(value);
  return wanted === undefined || wanted.optional ? undefined : `${wanted.label} is needed.`;
}

/** What is still wrong with a pipeline, as one sentence. */
export function pipelineProblem({ input, steps }: Pipeline): string | undefined {
  const first = valueProblem(input);
  if (first !== undefined) return first;
  if (steps.length === 0) return 'Add a function.';
  for (const step of steps) {
    const count = Math.max(step.arguments.length, argumentsFor(step.name).length);
    for (let i = 0; i < count; i++) {
      const problem = argumentProblem(step, i);
      if (problem !== undefined) return `${functionWords(step.name)}: ${problem}`;
    }
  }
  return undefined;
}
