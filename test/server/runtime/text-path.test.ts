import { describe, expect, it } from 'vitest';
import type { KafkaRecord, OutRecord } from '#server/kafka/port.ts';
import filter from '#server/nodes/filter.ts';
import kafkaSink from '#server/nodes/kafka-sink.ts';
import map from '#server/nodes/map.ts';
import switchNode from '#server/nodes/switch.ts';
import { createPipeline, type LiveNode } from '#server/runtime/pipeline.ts';
import { createTap } from '#server/runtime/tap.ts';
import { createTransformHandler } from '#server/runtime/transform-stage.ts';
import type { TransformInstance } from '#server/sdk.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { JsonText } from '#shared/json-text.ts';
import { header } from '#shared/message.ts';
import { ledgerTopic, type Plan, type PlanEdge, type PlanNode, type TransformStage } from '#shared/plan.ts';
import { mutateText, randomText } from '../../shared/jsonata/json/texts.ts';
import { order, type Random, randomFrom } from '../../shared/jsonata/random.ts';
import { context } from '../nodes/run.ts';

interface Made {
  id: string;
  kind: PlanNode['kind'];
  live?: LiveNode;
  mode?: 'disabled' | 'bypassed';
}

const made = {
  map: (id: string, config: object): Made => ({ id, kind: 'transform', live: { transform: create(map, config) } }),
  filter: (id: string, condition: string): Made => ({ id, kind: 'transform', live: { transform: create(filter, { condition }) } }),
  switch: (id: string, ...when: string[]): Made => {
    const cases = when.map((text, at) => ({ id: `case-${at}`, name: text, when: text }));
    return { id, kind: 'transform', live: { transform: create(switchNode, { cases }) } };
  },
  topic: (id: string, config: object): Made => {
    const full = kafkaSink.config.parse({ topic: id, ...config });
    return { id, kind: 'sink', live: { topicSink: kafkaSink.create(full, context) } };
  },
  stored: (id: string): Made => ({ id, kind: 'sink' }),
};

function create(type: unknown, config: object): TransformInstance {
  const { config: schema, create } = type as {
    config: { parse(from: object): object };
    create(config: object, from: object): TransformInstance;
  };
  return create(schema.parse(config), context);
}

function stageOf(nodes: Made[], edges: string[], format: 'json' | 'text' | 'bytes' = 'json'): TransformStage {
  const source: PlanNode = { id: 'in', type: 'kafka.source', kind: 'source', label: 'In', config: {} };
  const links: PlanEdge[] = edges.map((text) => {
    const [from = '', to = ''] = text.split(' ');
    const [node = '', port = 'out'] = from.split('.');
    return { from: { node, port }, to: { node: to, port: 'in' } };
  });
  return {
    kind: 'transform',
    id: 'transform',
    group: 'g',
    inputs: [{ topic: 'orders', node: 'in', from: 'earliest', format }],
    nodes: [source, ...nodes.map(({ id, kind, mode }) => ({ id, type: 't', kind, label: id, config: {}, ...(mode && { mode }) }))],
    edges: links,
    sinkTopics: Object.fromEntries(nodes.filter(({ live, kind }) => kind === 'sink' && !live).map(({ id }) => [id, `f.${id}`])),
  };
}

const plan = { flow: 'f', version: 1, deadLetterTopic: 'f.dead', settings: { onError: 'dead-letter' } } as unknown as Plan;

/** The same nodes without the promise that they work on text. */
function onValues(nodes: Made[]): Made[] {
  return nodes.map((node) => {
    if (node.live === undefined || 'topicSink' in node.live) return node;
    const { text: _, ...transform } = node.live.transform;
    return { ...node, live: { transform } };
  });
}

