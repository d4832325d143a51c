import { parseJson, stringifyJson } from '#shared/json.ts';
import { compileParser, type Parser } from '#shared/jsonata/json/parser.ts';
import { projectionOf } from '#shared/jsonata/json/projection.ts';
import { quote, writeJson } from '#shared/jsonata/json/writer.ts';
import { order, randomFrom } from '../random.ts';

/**
 * What the projected parser costs against JSON.parse, over 64 orders of 1.4 to 1.9 kB in turn: the fastest of many short
 * interleaved rounds. `node --import tsx test/shared/jsonata/json/bench.ts`, some ten seconds.
 */
interface Case<T> {
  name: string;
  run(value: T, bytes: Uint8Array): unknown;
}

let sink: unknown;

function measure<T>(title: string, values: readonly T[], cases: readonly Case<T>[]): void {
  const bytes = values.map((value) => Buffer.from(String(value)));
  const best = cases.map(() => Number.POSITIVE_INFINITY);
  const turns = Math.ceil(1500 / values.length);
  for (let round = 0; round < 25; round++) {
    for (const [i, { run }] of cases.entries()) {
      const start = performance.now();
      for (let turn = 0; turn < turns; turn++) for (let j = 0; j < values.length; j++) sink = run(values[j] as T, bytes[j] as Buffer);
      best[i] = Math.min(best[i] as number, ((performance.now() - start) * 1e6) / turns / values.length);
    }
  }
  console.log(`\n${title}`);
  for (const [i, { name }] of cases.entries()) {
    const time = best[i] as number;
    console.log(`  ${name.padEnd(42)}${time.toFixed(0).padStart(7)} ns  ${(time / (best[0] as number)).toFixed(2)}`);
  }
}

function texts(ascii: boolean): string[] {
  const random = randomFrom(7);
  const list: string[] = [];
  while (list.length < 64) {
    const one = order(random) as { items: unknown[] };
    one.items.push(...(order(random) as typeof one).items);
    const text = JSON.stringify(one);
    // As it comes from Kafka.
    if (text.length > 1400 && text.length < 1900 && /^[ -~]*$/.test(text) === ascii) list.push(Buffer.from(text).toString());
  }
  return list;
}

function parserOf(reads: string, copied = ''): Parser {
  const paths = (text: string) => (text === '' ? [] : text.split(' ').map((path) => (path === '$' ? [] : path.split('.'))));
  const parse = compileParser(projectionOf(paths(reads), paths(copied)));
  if (parse === undefined) throw new Error('No code may be made of text here.');
  return parse;
}

const ten = 'id total placed date paid note customer.name customer.email customer.address.city customer.address.zip';
const lines = 'items.sku items.qty items.price';
const leaves = `${ten} ${lines} customer.address.lines customer.phones.kind customer.phones.number items.title items.pos items.tags
  items.attributes.color items.attributes.weight items.attributes.dims shipments.id shipments.sku shipments.parcels.kg discounts
  matrix empty`.replaceAll(/\s+/g, ' ');
const parsers: [name: string, parse: Parser][] = [
  ['nothing', parserOf('')],
  ['ten flat fields', parserOf(ten)],
  ['ten flat fields, copied', parserOf('', ten)],
  ['three fields of every line', parserOf(lines)],
  ['three fields of every line, copied', parserOf('', lines)],
  ['both', parserOf(`${ten} ${lines}`)],
  ['all leaves', parserOf(leaves)],
  ['the whole', parserOf('$')],
  ['customer and items, copied', parserOf('', 'customer items')],
];

for (const ascii of [true, false]) {
  const list = texts(ascii);
  const length = list.reduce((sum, text) => sum + text.length, 0) / list.length;
  measure(`orders of ${length.toFixed(0)} characters, ${ascii ? 'ASCII' : 'some beyond ASCII'}`, list, [
    { name: 'JSON.parse', run: (text) => JSON.parse(text) },
    { name: 'parseJson', run: (text) => parseJson(text) },
    ...parsers.map(([name, parse]) => ({ name, run: (text: string) => parse(text) })),
    ...parsers.slice(0, 4).map(([name, parse]) => ({ name: `${name}, with bytes`, run: parse })),
  ]);
}

const whole = parserOf('$');
for (const text of [
  '["b2b","urgent","gift"]',
  '{"kind":"home","number":"030-1","x":12.5,"y":true}',
  JSON.stringify(order(randomFrom(5))),
]) {
  measure(
    `whole values: ${text.slice(0, 60)}`,
    [text],
    [
      { name: 'JSON.parse', run: (one) => JSON.parse(one) },
      { name: 'parseJson', run: (one) => parseJson(one) },
      { name: 'the whole', run: (one) => whole(one) },
    ],
  );
}

for (const length of [5, 20, 80, 400]) {
  const list = Array.from({ length: 50 }, (_, i) => Buffer.from(`${i}abcdefgh-`.repeat(60).slice(0, length)).toString());
  measure(`quoting texts of ${length} characters`, list, [
    { name: 'JSON.stringify', run: (text) => JSON.stringify(text).length },
    { name: 'quote', run: (text) => quote(text).length },
  ]);
}

const values: unknown[] = [12.5, 'SKU-101', true, ['new', 'gift'], { kind: 'home', number: '030-1' }];
measure('writing small values', values, [
  { name: 'stringifyJson', run: (value) => stringifyJson(value)?.length },
  { name: 'writeJson', run: (value) => writeJson(value)?.length },
]);
if (sink === values) console.log(sink);
