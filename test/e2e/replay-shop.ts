import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { Kafka, logLevel } from 'kafkajs';
import type { FlowRecord } from '#shared/api.ts';
import { until } from '../wait.ts';

/** A shop whose orders stand in a topic of its own, so that there is a past to look at and to replay. */

/** The flow: orders in, mapped, into a table that is updated by key, and into the log, which takes everything twice. */
export function shop(id: string, total = 'total', log = true): object {
  return {
    format: 1,
    id,
    name: `Shop ${id}`,
    nodes: [
      { id: 'orders', type: 'kafka.source', label: 'Orders', config: { topic: `${id}-orders` } },
      { id: 'map', type: 'map', label: 'To warehouse', config: { expression: `{\n  "id": id,\n  "total": ${total}\n}` } },
      { id: 'table', type: 'sqlite', label: 'Warehouse', config: { path: `${id}.db`, table: 'orders', keys: ['id'] } },
      ...(log ? [{ id: 'log', type: 'log', label: 'Log book', config: { text: 'id' } }] : []),
    ],
    edges: [
      { id: 'e1', from: { node: 'orders', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'table', port: 'in' } },
      ...(log ? [{ id: 'e3', from: { node: 'map', port: 'out' }, to: { node: 'log', port: 'in' } }] : []),
    ],
    layout: { positions: { orders: { x: 0, y: 0 }, map: { x: 304, y: 0 }, table: { x: 608, y: 0 }, log: { x: 608, y: 128 } } },
  };
}

export type Api = <T>(method: string, path: string, data?: unknown, more?: Record<string, string>) => Promise<T>;

/** The server's API with the admin's key. */
export function apiOf(page: Page): Api {
  return async <T>(method: string, path: string, data?: unknown, more: Record<string, string> = {}): Promise<T> => {
    const headers = { authorization: `Bearer ${process.env.MILLRACE_ADMIN_KEY}`, ...more };
    const answer = await page.request.fetch(path, { method, headers, ...(data !== undefined && { data }) });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return (await answer.json()) as T;
  };
}

/** Writes messages to a topic of the tests' broker, and makes it when it is missing. */
export async function write(topic: string, messages: { key: string; value: string; timestamp?: string }[]): Promise<void> {
  const port = (await readFile(join(process.env.MILLRACE_DATA ?? '', 'broker', 'port'), 'utf8')).trim();
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  for (let at = 0; at < messages.length; at += 1000) await producer.send({ topic, messages: messages.slice(at, at + 1000) });
  await producer.disconnect();
}

/** Orders with ids of their own. */
export const orders = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    key: `o-${from + n}`,
    value: JSON.stringify({ id: `o-${from + n}`, total: from + n, net: (from + n) / 2 }),
  }));

/** Stores the draft with another rule. */
export async function save(api: Api, flow: object & { id?: string }, id: string): Promise<void> {
  const { revision } = await api<FlowRecord>('GET', `/api/flows/${id}`);
  await api('PUT', `/api/flows/${id}`, flow, { 'if-match': `"${revision}"` });
}

/** Waits until so many messages are through, to the end of every stage. */
export async function through(api: Api, id: string, messages: number): Promise<void> {
  await until(`${messages} messages are through`, async () => {
    const status = await api<{ balance: { in: number; inFlight: number }; stages: { lag?: number }[] }>('GET', `/api/flows/${id}/status`);
    return status.balance.in >= messages && status.balance.inFlight === 0 && status.stages.every(({ lag }) => (lag ?? 0) === 0);
  });
}

/** Nothing serious in either theme. */
export async function holdAgainstAxe(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(grave.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  }
}

/** Pictures for a person to look at, when a folder for them is named. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder === undefined) return;
  for (const [scheme, width] of [
    ['light', 1440],
    ['dark', 1440],
    ['light', 1024],
    ['dark', 1024],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: join(folder, `${name}-${scheme}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