async function run(nodes: Made[], edges: string[], values: (Uint8Array | null)[], format: 'json' | 'text' | 'bytes' = 'json') {
  const stage = stageOf(nodes, edges, format);
  const live = new Map(nodes.flatMap(({ id, live }) => (live ? [[id, live] as const] : [])));
  const tap = createTap(() => 1);
  const pipeline = createPipeline({ flow: 'f', version: 1, stage, live, onError: 'dead-letter', tap, maxRecordBytes: () => 20_000 });
  const handler = createTransformHandler({
    plan,
    stage,
    pipeline,
    quarantined: (_topic, _partition, offset) => (offset === 13n ? 'it crashed the worker' : undefined),
    begin: () => undefined,
    end: () => undefined,
    trouble: () => undefined,
    clock: () => 1,
  });
  const records = values.map(
    (value, at): KafkaRecord => ({
      topic: 'orders',
      partition: 0,
      offset: BigInt(at),
      key: Buffer.from(`k${at}`),
      value,
      headers: { colour: 'red' },
      timestamp: at,
    }),
  );
  const work = await handler({ topic: 'orders', partition: 0, records, high: 9999n }, new AbortController().signal);
  expect(work.consumed).toBe(values.length);
  return { records: work.records, onText: pipeline.takesText('in'), tap };
}

/** Records with their values in one spelling: numbers and texts have several. */
const meaning = (records: OutRecord[]) =>
  records.map((record) => (typeof record.value === 'string' ? { ...record, value: stringifyJson(parseJson(record.value)) } : record));

const deadOf = (records: OutRecord[]) => records.filter(({ topic }) => topic === 'f.dead');
const outOf = (records: OutRecord[]) => records.filter(({ topic }) => topic !== 'f.dead' && topic !== ledgerTopic);
const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

/** Values of all kinds: orders, strange JSON, broken JSON, broken UTF-8, tombstones, huge and long numbers. */
function randomValue(random: Random): Uint8Array | null {
  const kind = random.below(10);
  if (kind < 4) return Buffer.from(JSON.stringify(order(random), undefined, random.pick([0, 0, 2])));
  if (kind === 4) return Buffer.from(JSON.stringify({ ...order(random), total: random.pick([null, 'many', [], {}, 1e21, undefined]) }));
  if (kind === 5)
    return Buffer.from(
      `{"id":${random.pick(['9007199254740993123', '1.50', '-0', '1e400', '0.10000000000000000001'])},"total":1.50e1,"items":[]}`,
    );
  if (kind === 6) return Buffer.from(mutateText(random, JSON.stringify(order(random))));
  if (kind === 7) return Buffer.from(randomText(random, 3));
  if (kind === 8) {
    const broken = Buffer.from(JSON.stringify(order(random)));
    broken[random.below(broken.length)] = 128 + random.below(128);
    return broken;
  }
  return random.pick([
    null,
    Buffer.from(''),
    Buffer.from(' null '),
    Buffer.from('"x"'),
    Buffer.from('12345678901234567890'),
    Buffer.from('\ufeff{}'),
  ]);
}

const mappings = [
  '{ "no": id, "who": customer.name, "city": customer.address.city, "total": total, "items": items.{ "sku": sku, "sum": price * qty } }',
  '{ "id": id, "total": total, "first": items[0], "all": items, "customer": customer }',
  'items.sku',
  'id',
  '{ "n": $number(note), "x": a.b }',
  '{ "half": total / 2, "double": items[0].price * 2, "c": c }',
  'total > 50 ? { "id": id }',
  'null',
  '1 / 0',
  'function($x) { $x }',
  '{ "f": function($x) { $x }, "inf": [1 / 0], "key": $key, "at": $timestamp, "origin": $origin }',
  '$error("no")',
  '$string(total)',
];
const conditions = [
  'total > 50',
  'paid',
  'items[0].qty',
  'total / 0',
  'note',
  'a',
  '{ "f": function($x) { $x } }',
  '[1 / 0]',
  '$count($keys($)) > 2',
  'total > "x"',
  '$key != "k3"',
];

