import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { stringifyJson } from '#shared/json.ts';
import { sandboxStore } from './sandbox-store.ts';

/** The applications that take records over HTTP, and the collection each is about. */
export const sandboxApps = { crm: 'customers', marketing: 'contacts', erp: 'orders' } as const;
/** File of the demo warehouse inside the files folder; the demo flow's table sink writes it. */
export const warehouseFile = 'warehouse.db';

/** A request to the sandbox; `path` with or without `/sandbox/` in front. */
export interface SandboxRequest {
  method: string;
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body: Uint8Array;
}
/** Its answer; the body is JSON. */
export interface SandboxResponse {
  status: number;
  headers?: Record<string, string>;
  body: string;
}
/** Four imaginary applications that the demo flow delivers to. */
export interface Sandbox {
  handle(request: SandboxRequest): Promise<SandboxResponse>;
  /** Ends waiting answers and closes the file. */
  close(): void;
}

const modeSchema = z.object({
  mode: z.enum(['ok', 'fail', 'slow', '429', 'reject', 'lost']),
  /** How long each answer takes, in milliseconds, when slow. */
  delayMs: z.number().int().min(0).max(60_000).default(2000),
  /** Retry-After of a 429, in seconds. */
  retryAfter: z.number().int().min(0).max(3600).default(2),
  /** The part of the requests that it concerns, 0 to 1. */
  share: z.number().min(0).max(1).default(1),
});
/** How an application behaves: `lost` writes the record and then answers 503, as when an answer gets lost. */
export type SandboxMode = z.infer<typeof modeSchema>;

/**
 * Opens the sandbox. Everything is kept in `sandbox.db` under `folder`, so that it outlives a restart like a real
 * application would.
 * @param options.filesFolder where the flow's table sink writes the warehouse; default `folder`
 */
