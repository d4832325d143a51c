import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFlow, logicOf, parseFlow, sameLogic, upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';

function flowOf(json: unknown): Flow {
  const result = upgradeFlow(json);
  if (result.flow === undefined) throw new Error(result.problems.map((problem) => problem.message).join(' '));
  return result.flow;
}

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/);
const json = fc.jsonValue({ maxDepth: 3 });
const extras = fc.dictionary(fc.stringMatching(/^x[A-Za-z0-9"é-]{0,6}$/), json, { maxKeys: 3 });
const end = fc.tuple(id, id, extras).map(([node, port, more]) => ({ node, port, ...more }));
const node = fc
  .record(
    {
      id,
      type: fc.constantFrom('map', 'filter', 'odd.type'),
      version: fc.integer({ min: 1, max: 5 }),
      label: fc.string({ maxLength: 20 }),
      config: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), json, { maxKeys: 4 }),
      mode: fc.constantFrom('disabled', 'bypassed'),
      note: fc.string({ maxLength: 20 }),
      onError: fc.constantFrom('skip', 'stop'),
      retry: fc.record({ minutes: fc.nat(100) }),
    },
    { requiredKeys: ['id', 'type'] },
  )
  .chain((known) => extras.map((more) => ({ ...more, ...known })));
const documents = fc
  .record(
    {
      format: fc.constant(1),
      id,
      name: fc.string({ minLength: 1, maxLength: 20 }),
      nodes: fc.array(node, { maxLength: 5 }),
      edges: fc.array(
        fc.tuple(id, end, end, extras).map(([edge, from, to, more]) => ({ ...more, id: edge, from, to })),
        { maxLength: 5 },
      ),
      settings: fc.tuple(fc.integer({ min: 1, max: 256 }), extras).map(([partitions, more]) => ({ ...more, partitions })),
      layout: fc.record({
        positions: fc.dictionary(id, fc.record({ x: fc.integer(), y: fc.double({ noNaN: true, noDefaultInfinity: true }) })),
      }),
    },
    { requiredKeys: ['format', 'id', 'name'] },
  )
  .chain((known) => extras.map((more) => ({ ...more, ...known })));

describe('the text form of a flow', () => {
  test('text, flow, text is identical for any flow', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const text = formatFlow(flowOf(document));
        const again = parseFlow(text);
        expect(again.flow && formatFlow(again.flow)).toBe(text);
      }),
    );
  });

  test('a flow says the same after a round trip, unknown keys included', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const flow = flowOf(document);
        const again = parseFlow(formatFlow(flow)).flow;
        // -0 and 0 are one number in JSON.
        expect(again).toEqual(JSON.parse(JSON.stringify(flow)));
      }),
    );
  });

  test('the order of keys in a file does not change the bytes', () => {
    const one = '{"format":1,"id":"a","name":"A","zeta":1,"alpha":{"b":1,"a":2},"nodes":[{"id":"n","type":"map","config":{"b":1,"a":2}}]}';
    const two = '{"alpha":{"a":2,"b":1},"nodes":[{"config":{"a":2,"b":1},"type":"map","id":"n"}],"zeta":1,"name":"A","id":"a","format":1}';
    expect(formatFlow(flowOf(JSON.parse(one)))).toBe(formatFlow(flowOf(JSON.parse(two))));
  });

  test('known keys come first, unknown ones sorted behind them, the layout last', () => {
    const text = formatFlow(flowOf({ layout: {}, zeta: 1, alpha: 2, name: 'A', id: 'a', format: 1 }));
    expect(Object.keys(JSON.parse(text))).toEqual(['format', 'id', 'name', 'settings', 'nodes', 'edges', 'alpha', 'zeta', 'layout']);
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.split('\n')[1]).toBe('  "format": 1,');
  });
});

