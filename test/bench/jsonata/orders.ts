import { order, randomFrom } from '../../shared/jsonata/random.ts';

export interface Line {
  sku: string;
  title: string;
  qty: number;
  price: number;
  pos: number;
  tags: string[];
  attributes: { color: string; weight: number; dims: number[] };
}

export interface Shipment {
  id: number;
  sku: string;
  parcels: { kg: number }[];
}

export interface Order {
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
  shipments: Shipment[];
}

/** Orders of four to seven lines, 1.5 to 2.2 KB as JSON; the same at every run. */
export function orders(count: number): Order[] {
  const random = randomFrom(7);
  const next = (): Order => order(random) as unknown as Order;
  return Array.from({ length: count }, () => {
    const one = next();
    const wanted = 4 + random.below(4);
    while (one.items.length < wanted) one.items.push(...next().items);
    one.items.length = wanted;
    for (const [at, line] of one.items.entries()) {
      line.pos = at;
      // As scales give it; a transform keeps 15 digits only.
      line.attributes.weight = Math.round(line.attributes.weight * 1000) / 1000;
    }
    return one;
  });
}
