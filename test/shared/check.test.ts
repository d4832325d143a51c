import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkFlow, problemCodes } from '#shared/check.ts';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import type { Problem } from '#shared/problem.ts';
import { edges, flowOf, goodFlow, sampleCatalog } from '../server/sample-flow.ts';

const { catalog } = await sampleCatalog();
const check = (parts: Parameters<typeof flowOf>[0]): Problem[] => checkFlow(flowOf(parts), catalog);
const codes = (problems: Problem[]): string[] => problems.map(({ code }) => code);

const hook = (id: string, more: object = {}) => ({ id, type: 'test.hook', label: id.toUpperCase(), config: { path: id }, ...more });
const map = (id: string, more: object = {}) => ({ id, type: 'map', label: id.toUpperCase(), config: { expression: 'order' }, ...more });
const sink = (id: string, more: object = {}) => ({ id, type: 'test.sink', label: id.toUpperCase(), config: {}, ...more });

/** Problems of in → node → out, for tests of one node. */
const around = (node: object) =>
  check({ nodes: [hook('in'), { id: 'it', label: 'It', ...node }, sink('out')], edges: edges('in>it', 'it>out') });

describe('a flow as a whole', () => {
  test('a good flow has no problems', () => {
    expect(checkFlow(goodFlow(), catalog)).toEqual([]);
  });

  test('an empty flow lacks a source and a sink', () => {
    expect(codes(check({ nodes: [] }))).toEqual(['flow/no-source', 'flow/no-sink']);
  });

  test('all problems come in one pass, errors first', () => {
    const problems = check({
      nodes: [hook('in'), map('a', { config: {} }), map('b', { config: { expression: 'a +' } }), map('c'), sink('out')],
      edges: edges('in>a', 'a>b', 'b>out', 'a.none>out', 'in>c'),
    });
    expect(codes(problems)).toEqual(['field/missing', 'field/expression', 'edge/port', 'node/leads-nowhere']);
    expect(problems.map(({ severity }) => severity)).toEqual(['error', 'error', 'error', 'warning']);
  });

  test('every code that comes out stands in the table, and no flow makes the check throw', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'dead');
    const node = fc.record({
      id,
      type: fc.constantFrom('map', 'switch', 'split', 'filter', 'validate', 'test.hook', 'test.sink', 'test.topic-in', 'gone'),
      version: fc.integer({ min: 1, max: 2 }),
      config: fc.dictionary(
        fc.constantFrom('expression', 'cases', 'path', 'schema', 'mode', 'topic', 'headers', 'x'),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      mode: fc.constantFrom('disabled', 'bypassed', undefined),
    });
    const end = fc.record({ node: fc.constantFrom('a', 'b', 'c', 'gone'), port: fc.constantFrom('in', 'out', 'other', 'error') });
    const document = fc.record({
      format: fc.constant(1),
      id: fc.constant('f'),
      name: fc.constant('F'),
      nodes: fc.array(node, { maxLength: 5 }),
      edges: fc.array(fc.record({ id: fc.constantFrom('e1', 'e2', 'e3'), from: end, to: end }), { maxLength: 6 }),
      settings: fc.record({ guarantee: fc.constantFrom('at-least-once', 'effectively-once') }),
    });
    fc.assert(
      fc.property(document, (json) => {
        const flow = upgradeFlow(json).flow as Flow;
        for (const problem of checkFlow(flow, catalog)) expect(problemCodes).toContain(problem.code);
      }),
      { numRuns: 300 },
    );
  });
});

