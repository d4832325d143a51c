import { describe, expect, it } from 'vitest';
import { compile } from '#shared/jsonata/compile.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { functionWords } from '#shared/shape/functions/names.ts';
import { functionHelp } from '#shared/shape/functions.ts';
import {
  argumentsFor,
  type Pipeline,
  pipelineCode,
  pipelineOf,
  pipelineProblem,
  takesInput,
} from '../../../../client/mapper/editors/pipeline.ts';

function read(code: string): Pipeline {
  const view = viewOf(code);
  if (!view.ok || !('chip' in view.root)) throw new Error(code);
  const pipeline = pipelineOf(view.root.chip, code);
  if (pipeline === undefined) throw new Error(`no pipeline: ${code}`);
  return pipeline;
}

describe('a pipeline', () => {
  it.each([
    '$uppercase($trim(a.b))',
    '$round($sum(items.(price * qty)), 2)',
    'a ~> $trim ~> $substring(0, 3) ~> $uppercase()',
    '$replace(a, "x", "y") ~> $trim()',
    '$f($number(a), b)',
    '(a ? b) ~> $trim',
  ])('is written as it is read: %s', (code) => {
    expect(pipelineCode(read(code))).toBe(code);
    expect(pipelineProblem(read(code))).toBeUndefined();
  });

  it('has its functions in the order in which the value goes through them', () => {
    expect(read('$uppercase($trim(a))').steps.map(({ name }) => name)).toEqual(['trim', 'uppercase']);
    expect(pipelineCode(read('$uppercase($trim(a))'), 1)).toBe('$trim(a)');
  });

  it('says which argument is missing, and leaves out those that may be', () => {
    const one = (name: string, ...given: Pipeline['steps'][number]['arguments']): Pipeline => ({
      input: { kind: 'field', code: 'a' },
      steps: [{ name, arguments: given }],
    });
    expect(pipelineProblem(one('substring'))).toBe('part of text: Start (from 0) is needed.');
    expect(pipelineProblem(one('substring', { kind: 'number', text: '3' }))).toBeUndefined();
    expect(pipelineCode(one('substring', { kind: 'number', text: '3' }, undefined))).toBe('$substring(a, 3)');
    expect(pipelineProblem({ input: { kind: 'field', code: 'a' }, steps: [] })).toBe('Add a function.');
  });
});

describe('the help on functions', () => {
  it('names every argument that a call of the example has', () => {
    for (const { name, example } of functionHelp) {
      const view = viewOf(example.expression);
      if (!view.ok) throw new Error(name);
      const { root } = view.syntax;
      if (root.kind !== 'call' || root.callee.kind !== 'variable' || root.callee.name !== name) continue;
      const given = root.arguments.length - (takesInput(name) ? 1 : 0);
      if (name !== 'zip' && takesInput(name)) expect(argumentsFor(name).length, name).toBeGreaterThanOrEqual(given);
      const needed = argumentsFor(name).filter(({ optional }) => !optional).length;
      if (takesInput(name)) expect(needed, name).toBeLessThanOrEqual(given);
    }
    expect(argumentsFor('substring')).toEqual([
      { label: 'Start (from 0)', optional: false },
      { label: 'Length', optional: true },
    ]);
  });

  it('has a plain name for every function that no two share', () => {
    const names = functionHelp.map(({ name }) => functionWords(name));
    expect(new Set(names).size).toBe(names.length);
    expect(functionWords('acmeTax')).toBe('$acmeTax');
  });

  it('works out as the engine does on a pipeline of two', () => {
    const pipeline = read('$uppercase($trim(a))');
    expect(compile(pipelineCode(pipeline), { speculation: 'off' }).evaluate({ a: ' de ' })).toBe('DE');
  });
});
