import { setTimeout as wait } from 'node:timers/promises';
import { defineNode, ExactNumber, type SourceContext, type SourceEvent, stringifyJson, z } from '../sdk.ts';

const config = z.object({
  perMinute: z.number().min(0.1).max(60_000).default(30).meta({ label: 'Orders a minute', group: 'Basics' }),
  brokenOneIn: z.number().int().min(0).max(10_000).default(20).meta({
    label: 'Broken, one in',
    help: 'One order of so many is broken on purpose. 0: none.',
    group: 'Basics',
  }),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1)
    .meta({ label: 'Seed', help: 'The same seed gives the same orders.', group: 'Advanced' }),
  limit: z
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ label: 'Stop after', help: 'Orders since the flow first ran. 0: go on for ever.', group: 'Advanced' }),
});

/** Names the order in the source's topic, so that a restart goes on counting where it stopped. */
const eventId = 'millrace-event-id';

/** Demo source: orders of a web shop that does not exist. */
export default defineNode({
  type: 'orders.generator',
  version: 1,
  kind: 'source',
  title: 'Demo orders',
  summary: 'Makes orders of an imaginary web shop, some of them broken on purpose.',
  category: 'Demo',
  icon: 'shopping-cart',
  keywords: ['demo', 'sample', 'test', 'generator', 'shop'],
  docs: `For trying things out: orders with a customer, one to four items, a 64-bit \`number\` and decimals. One in *Broken, one in* is wrong in one of these ways: the total is the text \`12,50\`, the e-mail is missing, there are no items, a quantity is negative, the country does not exist, the JSON is cut off.

The key is the customer's id, so that orders of one customer keep their order.`,
  config,
  create(config, context) {
    return {
      async run(emit, signal) {
        const gap = 60_000 / config.perMinute;
        let next = await firstNumber(context);
        let due = Date.now();
        while (!signal.aborted && (config.limit === 0 || next < config.limit)) {
          await emit(makeOrderEvent(config.seed, next, config.brokenOneIn, Date.now()));
          next++;
          // After a stop of the machine or of Kafka it goes on at its pace and does not catch up.
          due = Math.max(due + gap, Date.now() - 1000);
          if (due > Date.now()) await wait(due - Date.now(), undefined, { signal }).catch(() => undefined);
        }
      },
    };
  },
});

/** One more than the last order in the topic. Looks back further and further, so that a long topic is not read whole. */
async function firstNumber(context: SourceContext): Promise<number> {
  for (const back of [10 * 60_000, 86_400_000, Number.POSITIVE_INFINITY]) {
    let last = -1;
    for await (const { headers } of context.recall(Math.max(0, Date.now() - back))) {
      const number = Number(/^order-(\d+)$/.exec(String(headers[eventId] ?? ''))?.[1] ?? -1);
      if (number > last) last = number;
    }
    if (last >= 0) return last + 1;
  }
  return 0;
}

/**
 * The n-th order (from 0) of a seed as a source event: the same for the same seed and n, apart from the time.
 * @param brokenOneIn of each run of so many orders one is broken; 0 breaks none
 * @param now milliseconds since 1970, becomes `createdAt`
 */
export function makeOrderEvent(seed: number, n: number, brokenOneIn: number, now: number): SourceEvent {
  const order = makeOrder(seed, n, now);
  const flaw = isBroken(seed, n, brokenOneIn) ? flaws[randomOf(seed, n, 99).below(flaws.length)] : undefined;
  const value: unknown = flaw ? flaw(order) : order;
  return { key: order.customer.id, value, headers: { [eventId]: `order-${n}` }, timestamp: now };
}

/** True for the one order of each run of `brokenOneIn` that is broken. */
export function isBroken(seed: number, n: number, brokenOneIn: number): boolean {
  if (brokenOneIn === 0) return false;
  return n % brokenOneIn === randomOf(seed, Math.floor(n / brokenOneIn), 98).below(brokenOneIn);
}

/** An order as the imaginary web shop sends it. */
export interface Order {
  id: string;
  /** More digits than a JavaScript number keeps. */
  number: ExactNumber;
  createdAt: string;
  customer: { id: string; first: string; last: string; email: string; country: string; optIn: boolean; new: boolean };
  items: { sku: string; name: string; qty: number; price: number }[];
  total: number;
  currency: string;
  /** Rate to EUR with all its decimals. */
  rate: ExactNumber;
}