describe('numbers of a document', () => {
  test('keep every digit from text to text, in configs and in unknown keys', () => {
    const config = '"config":{"schema":{"maximum":9007199254740993,"list":[0.1000000000000000055]}}';
    const text = `{"format":1,"id":"a","name":"A","x-id":12345678901234567890,"nodes":[{"id":"n","type":"map",${config}}]}`;
    const read = parseFlow(text);
    const written = read.flow === undefined ? '' : formatFlow(read.flow);
    for (const digits of ['9007199254740993', '0.1000000000000000055', '12345678901234567890']) expect(written).toContain(digits);
    expect(formatFlow(flowOf(read.flow))).toBe(written);
  });
});

describe('reading a document', () => {
  test('a broken document becomes problems that name their place', () => {
    const result = upgradeFlow({
      format: 1,
      id: 'a',
      name: 'A',
      nodes: [
        { id: 'ok', type: 'map' },
        { id: 'Not ok', type: '' },
      ],
      settings: { partitions: 0 },
    });
    expect(result.problems?.map((problem) => problem.field).sort()).toEqual(['nodes.1.id', 'nodes.1.type', 'settings.partitions']);
  });

  test.each([
    [[], 'flow/shape'],
    [null, 'flow/shape'],
    ['text', 'flow/shape'],
    [{ id: 'a', name: 'A' }, 'flow/format'],
    [{ format: 2, id: 'a', name: 'A' }, 'flow/format'],
    [{ format: 0, id: 'a', name: 'A' }, 'flow/format'],
    [{ format: 1.5, id: 'a', name: 'A' }, 'flow/format'],
  ])('%j is refused with %s', (document, code) => {
    expect(upgradeFlow(document).problems?.map((problem) => problem.code)).toEqual([code]);
  });

  test('text that is no JSON is refused with the reason of the parser', () => {
    expect(parseFlow('{"format":1,').problems?.[0]).toMatchObject({ code: 'flow/json', severity: 'error' });
  });

  test('an older format goes through every step to the current one, and the given document stays as it was', () => {
    const old = { format: -1, id: 'a', title: 'A' };
    const result = upgradeFlow(old, {
      [-1]: (document) => ({ ...document, caption: document.title }),
      0: ({ caption, title: _title, ...rest }) => ({ ...rest, name: caption }),
    });
    expect(result.flow).toMatchObject({ format: 1, name: 'A' });
    expect(result.flow).not.toHaveProperty('title');
    expect(old).toEqual({ format: -1, id: 'a', title: 'A' });
  });
});

describe('the logic of a flow', () => {
  const base = {
    format: 1,
    id: 'a',
    name: 'A',
    nodes: [
      { id: 'in', type: 'webhook', label: 'In', config: { path: '/x', deep: { b: 1, a: 2 } } },
      { id: 'out', type: 'log' },
    ],
    edges: [{ id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'out', port: 'in' } }],
  };

  test('name, layout, labels, notes, edge ids and order are no logic', () => {
    const moved = {
      ...base,
      name: 'Another name',
      nodes: [
        { ...base.nodes[1], note: 'Mind this' },
        { ...base.nodes[0], label: 'Renamed' },
      ],
      edges: [{ ...base.edges[0], id: 'e2' }],
      layout: { positions: { in: { x: 1, y: 2 } } },
    };
    expect(sameLogic(flowOf(base), flowOf(moved))).toBe(true);
  });

  test.each([
    ['a config', { nodes: [{ ...base.nodes[0], config: { path: '/y' } }, base.nodes[1]] }],
    ['a mode', { nodes: [base.nodes[0], { ...base.nodes[1], mode: 'disabled' }] }],
    ['an edge', { edges: [] }],
    ['a setting', { settings: { partitions: 9 } }],
    ['an error policy', { nodes: [base.nodes[0], { ...base.nodes[1], onError: 'stop' }] }],
  ])('%s is logic', (_name, change) => {
    expect(sameLogic(flowOf(base), flowOf({ ...base, ...change }))).toBe(false);
    expect(logicOf(flowOf(base))).toEqual(logicOf(flowOf(structuredClone(base))));
  });
});