describe('the path of JSON text', () => {
  it('gives the same records, counts and dead letters as the path of values, whatever comes', async () => {
    const random = randomFrom(7);
    let onText = 0;
    let dead = 0;
    for (let round = 0; round < 90; round++) {
      const key = random.chance(0.3) ? { key: random.pick(['customer.name', 'total / 0', 'items[0]', 'nothing', 'total + "x"']) } : {};
      const headers = random.chance(0.3) ? { headers: { city: 'customer.address.city', gone: 'nothing' } } : {};
      const whenNothing = random.pick(['drop', 'error']);
      const sink = random.pick([made.stored('s'), made.topic('s', {}), made.topic('s', { key: 'id' }), made.topic('s', { value: '$' })]);
      const nodes = () => [
        made.filter('f', random.pick(conditions)),
        made.map('m', { expression: random.pick(mappings), whenNothing, ...key, ...headers }),
        made.switch('w', random.pick(conditions), random.pick(conditions)),
        made.stored('e'),
        sink,
      ];
      const edges = random.pick([
        ['in m', 'm s'],
        ['in f', 'f m', 'm s', 'm.error e'],
        ['in f', 'f s'],
        ['in s', 'in m', 'm e'],
        ['in w', 'w.case-0 s', 'w.other m', 'm e', 'w.error e'],
        ['in m', 'm f', 'f s'],
      ]);
      const parts = nodes();
      const values = Array.from({ length: 40 }, () => randomValue(random));
      const byText = await run(parts, edges, values);
      const byValue = await run(onValues(parts), edges, values);
      expect(meaning(byText.records)).toEqual(meaning(byValue.records));
      expect(deadOf(byText.records)).toEqual(deadOf(byValue.records));
      if (byText.onText) onText++;
      dead += deadOf(byText.records).length;
    }
    expect(onText).toBeGreaterThan(20);
    expect(dead).toBeGreaterThan(300);
  });

  it('writes the same bytes where the input is written as JavaScript writes it', async () => {
    const random = randomFrom(8);
    const values = Array.from({ length: 100 }, () => Buffer.from(JSON.stringify(order(random))));
    let onText = 0;
    for (const expression of mappings) {
      const nodes = [made.map('m', { expression }), made.stored('s')];
      const byText = await run(nodes, ['in m', 'm s'], values);
      if (byText.onText) onText++;
      expect(byText.records).toEqual((await run(onValues(nodes), ['in m', 'm s'], values)).records);
    }
    expect(onText).toBeGreaterThan(8);
  });

  it('copies numbers and texts as they were written', async () => {
    const nodes = [made.map('m', { expression: '{ "price": price, "name": name }' }), made.stored('s')];
    const { records } = await run(nodes, ['in m', 'm s'], bytes('{"name":"\\u0041\\/","price":1.50}'));
    expect(outOf(records)[0]?.value).toBe('{"price":1.50,"name":"\\u0041\\/"}');
  });

  it('writes a message that only passes without white space and with the last of equal keys', async () => {
    const { records, onText } = await run([made.stored('s')], ['in s'], bytes('{"a":1.50}', '{ "a": 1 }', '{"a":1,"a":2}', 'null'));
    expect(onText).toBe(true);
    expect(outOf(records).map(({ value }) => value)).toEqual(['{"a":1.50}', '{"a":1}', '{"a":2}', null]);
  });

  it('makes a message that is no JSON or no UTF-8 a dead letter of its source, byte for byte', async () => {
    const values = [Buffer.from('{"a":1,}'), Buffer.from([0x7b, 0xff, 0x7d]), Buffer.from('{"a":1}')];
    const { records, onText } = await run([made.map('m', { expression: 'a' }), made.stored('s')], ['in m', 'm s'], values);
    expect(onText).toBe(true);
    expect(deadOf(records).map(({ value, headers }) => [value, headers?.[header.errorCode], headers?.[header.errorNode]])).toEqual([
      [values[0], 'decode/json', 'in'],
      [values[1], 'decode/utf8', 'in'],
    ]);
    expect(JSON.parse(String(records.at(-1)?.value))).toMatchObject({
      in: 3,
      delivered: { s: 1 },
      dead: { in: { 'decode/json': 1, 'decode/utf8': 1 } },
      nodes: { in: { in: 3, out: { out: 1 } }, m: { in: 1 } },
    });
  });

  it('gives every other node the parsed value, and the error port the message with its value', async () => {
    const seen: unknown[] = [];
    const custom: Made = {
      id: 'c',
      kind: 'transform',
      live: {
        transform: {
          process(message, emit) {
            seen.push(message.value);
            emit({ ...message, headers: {} });
          },
        },
      },
    };
    const nodes = [made.map('m', { expression: '$number(a)' }), made.stored('s'), custom];
    const { records, onText } = await run(nodes, ['in m', 'm s', 'm.error c', 'c s'], bytes('{"a": "x"}'));
    expect(onText).toBe(true);
    expect(seen).toEqual([{ a: 'x' }]);
    expect(outOf(records)[0]?.value).toBe('{"a":"x"}');
  });

  it('shows samples as JSON, also of what was never parsed', async () => {
    const { tap } = await run([made.map('m', { expression: '{"b": a}' }), made.stored('s')], ['in m', 'm s'], bytes('{ "a": 1 }'));
    expect(tap.samples('in', 'out')[0]?.value).toBe('{"a":1}');
    expect(tap.samples('m', 'out')[0]?.value).toBe('{"b":1}');
  });
});

