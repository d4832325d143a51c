import { mapOrder, orderMapping } from './order-mapping.ts';
import type { Line, Order } from './orders.ts';

/** A mapping of an order in both languages. */
export interface Mapping {
  name: string;
  /** The expression. */
  text: string;
  /** The same by hand, as one would write it in JavaScript. */
  hand(order: Order): unknown;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Each kind of mapping alone, and all of them in one. */
export const mappings: Mapping[] = [
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
  { name: 'full order', text: orderMapping, hand: mapOrder },
];
