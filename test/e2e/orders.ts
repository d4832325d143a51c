import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { Kafka, logLevel } from 'kafkajs';
import { parseJson } from '#shared/json.ts';

/** Orders of a web shop as the shop writes them, and what other applications want of them. */

const people = [
  ['Anna', 'Lee', 'DE'],
  ['Tom', 'Ek', 'SE'],
  ['Maria', 'Cruz', 'ES'],
] as const;

/** The status that the shop writes, in the order in which orders have them. */
export const shopStates = ['new', 'paid', 'sent'] as const;

/** The order of this number, as JSON text with an id that a double would change. */
export function orderText(n: number): string {
  const [first, last, country] = people[n % people.length] ?? people[0];
  const items = Array.from({ length: (n % 3) + 1 }, (_, i) => ({
    sku: `SKU-${i + 1}`,
    title: ['Cup', 'Pot', 'Tea'][i],
    quantity: i + 1,
    price: 4.5 * (i + 1),
  }));
  const order = {
    created_at: `2026-11-20T10:${String(n % 60).padStart(2, '0')}:00Z`,
    status: shopStates[Math.floor(n / people.length) % shopStates.length],
    currency: 'EUR',
    customer: {
      id: `c-${n % people.length}`,
      first_name: first,
      last_name: last,
      email: `${first}.${last}@example.com`.toLowerCase(),
      phone: `+49 30 ${1000 + n}`,
      country,
    },
    shipping: { street: `${n} Main St`, city: 'Berlin', zip: '10115', country },
    items,
    newsletter: n % 2 === 0,
    total: items.reduce((sum, item) => sum + item.quantity * item.price, 0),
  };
  return `{"id":${9007199254740993n + BigInt(2 * n)},${JSON.stringify(order).slice(1)}`;
}

/** Writes orders to a topic of the tests' embedded broker, as the shop does, and makes the topic when it is missing; none of no orders. */
export async function writeOrders(topic: string, from: number, count: number): Promise<void> {
  await withKafka(async (kafka) => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    await admin.disconnect();
    if (count === 0) return;
    const producer = kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: count }, (_, i) => ({ key: `c-${(from + i) % people.length}`, value: orderText(from + i) }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  });
}

/** Writes messages to a topic of the tests' embedded broker, and makes the topic when it is missing. */
export async function writeMessages(topic: string, messages: { key: string; value: string }[]): Promise<void> {
  await withKafka(async (kafka) => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
    await admin.disconnect();
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();
  });
}

/** All values of a topic as JSON texts, once they are enough. */
export async function readValues(topic: string, enough: (values: readonly string[]) => boolean): Promise<string[]> {
  return withKafka(async (kafka) => {
    const consumer = kafka.consumer({ groupId: `reader-${topic}-${Date.now()}` });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ message }) => {
            values.push(message.value?.toString() ?? '');
            if (enough(values)) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return values;
  });
}

async function withKafka<T>(use: (kafka: Kafka) => Promise<T>): Promise<T> {
  const port = (await readFile(join(process.env.MILLRACE_DATA ?? '', 'broker', 'port'), 'utf8')).trim();
  return use(new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING }));
}

const text = { type: 'string' };
const number = { type: 'number' };

/** What the CRM wants of an order, as JSON Schema: a customer with joined names, a status of its own, and the lines. */
export const crmCustomer = {
  type: 'object',
  required: ['customerNo', 'fullName', 'email', 'status', 'lines'],
  properties: {
    customerNo: text,
    fullName: text,
    email: text,
    phone: text,
    country: text,
    status: { type: 'string', enum: ['open', 'won', 'closed'] },
    lastOrderNo: number,
    lastOrderDate: { type: 'string', format: 'date-time' },
    currency: text,
    lines: {
      type: 'array',
      items: { type: 'object', required: ['sku', 'quantity'], properties: { sku: text, quantity: number, price: number } },
    },
  },
};

/** What marketing wants: a contact. */
export const marketingContact = {
  type: 'object',
  required: ['contactId', 'emailAddress'],
  properties: {
    contactId: text,
    emailAddress: text,
    firstName: text,
    lastName: text,
    phoneNumber: text,
    countryCode: text,
    city: text,
    newsletter: { type: 'boolean' },
    lastOrderAt: { type: 'string', format: 'date-time' },
    lastOrderTotal: number,
  },
};

/** What the ERP wants: an order with its lines. */
export const erpOrder = {
  type: 'object',
  required: ['orderNo', 'customerNo', 'lines', 'total'],
  properties: {
    orderNo: number,
    customerNo: text,
    orderDate: { type: 'string', format: 'date-time' },
    currency: text,
    total: number,
    shipTo: { type: 'object', properties: { street: text, city: text, postalCode: text, country: text } },
    lines: {
      type: 'array',
      items: { type: 'object', required: ['sku', 'qty'], properties: { sku: text, description: text, qty: number, unitPrice: number } },
    },
  },
};

/** A row of the warehouse, flat. */
export const warehouseRow = {
  type: 'object',
  required: ['order_id', 'total'],
  properties: {
    order_id: number,
    ordered_at: { type: 'string', format: 'date-time' },
    status: text,
    currency: text,
    total: number,
    customer_id: text,
    customer_email: text,
    customer_country: text,
    ship_city: text,
    ship_zip: text,
  },
};

/** Holds what arrived at the CRM to what the mapping promises: joined names, a status of the CRM's own, lines as a list. */
export function expectCustomers(values: readonly string[]): void {
  for (const text of values) {
    const customer = parseJson(text) as { fullName: string; status: string; lines: unknown };
    expect(customer.fullName).toMatch(/^(Anna Lee|Tom Ek|Maria Cruz)$/);
    expect(['open', 'won', 'closed']).toContain(customer.status);
    expect(Array.isArray(customer.lines)).toBe(true);
  }
}
