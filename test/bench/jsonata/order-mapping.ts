import type { Order } from './orders.ts';

/** An order of thirty fields for another system: the mapping that people draw in earnest, with a bit of everything. */
export const orderMapping = `(
  $gross := $sum(items.(qty * price));
  $discount := function($amount){ $amount > 200 ? $round($amount * 0.08, 2) : 0 };
  $label := function($line){ $line.sku & ": " & $line.title };
  {
    "orderId": id,
    "number": $number($replace(id, /[^0-9]+/, "")),
    "placedOn": $fromMillis(placed, "[Y0001]-[M01]-[D01]"),
    "placedAt": $fromMillis(placed),
    "dueMillis": $toMillis(date) + 1209600000,
    "state": paid ? "paid" : "open",
    "priority": total > 75 ? "high" : total > 25 ? "normal" : "low",
    "remark": note ? note : "none",
    "customer": {
      "name": customer.name,
      "mail": $lowercase(customer.email),
      "mailValid": $contains(customer.email, /^[^@]+@[^@]+$/),
      "host": $substringAfter(customer.email, "@"),
      "short": $uppercase($substring(customer.name, 0, 3)),
      "address": {
        "lines": $join(customer.address.lines, ", "),
        "city": customer.address.zip & " " & customer.address.city
      },
      "phone": customer.phones[kind = "work"].number
    },
    "lines": [items#$i.{
      "no": $i + 1,
      "sku": sku,
      "title": title,
      "quantity": qty,
      "net": $round(qty * price, 2),
      "color": attributes.color ? attributes.color : "none",
      "urgent": "urgent" in tags
    }],
    "bulk": [items[qty > 2 and price < 100].sku],
    "dear": [$filter(items, function($l){ $l.price > 30 }).title],
    "labels": [$map(items, $label)],
    "pieces": $reduce(items, function($sum, $l){ $sum + $l.qty }, 0),
    "lineCount": $count(items),
    "highest": $max(items.price),
    "gross": $round($gross, 2),
    "discount": $discount($gross),
    "toPay": $round($gross - $discount($gross), 2),
    "quantities": items{sku: $sum(qty)},
    "ranking": [items^(>price, sku).sku],
    "deliveries": [items@$l.$$.shipments@$s[$s.sku = $l.sku].{"sku": $l.sku, "shipment": $s.id}],
    "colors": [items.attributes.{"sku": %.sku, "color": color}],
    "skus": $join($distinct(items.sku), ","),
    "weight": $sum(items.(qty * attributes.weight)),
    "parcels": $count(shipments.parcels),
    "kilograms": $sum(shipments.parcels.kg)
  }
)`;

const cents = (amount: number): number => Math.round(amount * 100) / 100;
const two = (n: number): string => String(n).padStart(2, '0');
const discountOf = (amount: number): number => (amount > 200 ? cents(amount * 0.08) : 0);

/** The same by hand. */
export function mapOrder(o: Order): unknown {
  const gross = o.items.reduce((sum, l) => sum + l.qty * l.price, 0);
  const placed = new Date(o.placed);
  const quantities: Record<string, number> = {};
  for (const l of o.items) quantities[l.sku] = (quantities[l.sku] ?? 0) + l.qty;
  const parcels = o.shipments.flatMap((s) => s.parcels);
  const { name, email, address, phones } = o.customer;
  const mapped: Record<string, unknown> = {
    orderId: o.id,
    number: Number(o.id.replace(/[^0-9]+/g, '')),
    placedOn: `${placed.getUTCFullYear()}-${two(placed.getUTCMonth() + 1)}-${two(placed.getUTCDate())}`,
    placedAt: placed.toISOString(),
    dueMillis: Date.parse(o.date) + 1209600000,
    state: o.paid ? 'paid' : 'open',
    priority: o.total > 75 ? 'high' : o.total > 25 ? 'normal' : 'low',
    remark: o.note ? o.note : 'none',
    customer: {
      name,
      mail: email.toLowerCase(),
      mailValid: /^[^@]+@[^@]+$/.test(email),
      host: email.slice(email.indexOf('@') + 1),
      short: [...name].slice(0, 3).join('').toUpperCase(),
      address: { lines: address.lines.join(', '), city: `${address.zip} ${address.city}` },
      phone: phones.find((phone) => phone.kind === 'work')?.number,
    },
    lines: o.items.map((l, i) => ({
      no: i + 1,
      sku: l.sku,
      title: l.title,
      quantity: l.qty,
      net: cents(l.qty * l.price),
      color: l.attributes.color ? l.attributes.color : 'none',
      urgent: l.tags.includes('urgent'),
    })),
    bulk: o.items.filter((l) => l.qty > 2 && l.price < 100).map((l) => l.sku),
    dear: o.items.filter((l) => l.price > 30).map((l) => l.title),
    labels: o.items.map((l) => `${l.sku}: ${l.title}`),
    pieces: o.items.reduce((sum, l) => sum + l.qty, 0),
    lineCount: o.items.length,
    highest: o.items.reduce((max, l) => Math.max(max, l.price), Number.NEGATIVE_INFINITY),
    gross: cents(gross),
    discount: discountOf(gross),
    toPay: cents(gross - discountOf(gross)),
    quantities,
    ranking: [...o.items].sort((a, b) => b.price - a.price || (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0)).map((l) => l.sku),
    deliveries: o.items.flatMap((l) => o.shipments.filter((s) => s.sku === l.sku).map((s) => ({ sku: l.sku, shipment: s.id }))),
    colors: o.items.map((l) => ({ sku: l.sku, color: l.attributes.color })),
    skus: [...new Set(o.items.map((l) => l.sku))].join(','),
    weight: o.items.reduce((sum, l) => sum + l.qty * l.attributes.weight, 0),
    parcels: parcels.length,
  };
  // The sum of nothing is nothing.
  if (parcels.length > 0) mapped.kilograms = parcels.reduce((sum, parcel) => sum + parcel.kg, 0);
  return mapped;
}