/** The n-th whole order of a seed. */
export function makeOrder(seed: number, n: number, now: number): Order {
  const random = randomOf(seed, n, 0);
  const person = random.below(400);
  const who = randomOf(seed, person, 1);
  const first = who.pick(firstNames);
  const last = who.pick(lastNames);
  const country = who.pick(countries);
  const items = Array.from({ length: 1 + random.below(4) }, () => {
    const [sku, name, price] = random.pick(goods);
    return { sku, name, qty: 1 + random.below(3), price };
  });
  const cents = items.reduce((sum, item) => sum + Math.round(item.price * 100) * item.qty, 0);
  const currency = currencies[country] ?? 'EUR';
  const plain = (name: string) =>
    name
      .replaceAll('ı', 'i')
      .normalize('NFD')
      .replace(/[^A-Za-z]/g, '')
      .toLowerCase();
  return {
    id: `WS-${100_000 + n}`,
    number: new ExactNumber(String(9_007_199_254_740_993n + BigInt(seed) * 1_000_000_000n + 2n * BigInt(n))),
    createdAt: new Date(now).toISOString(),
    customer: {
      id: `C-${1000 + person}`,
      first,
      last,
      email: `${plain(first)}.${plain(last)}${person}@example.com`,
      country,
      optIn: who.below(10) < 6,
      new: random.below(3) === 0,
    },
    items,
    total: cents / 100,
    currency,
    rate: new ExactNumber(
      currency === 'EUR'
        ? '1.00000000000000000001'
        : `0.${95 + random.below(5)}${String(1_000_000_000 + random.below(1_000_000_000))}${String(1_000_000_000 + n)}`,
    ),
  };
}

type Item = Order['items'][number];

/** What can be wrong with an order; the last one is not even JSON. */
const flaws: ((order: Order) => unknown)[] = [
  (order) => ({ ...order, total: order.total.toFixed(2).replace('.', ',') }),
  ({ customer: { email: _, ...customer }, ...order }) => ({ ...order, customer }),
  (order) => ({ ...order, items: [] }),
  (order) => ({ ...order, items: order.items.map((item: Item, index) => (index === 0 ? { ...item, qty: -item.qty } : item)) }),
  (order) => ({ ...order, customer: { ...order.customer, country: 'Atlantis' } }),
  (order) => {
    const text = stringifyJson(order) ?? '';
    return new TextEncoder().encode(text.slice(0, Math.floor(text.length * 0.7)));
  },
];

const firstNames = [
  'Anna',
  'Ben',
  'Chloé',
  'David',
  'Elif',
  'Franz',
  'Grace',
  'Hugo',
  'Inès',
  'Jonas',
  'Katarzyna',
  'Luca',
  'Mia',
  'Noah',
  'Olga',
  'Pablo',
  'Sofía',
  'Tom',
  'Yuki',
  'Zoë',
];
const lastNames = [
  'Lee',
  'Müller',
  'García',
  'Rossi',
  'Novák',
  'Dubois',
  'Kowalska',
  'Silva',
  'Jensen',
  'Yılmaz',
  'Smith',
  'Huber',
  'Öztürk',
  'Meier',
  'Bernard',
  'Tanaka',
];
const countries = ['DE', 'AT', 'CH', 'FR', 'NL', 'IT', 'ES', 'PL', 'GB', 'US'] as const;
const currencies: Record<string, string> = { CH: 'CHF', PL: 'PLN', GB: 'GBP', US: 'USD' };
const goods = [
  ['A-100', 'Espresso cup', 12.5],
  ['A-110', 'Tea pot', 34.9],
  ['B-200', 'Wool blanket', 79.95],
  ['B-215', 'Linen towel', 18.4],
  ['C-300', 'Desk lamp', 119],
  ['C-320', 'Bulb, warm white', 6.99],
  ['D-400', 'Notebook "dotted"', 9.8],
  ['D-410', 'Fountain pen', 44.25],
] as const;

/** Numbers that depend on the seed, the number of the thing and what they are for, and on nothing else. */
function randomOf(seed: number, n: number, purpose: number) {
  // mulberry32 over a mixed start value; see Tommy Ettinger's public-domain generator.
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b) ^ Math.imul(purpose + 1, 0xc2b2ae35)) >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    pick<T>(list: readonly [T, ...T[]] | readonly T[]): T {
      return list[below(list.length)] as T;
    },
  };
}