export function createSandbox(options: { folder: string; filesFolder?: string }): Sandbox {
  mkdirSync(options.folder, { recursive: true });
  const store = sandboxStore(join(options.folder, 'sandbox.db'));
  const warehouse = join(options.filesFolder ?? options.folder, warehouseFile);
  const closing = new AbortController();

  function modeOf(app: string): SandboxMode {
    return modeSchema.parse(store.mode(app) ?? { mode: 'ok' });
  }

  async function write(app: string, collection: string, id: string | undefined, request: SandboxRequest): Promise<SandboxResponse> {
    const mode = modeOf(app);
    const concerned = Math.random() < mode.share;
    if (concerned && mode.mode === 'slow') await wait(mode.delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
    if (closing.signal.aborted) return answer(503, { error: 'The sandbox is closing.' });
    if (concerned && mode.mode === 'fail') return refused(app, 503, 'This application was told to fail.');
    if (concerned && mode.mode === '429')
      return { ...refused(app, 429, 'Too many requests.'), headers: { ...json, 'retry-after': String(mode.retryAfter) } };
    if (concerned && mode.mode === 'reject') return refused(app, 422, 'This application was told to refuse every record.');

    const key = request.headers['idempotency-key'];
    const print = createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.body).digest('base64url');
    const before = key === undefined ? undefined : store.answer(app, key);
    if (before) {
      if (before.print !== print) return refused(app, 422, 'This idempotency key was used for another record.');
      store.count(app, 'duplicates');
      return { ...answer(before.status, before.body), headers: { ...json, 'idempotent-replayed': 'true' } };
    }
    const text = Buffer.from(request.body).toString('utf8');
    const record = parseObject(text);
    if (!record) return refused(app, 400, 'The body is not a JSON object.');
    const written = store.write(
      app,
      collection,
      id ?? (typeof record.id === 'string' ? record.id : undefined),
      text,
      key === undefined ? undefined : { key, print },
    );
    if (concerned && mode.mode === 'lost') return refused(app, 503, 'The record is written, but this answer says that it is not.');
    return answer(written.status, written.body);
  }

  function refused(app: string, status: number, error: string): SandboxResponse {
    store.count(app, 'refused');
    return answer(status, { error });
  }

  function setMode(app: string, body: Uint8Array): SandboxResponse {
    const parsed = modeSchema.safeParse(parseObject(Buffer.from(body).toString('utf8')));
    if (!parsed.success)
      return answer(400, {
        error: `Send one of {"mode": "ok" | "fail" | "slow" | "429" | "reject" | "lost"}: ${z.prettifyError(parsed.error)}`,
      });
    store.setMode(app, parsed.data);
    return answer(200, summary(app));
  }

  function summary(app: string): object {
    return { app, ...modeOf(app), ...store.counts(app), last: store.records(app, undefined, 10) };
  }

  /** The warehouse is no web application but a table in a file, so it is looked into. */
  function readWarehouse<T>(read: (database: Database.Database) => T, none: T): T {
    if (!existsSync(warehouse)) return none;
    const database = new Database(warehouse, { timeout: 5000 });
    try {
      const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'orders'").get();
      // Digits of 64-bit integers survive only as BigInt.
      return table ? read(database.defaultSafeIntegers(true)) : none;
    } finally {
      database.close();
    }
  }

  function warehouseRecords(limit: number): object[] {
    return readWarehouse((database) => database.prepare('SELECT * FROM orders ORDER BY rowid DESC LIMIT ?').all(limit) as object[], []).map(
      (row) =>
        Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typeof value === 'bigint' ? exactly(value) : value])),
    );
  }

  function warehouseSummary(): object {
    const records = readWarehouse((database) => Number((database.prepare('SELECT count(*) AS n FROM orders').get() as { n: bigint }).n), 0);
    return { app: 'warehouse', mode: 'ok', records, writes: records, duplicates: 0, refused: 0, last: warehouseRecords(10) };
  }

  return {
    async handle(request) {
      const { path } = request;
      const [app, collection, id, ...rest] = path
        .replace(/^\/?(sandbox(\/|$))?/, '')
        .split('/')
        .filter((part) => part !== '')
        .map(decode);
      const { method } = request;
      const limit = Math.min(1000, Number(request.query?.limit ?? 100) || 100);
      if (app === undefined) {
        if (method !== 'GET') return answer(405, { error: 'GET shows all applications.' });
        return answer(200, [...Object.keys(sandboxApps).map(summary), warehouseSummary()]);
      }
      if (app === 'warehouse') {
        if (method === 'GET' && collection === undefined) return answer(200, warehouseSummary());
        if (method === 'GET' && collection === 'records') return answer(200, warehouseRecords(limit));
        if (method === 'DELETE' && collection === undefined) {
          readWarehouse((database) => void database.exec('DELETE FROM orders'), undefined);
          return answer(200, warehouseSummary());
        }
        return answer(405, { error: 'The warehouse is a table: GET, GET /records and DELETE look at it and empty it.' });
      }
      if (!Object.hasOwn(sandboxApps, app) || rest.length > 0)
        return answer(404, {
          error: `There is no ${path}. The applications are ${[...Object.keys(sandboxApps), 'warehouse'].join(', ')}.`,
        });
      if (collection === undefined) {
        if (method === 'GET') return answer(200, summary(app));
        if (method !== 'DELETE') return answer(405, { error: 'GET shows the application, DELETE empties it.' });
        store.reset(app);
        return answer(200, summary(app));
      }
      if (collection === 'mode' && id === undefined && (method === 'POST' || method === 'PUT')) return setMode(app, request.body);
      if (collection === 'records' && method === 'GET') return answer(200, store.records(app, undefined, limit));
      if (method === 'GET') {
        const found = store.records(app, { collection, id }, limit);
        if (id === undefined) return answer(200, found);
        return found[0] ? answer(200, found[0]) : answer(404, { error: `There is no ${collection}/${id}.` });
      }
      if ((method === 'POST' && id === undefined) || (method === 'PUT' && id !== undefined)) return write(app, collection, id, request);
      return answer(405, { error: 'POST /<collection> or PUT /<collection>/<id> writes a record.' });
    },
    close() {
      closing.abort();
      store.close();
    },
  };
}

const json = { 'content-type': 'application/json; charset=utf-8' };

function answer(status: number, body: unknown): SandboxResponse {
  return { status, headers: json, body: typeof body === 'string' ? body : (stringifyJson(body) ?? '') };
}

function exactly(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
