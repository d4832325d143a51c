import jsonata from 'jsonata';
import { compile, type Expression, type Limits } from '#shared/jsonata/compile.ts';
import { compileFor } from '../../shared/jsonata/engines.ts';
import type { Row } from '../main.ts';
import type { Mapping } from './mappings.ts';
import type { Order } from './orders.ts';
import { type Contender, geometricMean, overAll, overAllAwaited, race, rounded } from './race.ts';

const rounds = 30;

/** Mappings whose hand-written form is a deep copy above all, so that they say little about the engine. */
const copies = new Set(['transform']);

/** Adds the geometric means of some columns, with and without the mappings that only copy. */
function withMeans(rows: Row[], columns: string[]): Row[] {
  const mean = (mapping: string, of: readonly Row[]): Row => {
    const cells = columns.flatMap((column): [string, number][] => {
      const values = of.map((row) => row[column]).filter((value) => typeof value === 'number');
      return values.length === 0 ? [] : [[column, rounded(geometricMean(values))]];
    });
    return { mapping, ...Object.fromEntries(cells) };
  };
  const others = rows.filter((row) => !copies.has(String(row.mapping)));
  return [...rows, mean('geometric mean', rows), mean(`without ${[...copies].join(', ')}`, others)];
}

/** Microseconds per item of each contender, by name. */
async function microseconds(contenders: Contender[], items: number): Promise<Map<string, number>> {
  const best = await race(contenders, rounds);
  return new Map(contenders.map(({ name }, at) => [name, ((best[at] ?? Number.NaN) * 1000) / items]));
}

/** A row of times and of ratios, each a pair of names: how often the second fits into the first. */
function rowOf(mapping: string, times: Map<string, number>, ratios: [dividend: string, divisor: string][]): Row {
  const row: Row = { mapping };
  for (const [name, value] of times) row[`${name} µs`] = rounded(value);
  for (const [dividend, divisor] of ratios) {
    const above = times.get(dividend);
    const below = times.get(divisor);
    if (above !== undefined && below !== undefined) row[`${dividend} / ${divisor}`] = rounded(above / below);
  }
  return row;
}

const engines = ['exact', 'fast'] as const;
const compileAs = (text: string, name: 'exact' | 'fast'): Expression => compileFor(text, name === 'exact' ? 'off' : 'on');

/** Objects to objects: hand-written JavaScript, both back ends, the package. */
export async function measureEvaluation(mappings: readonly Mapping[], orders: readonly Order[]): Promise<Row[]> {
  const rows: Row[] = [];
  const ratios: [string, string][] = [
    ['exact', 'hand'],
    ['fast', 'hand'],
    ['package', 'hand'],
    ['package', 'exact'],
    ['package', 'fast'],
  ];
  for (const { name, text, hand } of mappings) {
    const reference = jsonata(text);
    const times = await microseconds(
      [
        overAll('hand', orders, hand),
        ...engines.map((engine) => {
          const compiled = compileAs(text, engine);
          return overAll(engine, orders, (one) => compiled.evaluate(one));
        }),
        overAllAwaited('package', orders, (one) => reference.evaluate(one)),
      ],
      orders.length,
    );
    rows.push(rowOf(name, times, ratios));
  }
  return withMeans(
    rows,
    ratios.map(([dividend, divisor]) => `${dividend} / ${divisor}`),
  );
}

/** Bytes to bytes, as a transform does it: below 1 the engine is faster than the hand-written mapping between the built-in codec. */
export async function measureBytes(mappings: readonly Mapping[], orders: readonly Order[]): Promise<Row[]> {
  const rows: Row[] = [];
  const messages = orders.map((one) => Buffer.from(JSON.stringify(one)));
  const ratios: [string, string][] = [
    ['exact', 'hand'],
    ['fast', 'hand'],
  ];
  for (const { name, text, hand } of mappings) {
    const times = await microseconds(
      [
        overAll('hand', messages, (bytes) => Buffer.from(JSON.stringify(hand(JSON.parse(bytes.toString()) as Order)))),
        ...engines.map((engine) => {
          const compiled = compileAs(text, engine);
          return overAll(engine, messages, (bytes) => Buffer.from(compiled.evaluateText(bytes.toString(), undefined, bytes) ?? ''));
        }),
      ],
      orders.length,
    );
    rows.push(rowOf(name, times, ratios));
  }
  return withMeans(
    rows,
    ratios.map(([dividend, divisor]) => `${dividend} / ${divisor}`),
  );
}

const high = Number.POSITIVE_INFINITY;

/** No bounds at all: generated code then counts nothing. */
const unbounded: Limits = { steps: high, depth: high, sequence: high, string: high, output: high, subject: high };

/** The ordinary bounds against none that matter. */
export async function measureBounds(mappings: readonly Mapping[], orders: readonly Order[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, text } of mappings) {
    const bounded = compile(text);
    const free = compile(text, { limits: unbounded });
    const times = await microseconds(
      [overAll('bounded', orders, (one) => bounded.evaluate(one)), overAll('unbounded', orders, (one) => free.evaluate(one))],
      orders.length,
    );
    rows.push(rowOf(name, times, [['bounded', 'unbounded']]));
  }
  return withMeans(rows, ['bounded / unbounded']);
}