describe('nodes', () => {
  test('two nodes with one id, and two edges with one id', () => {
    const twice = edges('in>out');
    expect(codes(check({ nodes: [hook('in'), sink('out'), sink('out')], edges: [...twice, ...twice] }))).toEqual([
      'node/duplicate',
      'edge/duplicate',
      'edge/doubled',
    ]);
  });

  test('a type that does not exist, and the files that may hold it', () => {
    expect(around({ type: 'gone' })).toMatchObject([{ code: 'node/type', node: 'it' }]);
    const flow = flowOf({ nodes: [hook('in'), { id: 'it', type: 'gone' }, sink('out')], edges: edges('in>it', 'it>out') });
    const [problem] = checkFlow(flow, { ...catalog, failures: [{ file: 'gone.ts', message: 'broken' }] });
    expect(problem?.message).toContain('gone.ts');
  });

  test('a node of a newer version of its type', () => {
    expect(around(map('it', { version: 7 }))).toMatchObject([{ code: 'node/version', node: 'it' }]);
  });

  test('only transforms can be bypassed', () => {
    expect(codes(check({ nodes: [hook('in', { mode: 'bypassed' }), sink('out')], edges: edges('in>out') }))).toEqual(['node/mode']);
    expect(codes(around(map('it', { mode: 'bypassed' })))).toEqual([]);
  });

  test('an id that the topics of the flow need', () => {
    expect(codes(check({ nodes: [hook('in'), sink('dead')], edges: edges('in>dead') }))).toEqual(['node/reserved']);
  });

  test('two webhooks on one path, unless one is disabled', () => {
    const nodes = [hook('a', { config: { path: 'x' } }), hook('b', { config: { path: 'x' } }), sink('out')];
    expect(check({ nodes, edges: edges('a>out', 'b>out') })).toMatchObject([{ code: 'node/unique', node: 'b', field: 'path' }]);
    const [a, b, out] = nodes;
    expect(check({ nodes: [a ?? {}, { ...b, mode: 'disabled' }, out ?? {}], edges: edges('a>out', 'b>out') })).toEqual([]);
  });

  test('two sources that read one topic', () => {
    const read = (id: string) => ({ id, type: 'test.topic-in', config: { topic: 'orders' } });
    expect(codes(check({ nodes: [read('a'), read('b'), sink('out')], edges: edges('a>out', 'b>out') }))).toEqual(['topic/read-twice']);
  });
});

describe('edges and ways', () => {
  test('an edge to a node or a port that does not exist', () => {
    const problems = check({
      nodes: [hook('in'), sink('out')],
      edges: [
        ...edges('in>out', 'in>gone', 'gone>out', 'in.none>out', 'out>in'),
        { id: 'x', from: { node: 'in', port: 'out' }, to: { node: 'out', port: 'side' } },
      ],
    });
    expect(problems.map(({ code, edge }) => [code, edge])).toEqual([
      ['edge/node', 'e2'],
      ['edge/node', 'e3'],
      ['edge/port', 'e4'],
      ['edge/port', 'e5'],
      ['edge/into-source', 'e5'],
      ['edge/port', 'x'],
      ['edge/cycle', undefined],
    ]);
  });

  test('an input that is not connected, and a node that no source reaches', () => {
    const problems = check({ nodes: [hook('in'), map('a'), map('b'), sink('out'), sink('lost')], edges: edges('in>out', 'a>b', 'b>lost') });
    expect(problems.map(({ code, node }) => [code, node])).toEqual([
      ['node/no-input', 'a'],
      ['node/unreachable', 'b'],
      ['node/unreachable', 'lost'],
    ]);
  });

  test('a circle is named by its nodes, and what it feeds is not blamed', () => {
    const [problem, ...rest] = check({
      nodes: [hook('in'), map('a'), map('b'), map('c'), sink('out')],
      edges: edges('in>a', 'a>b', 'b>c', 'c>a', 'c>out'),
    });
    expect(rest).toEqual([]);
    expect(problem?.code).toBe('edge/cycle');
    expect(problem?.message).toMatch(/“A” → “B” → “C” → “A”|“B” → “C” → “A” → “B”|“C” → “A” → “B” → “C”/);
  });

  test('a node connected to itself is a circle', () => {
    expect(codes(check({ nodes: [hook('in'), map('a'), sink('out')], edges: edges('in>a', 'a>a', 'a>out') }))).toEqual(['edge/cycle']);
  });

  test('a doubled edge', () => {
    expect(check({ nodes: [hook('in'), sink('out')], edges: edges('in>out', 'in>out') })).toMatchObject([
      { code: 'edge/doubled', edge: 'e2' },
    ]);
  });

  test('a transform whose output leads nowhere is a warning, its error port aside', () => {
    const problems = check({ nodes: [hook('in'), map('a'), sink('out')], edges: edges('in>a', 'in>out', 'a.error>out') });
    expect(problems).toMatchObject([{ code: 'node/leads-nowhere', severity: 'warning', node: 'a' }]);
  });

  test('a disabled node that cuts off a sink is an error; another way round it is none', () => {
    const nodes = [hook('in'), map('a', { mode: 'disabled' }), sink('out')];
    const [problem] = check({ nodes, edges: edges('in>a', 'a>out') });
    expect(problem).toMatchObject({ code: 'node/cut-off', severity: 'error', node: 'out' });
    expect(problem?.message).toContain('“A”');
    expect(check({ nodes, edges: edges('in>a', 'a>out', 'in>out') })).toEqual([]);
    expect(codes(check({ nodes: [hook('in', { mode: 'disabled' }), sink('out')], edges: edges('in>out') }))).toEqual(['node/cut-off']);
    expect(check({ nodes: [hook('in'), sink('ok'), sink('off', { mode: 'disabled' })], edges: edges('in>ok', 'in>off') })).toEqual([]);
  });

  test('a switch without a lane for the rest is a warning', () => {
    const cases = [{ id: 'big', name: 'Big', when: 'total > 100' }];
    const flow = (...lines: string[]) =>
      check({
        nodes: [hook('in'), { id: 'sw', type: 'switch', label: 'Sort', config: { cases } }, sink('out')],
        edges: edges('in>sw', ...lines),
      });
    expect(flow('sw.big>out')).toMatchObject([{ code: 'port/unconnected', severity: 'warning', node: 'sw' }]);
    expect(flow('sw.big>out', 'sw.other>out')).toEqual([]);
    expect(codes(flow('sw.small>out'))).toContain('edge/port');
  });

  test('a way that is weaker than the flow asks for names the sink that weakens it', () => {
    const nodes = [hook('in'), sink('weak'), sink('strong', { config: { mode: 'upsert' } })];
    const problems = check({ nodes, edges: edges('in>weak', 'in>strong'), settings: { guarantee: 'effectively-once' } });
    expect(problems).toMatchObject([{ code: 'path/guarantee', node: 'weak' }]);
    expect(problems[0]?.message).toContain('“WEAK”');
  });
});