describe('a source', () => {
  const takes = async (nodes: Made[], ...edges: string[]) => (await run(nodes, edges, bytes('null'))).onText;
  const value = (id: string): Made => ({ id, kind: 'transform', live: { transform: { process: (message, emit) => emit(message) } } });

  it('gives text where all nodes behind it gain by it', async () => {
    expect(await takes([made.map('m', { expression: 'a' }), made.stored('s')], 'in m', 'm s')).toBe(true);
    expect(await takes([made.map('m', { expression: 'a' }), made.topic('s', { key: 'id' })], 'in m', 'm s')).toBe(true);
    expect(await takes([made.filter('f', 'a'), { ...value('b'), mode: 'bypassed' }, made.stored('s')], 'in f', 'f b', 'b s')).toBe(true);
    expect(await takes([made.switch('w', 'a', 'b'), made.stored('s')], 'in w', 'w.case-0 s', 'w.other s')).toBe(true);
  });

  it('gives values where a node behind it needs them, or several would read the text', async () => {
    expect(await takes([value('v'), made.stored('s')], 'in v', 'v s')).toBe(false);
    expect(await takes([made.filter('f', 'a'), value('v'), made.stored('s')], 'in f', 'f v', 'v s')).toBe(false);
    expect(await takes([made.stored('s'), value('v')], 'in s', 'in v')).toBe(false);
    expect(
      await takes([made.map('m', { expression: 'a' }), made.map('n', { expression: 'b' }), made.stored('s')], 'in m', 'm n', 'n s'),
    ).toBe(false);
    expect(await takes([made.map('m', { expression: '$merge([$, {"a": 1}])' }), made.stored('s')], 'in m', 'm s')).toBe(false);
    expect(await takes([made.switch('w', 'a', 'b', 'c'), made.stored('s')], 'in w', 'w.case-0 s')).toBe(false);
    expect(await takes([made.map('m', { expression: 'a' }), made.topic('s', { format: 'text' })], 'in m', 'm s')).toBe(false);
  });
});

describe('a value that is JSON text', () => {
  it('is parsed once', () => {
    const text = JsonText.read('{"a":[1]}') as JsonText;
    expect(text.parse()).toEqual({ a: [1] });
    expect(text.parse()).toBe(text.parse());
  });

  it('is made for objects and lists alone', () => {
    expect(JsonText.read(' [1]')).toBeInstanceOf(JsonText);
    expect([JsonText.read('null'), JsonText.read('"a"'), JsonText.read(' 1.50')]).toEqual([null, 'a', 1.5]);
    expect(() => JsonText.read('[1')).toThrow(SyntaxError);
    const deep = '['.repeat(600) + ']'.repeat(600);
    expect(JSON.stringify(JsonText.read(deep))).toBe(deep);
  });
});
