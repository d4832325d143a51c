import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../client/mapper/preview-messages.ts';
import { mappingFiles } from '../shared/mapping/files.ts';
import type { Bench, Row } from './main.ts';

/** Keystrokes that are measured of each mapping, after those that warm the worker up. */
const strokes = 40;
const warm = 15;

/** A mapping of so many rows, of all the kinds that the realistic ones have. */
function largeMapping(rows: number): string {
  const kinds = [
    (i: number) => `"copy${i}": order.field${i}`,
    (i: number) => `"text${i}": order.first${i} & " " & order.last${i}`,
    (i: number) => `"sum${i}": order.a${i} * 2 + order.b${i}`,
    (i: number) => `"when${i}": order.a${i} > 5 ? "big" : "small"`,
    (i: number) => `"default${i}": order.none${i} ?? "none"`,
    (i: number) => `"table${i}": $lookup({ "1": "one", "2": "two" }, $string(order.a${i})) ?? "other"`,
    (i: number) => `"lines${i}": [order.items.{ "sku": $uppercase(sku), "net": price * quantity }]`,
    (i: number) => `"total${i}": $sum(order.items.(price * quantity))`,
  ];
  return `{\n${Array.from({ length: rows }, (_, i) => `  ${kinds[i % kinds.length]?.(i) ?? ''}`).join(',\n')}\n}`;
}

function largeMessage(rows: number): unknown {
  const fields = Array.from({ length: rows }, (_, i) => [
    [`field${i}`, `value ${i}`],
    [`first${i}`, 'Anna'],
    [`last${i}`, 'Lee'],
    [`a${i}`, i % 10],
    [`b${i}`, 1.5],
  ]).flat();
  const items = Array.from({ length: 5 }, (_, i) => ({ sku: `a-${i}`, price: 12.5, quantity: i }));
  return { order: { ...Object.fromEntries(fields), items } };
}

/** The engine of the preview in a worker thread, as in the browser. */
function startWorker(): {
  ask(message: ToWorker): void;
  next(turn: number): Promise<Extract<FromWorker, { kind: 'first' }>>;
  end(): Promise<unknown>;
} {
  const worker = new Worker(new URL('./preview-worker.mjs', import.meta.url));
  return {
    ask: (message) => worker.postMessage(message),
    next: (turn) =>
      new Promise((resolve, reject) => {
        const take = (message: FromWorker): void => {
          if (message.kind !== 'first' || message.turn !== turn) return;
          worker.off('message', take);
          worker.off('error', reject);
          resolve(message);
        };
        worker.on('message', take);
        worker.on('error', reject);
      }),
    end: () => worker.terminate(),
  };
}

/** Types a character, again and again, each time a text that the worker has not seen: from the keystroke until its results are back. */
async function measure(text: string, message: unknown): Promise<{ median: number; p95: number; inWorker: number }> {
  const worker = startWorker();
  worker.ask({ kind: 'messages', messages: [{ json: JSON.stringify(message), bindings: { key: null, headers: {}, timestamp: 0 } }] });
  const times: number[] = [];
  const inside: number[] = [];
  for (let turn = 1; turn <= warm + strokes; turn++) {
    const typed = `${text}\n/* ${'x'.repeat(turn)} */`;
    const began = performance.now();
    const answer = worker.next(turn);
    worker.ask({ kind: 'run', turn, text: typed, current: 0 });
    const { ms, preview } = await answer;
    if (preview === undefined || preview.rows.length === 0) throw new Error('The preview gave nothing.');
    if (turn <= warm) continue;
    times.push(performance.now() - began);
    inside.push(ms);
  }
  await worker.end();
  times.sort((a, b) => a - b);
  inside.sort((a, b) => a - b);
  const at = (list: readonly number[], share: number) => list[Math.floor(list.length * share)] ?? 0;
  return { median: at(times, 0.5), p95: at(times, 0.95), inWorker: at(inside, 0.5) };
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** How long the preview of one message takes after a keystroke; at most 100 ms, aimed at 50. */
export const bench: Bench = {
  title: 'Preview of the current message after a keystroke, in a worker',
  async run() {
    const erp = mappingFiles.find(({ name }) => name === 'shopify-order-to-erp.jsonata');
    if (erp === undefined) throw new Error('The realistic mapping is gone.');
    const cases: [string, string, unknown][] = [
      ['500 rows', largeMapping(500), largeMessage(500)],
      ['100 rows', largeMapping(100), largeMessage(100)],
      [`${erp.name}`, erp.text, { id: 1, line_items: [{ sku: 'a', quantity: 1, price: '2' }] }],
    ];
    const rows: Row[] = [];
    let base: number | undefined;
    for (const [mapping, text, message] of cases) {
      const { median, p95, inWorker } = await measure(text, message);
      base ??= median;
      rows.push({ mapping, median: ms(median), p95: ms(p95), 'in the worker': ms(inWorker), 'of 500 rows': (median / base).toFixed(2) });
    }
    return rows;
  },
};