describe('settings of a node', () => {
  test.each<[string, object, string, string, RegExp]>([
    ['a missing field', { type: 'map', config: {} }, 'field/missing', 'expression', /^New value is missing/],
    ['an empty field', { type: 'map', config: { expression: '' } }, 'field/missing', 'expression', /^New value is empty/],
    [
      'a field that is undefined',
      { type: 'map', config: { expression: undefined } },
      'field/missing',
      'expression',
      /^New value is missing/,
    ],
    ['a wrong type', { type: 'map', config: { expression: 7 } }, 'field/wrong', 'expression', /^New value must be text\.$/],
    [
      'a wrong choice',
      { type: 'map', config: { expression: 'a', whenNothing: 'x' } },
      'field/wrong',
      'whenNothing',
      /must be one of Treat the message/,
    ],
    ['an unknown field', { type: 'map', config: { expression: 'a', expresion: 'b' } }, 'field/unknown', 'expresion', /“expresion”/],
    [
      'a field inside a list',
      { type: 'switch', config: { cases: [{ id: 'a', name: '', when: 'x' }] } },
      'field/missing',
      'cases.0.name',
      /^Name is empty/,
    ],
    [
      'a field missing inside a list',
      { type: 'switch', config: { cases: [{ id: 'a', name: 'A' }] } },
      'field/missing',
      'cases.0.when',
      /^Condition is missing/,
    ],
    [
      'a wrong form',
      { type: 'switch', config: { cases: [{ id: 'A b', name: 'A', when: 'x' }] } },
      'field/wrong',
      'cases.0.id',
      /does not have the right form; an example: case-1/,
    ],
    ['a list that is none', { type: 'switch', config: { cases: 'a' } }, 'field/wrong', 'cases', /^Cases must be a list/],
    ['a wrong header', { type: 'map', config: { expression: 'a', headers: { x: 1 } } }, 'field/wrong', 'headers.x', /^Header must be text/],
  ])('%s is one problem with its place and label', (_name, node, code, field, message) => {
    const problems = around(node).filter((problem) => problem.code.startsWith('field/'));
    expect(problems).toMatchObject([{ code, field, node: 'it' }]);
    expect(problems[0]?.message).toMatch(message);
  });

  test.each([
    ['map', { expression: 'a + ' }, 'expression'],
    ['map', { expression: 'a', headers: { x: '((' } }, 'headers.x'],
    ['switch', { cases: [{ id: 'a', name: 'A', when: 'x = ' }] }, 'cases.0.when'],
  ])('an expression of %s that does not parse has a position', (type, config, field) => {
    const problems = around({ type, config }).filter(({ severity, code }) => severity === 'error' && code !== 'edge/port');
    expect(problems).toMatchObject([{ code: 'field/expression', field, node: 'it', position: expect.any(Number) }]);
  });

  test('an empty expression that may be left out is no problem', () => {
    expect(around({ type: 'map', config: { expression: 'a', key: '' } })).toEqual([]);
  });
});
