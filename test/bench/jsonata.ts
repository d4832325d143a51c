import jsonata from 'jsonata';
import { compile } from '#shared/jsonata/compile.ts';
import { order, randomFrom } from '../shared/jsonata/random.ts';
import { sameValue } from '../shared/jsonata/suite.ts';
import type { Bench } from './main.ts';

interface Line {
  sku: string;
  title: string;
  qty: number;
  price: number;
  tags: string[];
  attributes: { color: string; weight: number; dims: number[] };
}

interface Order {
  id: string;
  total: number;
  placed: number;
  date: string;
  paid: boolean;
  note: string | null;
  customer: {
    name: string;
    email: string;
    address: { city: string; zip: string; lines: string[] };
    phones: { kind: string; number: string }[];
  };
  items: Line[];
  shipments: { id: number; sku: string; parcels: { kg: number }[] }[];
}

interface Mapping {
  name: string;
  text: string;
  /** The same by hand, as one would write it in JavaScript. */
  hand(order: Order): unknown;
}

const two = (n: number): string => String(n).padStart(2, '0');

const mappings: Mapping[] = [
  {
    name: 'rename and flatten',
    text: '{"orderId": id, "amount": total, "placedAt": placed, "isPaid": paid, "customerName": customer.name, "mail": customer.email, "city": customer.address.city, "zip": customer.address.zip, "on": date, "remark": note}',
    hand: (o) => ({
      orderId: o.id,
      amount: o.total,
      placedAt: o.placed,
      isPaid: o.paid,
      customerName: o.customer.name,
      mail: o.customer.email,
      city: o.customer.address.city,
      zip: o.customer.address.zip,
      on: o.date,
      remark: o.note,
    }),
  },
  {
    name: 'nested with line map',
    text: '{"head": {"id": id, "customer": {"name": customer.name, "city": customer.address.city}}, "lines": [items.{"sku": sku, "name": title, "sum": qty * price}]}',
    hand: (o) => ({
      head: { id: o.id, customer: { name: o.customer.name, city: o.customer.address.city } },
      lines: o.items.map((l) => ({ sku: l.sku, name: l.title, sum: l.qty * l.price })),
    }),
  },
  {
    name: 'line index',
    text: '[items#$i.{"no": $i + 1, "sku": sku}]',
    hand: (o) => o.items.map((l, i) => ({ no: i + 1, sku: l.sku })),
  },
  {
    name: 'filter',
    text: '[items[price > 20 and qty > 1].sku]',
    hand: (o) => o.items.filter((l) => l.price > 20 && l.qty > 1).map((l) => l.sku),
  },
  {
    name: 'aggregates',
    text: '{"sum": $sum(items.(qty * price)), "count": $count(items), "max": $max(items.price)}',
    hand: (o) => ({
      sum: o.items.reduce((sum, l) => sum + l.qty * l.price, 0),
      count: o.items.length,
      max: o.items.reduce((max, l) => Math.max(max, l.price), Number.NEGATIVE_INFINITY),
    }),
  },
  {
    name: 'lambdas',
    text: '{"skus": [$map(items, function($l){$l.sku})], "qty": $reduce(items, function($s, $l){$s + $l.qty}, 0), "dear": [$filter(items, function($l){$l.price > 30}).title]}',
    hand: (o) => ({
      skus: o.items.map((l) => l.sku),
      qty: o.items.reduce((sum, l) => sum + l.qty, 0),
      dear: o.items.filter((l) => l.price > 30).map((l) => l.title),
    }),
  },
  {
    name: 'strings',
    text: '{"name": $uppercase(customer.name), "host": $substringAfter(customer.email, "@"), "short": $substring(id, 0, 5), "label": id & " / " & customer.address.city, "skus": $join(items.sku, ",")}',
    hand: (o) => ({
      name: o.customer.name.toUpperCase(),
      host: o.customer.email.slice(o.customer.email.indexOf('@') + 1),
      short: o.id.slice(0, 5),
      label: `${o.id} / ${o.customer.address.city}`,
      skus: o.items.map((l) => l.sku).join(','),
    }),
  },
  {
    name: 'dates',
    text: '{"day": $fromMillis(placed, "[Y0001]-[M01]-[D01]"), "millis": $toMillis(date), "iso": $fromMillis(placed)}',
    hand: (o) => {
      const at = new Date(o.placed);
      return {
        day: `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`,
        millis: Date.parse(o.date),
        iso: at.toISOString(),
      };
    },
  },
  {
    name: 'conditions',
    text: '{"state": paid ? "paid" : "open", "size": total > 50 ? "large" : total > 20 ? "medium" : "small", "note": note ? note : "none"}',
    hand: (o) => ({
      state: o.paid ? 'paid' : 'open',
      size: o.total > 50 ? 'large' : o.total > 20 ? 'medium' : 'small',
      note: o.note ? o.note : 'none',
    }),
  },
  {
    name: 'group',
    text: 'items{sku: $sum(qty)}',
    hand: (o) => {
      const groups: Record<string, number> = {};
      for (const l of o.items) groups[l.sku] = (groups[l.sku] ?? 0) + l.qty;
      return groups;
    },
  },
  {
    name: 'sort',
    text: '[items^(>price, sku).sku]',
    hand: (o) => [...o.items].sort((a, b) => b.price - a.price || (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0)).map((l) => l.sku),
  },
  {
    name: 'join',
    text: '[items@$l.$$.shipments@$s[$s.sku = $l.sku].{"sku": $l.sku, "shipment": $s.id}]',
    hand: (o) => o.items.flatMap((l) => o.shipments.filter((s) => s.sku === l.sku).map((s) => ({ sku: l.sku, shipment: s.id }))),
  },
  {
    name: 'regular expressions',
    text: '{"digits": $replace(id, /[^0-9]+/, ""), "valid": $contains(customer.email, /^[^@]+@[^@]+$/)}',
    hand: (o) => ({ digits: o.id.replace(/[^0-9]+/g, ''), valid: /^[^@]+@[^@]+$/.test(o.customer.email) }),
  },
  {
    name: 'parent',
    text: '[items.attributes.{"sku": %.sku, "color": color}]',
    hand: (o) => o.items.map((l) => ({ sku: l.sku, color: l.attributes.color })),
  },
  {
    name: 'transform',
    text: '$ ~> |items|{"sum": qty * price}, "tags"|',
    hand: (o) => {
      const copy = JSON.parse(JSON.stringify(o)) as Order;
      for (const l of copy.items as (Line & { sum?: number })[]) {
        l.sum = l.qty * l.price;
        delete (l as Partial<Line>).tags;
      }
      return copy;
    },
  },
];

