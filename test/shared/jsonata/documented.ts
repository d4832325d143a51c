import { readFileSync } from 'node:fs';
import type { Surroundings } from './comparison.ts';
import type { Random } from './random.ts';

/** Values and functions that the expressions of the grammar name. */
export const surroundings: Required<Surroundings> = {
  bindings: {
    num: 3,
    text: 'b-a',
    yes: true,
    nil: null,
    list: [3, 1, 2],
    one: [7],
    none: [],
    deep: [[1, 2], [], [[3]]],
    thing: { a: 1, b: { c: ['x'] } },
    things: [{ a: 2, b: 'y' }, { a: 1, b: 'x' }, { b: null }],
    twice: (n: number) => n * 2,
  },
  functions: {
    plus: (a: number, b: number) => a + b,
    wrap: (value: unknown) => [value],
    same: (value: unknown) => value,
    gone: () => undefined,
  },
};

/** Small inputs of every shape, and some that the language's documentation works on. */
const inputs: unknown[] = [
  undefined,
  null,
  0,
  -1.5,
  'abc',
  '',
  true,
  [],
  [1],
  [3, 1, 2],
  [[1, 2], [3]],
  [[]],
  [null],
  ['b', 'a', 'b'],
  {},
  { a: 1 },
  { a: null, b: false },
  { a: [] },
  { a: [1] },
  { a: [[1]] },
  { a: [[1, 2], [3, [4]], []] },
  { a: [1, 2, 3], b: 2, c: 'x' },
  { a: { b: { c: 5 } }, b: 'B' },
  {
    a: [
      { b: 1, c: 'x' },
      { b: 2, c: 'y' },
      { b: 1, c: 'z' },
    ],
    b: 1,
    c: 'x',
  },
  { a: [{ b: [1, 2] }, { b: 3 }, { c: [4] }, {}] },
  {
    a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: [{ c: 3 }] }, { b: [] }],
    b: [
      { c: 2, d: 'two' },
      { c: 3, d: 'three' },
    ],
  },
  { a: { b: [{ c: [1] }, { c: [] }] }, b: [[{ c: 9 }]] },
  { a: 'text', b: 'a-b', c: '2021-03-04T05:06:07.089Z' },
  { a: ['b', 'a', 'c'], b: ['x'], c: [true, false, null] },
  {
    a: [
      { b: 'k', c: 1 },
      { b: 'l', c: 2 },
      { b: 'k', c: 3 },
    ],
    b: [],
  },
  [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ],
  [{ a: [1, 2], b: 'x' }, { a: 3 }, { b: [] }],
  [{ a: [{ b: 1 }, { b: 2, c: 'z' }] }],
  [[{ a: 1 }], [{ a: 2 }, { a: 3 }]],
  { 'a b': 1, '': 2, $: 3, a: { 'b.c': 4 }, '0': 5 },
  { a: '😀é漢', b: 'é', c: 'Ünal' },
  { a: 1e21, b: 0.1, c: -0 },
  { a: 12345.678, b: 1604000000000, c: 1.5e-7 },
  { a: { x: 1, y: 2 }, b: { x: [1], z: {} }, c: [{ x: 3 }, { y: 4 }] },
  {
    a: [
      {
        b: 'o1',
        c: [
          { d: 'hat', n: 2, p: 34.45 },
          { d: 'cloak', n: 1, p: 107.99 },
        ],
      },
      {
        b: 'o2',
        c: [
          { d: 'hat', n: 4, p: 21.67 },
          { d: 'cup', n: 1 },
        ],
      },
    ],
    b: 'firefly',
  },
];

/** The rules of each symbol; the file says how they are written. */
const grammar = new Map(
  readFileSync(new URL('./documented.txt', import.meta.url), 'utf8')
    .split('\n\n')
    .slice(1)
    .map((block) => {
      const [symbol = '', ...rules] = block.trimEnd().split('\n');
      return [symbol, rules.map((rule) => rule.slice(2))] as const;
    }),
);

/** A hole in a rule: «symbol», or «symbol*» for one to three with commas. */
const hole = /«(\w+)(\*?)»/g;

/** Spells a symbol of the grammar; beyond the depth only rules without holes are taken, if the symbol has some. */
export function spell(random: Random, symbol: string, depth: number): string {
  const rules = grammar.get(symbol);
  if (rules === undefined) throw new Error(`The grammar has no ${symbol}.`);
  const plain = rules.filter((rule) => !rule.includes('«'));
  const rule = random.pick(depth <= 0 && plain.length > 0 ? plain : rules);
  return rule.replace(hole, (_, name: string, many: string) => {
    const count = many === '' ? 1 : 1 + random.below(3);
    return Array.from({ length: count }, () => spell(random, name, depth - 1)).join(', ');
  });
}

/** An expression that combines what the language documents. */
export const documented = (random: Random): string => spell(random, 'whole', 1 + random.below(4));

/** An input for it. */
export const smallInput = (random: Random): unknown => structuredClone(random.pick(inputs));