/** Where results go, so that no engine may leave out making them. */
const kept: { value: unknown } = { value: undefined };

/** µs per call: the least of several rounds over rotating orders, so that other work on the machine counts little. */
function measure(call: (order: Order) => unknown, orders: Order[], rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    let calls = 0;
    const start = performance.now();
    do {
      for (const one of orders) kept.value = call(one);
      calls += orders.length;
    } while (performance.now() - start < 15);
    best = Math.min(best, ((performance.now() - start) * 1000) / calls);
  }
  return best;
}

async function measurePackage(expression: jsonata.Expression, orders: Order[], rounds: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (const one of orders) await expression.evaluate(one);
    best = Math.min(best, ((performance.now() - start) * 1000) / orders.length);
  }
  return best;
}

const mean = (values: number[]): number => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
const rounded = (value: number): number => Number(value.toPrecision(3));

/** Mappings of orders by this engine, by hand-written JavaScript and by the package, in one run. */
export async function measureMappings(): Promise<Record<string, string | number>[]> {
  const random = randomFrom(7);
  const orders = Array.from({ length: 64 }, () => order(random) as unknown as Order);
  const rows: Record<string, string | number>[] = [];
  const ratios = { hand: [] as number[], package: [] as number[] };
  for (const { name, text, hand } of mappings) {
    const ours = compile(text);
    const theirs = jsonata(text);
    for (const one of orders) {
      const wanted = JSON.parse(JSON.stringify((await theirs.evaluate(one)) ?? null)) as unknown;
      if (!sameValue(ours.evaluate(one) ?? null, wanted)) throw new Error(`The mapping "${name}" gives another value than the package.`);
    }
    const handTime = measure(hand, orders, 10);
    const time = measure((one) => ours.evaluate(one), orders, 10);
    const packageTime = await measurePackage(theirs, orders, 10);
    ratios.hand.push(time / handTime);
    ratios.package.push(packageTime / time);
    rows.push({
      mapping: name,
      'hand µs': rounded(handTime),
      'engine µs': rounded(time),
      'package µs': rounded(packageTime),
      'times hand': rounded(time / handTime),
      'faster than package': rounded(packageTime / time),
    });
  }
  rows.push({
    mapping: 'geometric mean',
    'hand µs': '',
    'engine µs': '',
    'package µs': '',
    'times hand': rounded(mean(ratios.hand)),
    'faster than package': rounded(mean(ratios.package)),
  });
  return rows;
}

export const bench: Bench = {
  title: 'JSONata mappings of an order: this engine, hand-written JavaScript and the package',
  run: measureMappings,
};
