import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import file from '#server/nodes/file.ts';
import http from '#server/nodes/http.ts';
import log from '#server/nodes/log.ts';
import postgres from '#server/nodes/postgres.ts';
import sqlite from '#server/nodes/sqlite.ts';
import { MessageError, type NodeContext, type SinkMessage, type SinkRequest, type SinkType } from '#server/sdk.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { context, message } from './run.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-prepare-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sinkMessage = (value: unknown): SinkMessage => ({
  ...message(value),
  position: { topic: 'millrace.shop.it', partition: 0, offset: '0' },
  id: 'orders-3-4711#0',
});

function prepared(type: unknown, config: object, more: Partial<NodeContext> = {}): (value: unknown) => SinkRequest {
  const sink = type as SinkType;
  const make = sink.prepare?.(sink.config.parse(config), { ...context, filesFolder: folder, ...more });
  if (make === undefined) throw new Error(`${sink.type} does not say what it would send.`);
  return (value) => make(sinkMessage(value));
}

async function written(type: unknown, config: object, value: unknown, more: Partial<NodeContext> = {}): Promise<void> {
  const sink = type as SinkType;
  const instance = await sink.create(sink.config.parse(config), { ...context, filesFolder: folder, ...more });
  const outcome = await instance.write(
    { group: 'g', topic: 't', partition: 0, messages: [sinkMessage(value)] },
    new AbortController().signal,
  );
  await instance.close?.();
  expect(outcome).toBeUndefined();
}

const order = parseJson('{ "id": 9007199254740993, "customer": { "name": "Zoë" }, "total": 12.5 }');

describe('what a sink says that it would send', () => {
  it('is the call that the HTTP sink makes', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        seen.push({ request, body });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const config = {
      method: 'PUT',
      url: `"http://127.0.0.1:${port}/customers/" & id`,
      body: '{ "name": customer.name, "id": id }',
      headers: { 'X-Total': 'total' },
      auth: 'bearer',
      authSecret: 'token',
    };
    const more = { allowPrivate: [`127.0.0.1:${port}`], secret: () => 'abc-secret' };
    const { what, data } = prepared(http, config, { secret: () => '***' })(order);
    await written(http, config, order, more);
    server.close();
    expect(what).toBe(`PUT http://127.0.0.1:${port}/customers/9007199254740993`);
    const { method, url, headers, body } = data as { method: string; url: string; headers: Record<string, string>; body: unknown };
    const [call] = seen;
    expect({ method, url }).toEqual({ method: call?.request.method, url: `http://127.0.0.1:${port}${call?.request.url}` });
    expect(stringifyJson(body)).toBe(call?.body);
    expect(call?.request.headers).toMatchObject({ ...headers, authorization: 'Bearer abc-secret' });
    expect(headers.authorization).toBe('Bearer ***');
  });

  it('is the line that the file sink appends, in JSON Lines and CSV', async () => {
    const lines = { path: 'orders.jsonl' };
    const { data } = prepared(file, lines)(order);
    await written(file, lines, order);
    expect(data).toEqual({ path: 'orders.jsonl', line: (await readFile(join(folder, 'orders.jsonl'), 'utf8')).trimEnd() });

    const cells = { path: 'orders.csv', format: 'csv', columns: { id: 'id', name: 'customer.name' }, rotate: 'daily' };
    expect(prepared(file, cells)(order)).toEqual({
      what: 'a line of orders-2023-11-14.csv',
      data: { path: 'orders-2023-11-14.csv', cells: { id: '9007199254740993', name: 'Zoë' } },
    });
    await written(file, cells, order);
    expect(await readFile(join(folder, 'orders-2023-11-14.csv'), 'utf8')).toBe('id,name\n9007199254740993,Zoë\n');
  });

  it('is the row that a table sink writes', async () => {
    const table = { table: 'orders', keys: ['id'], columns: { id: 'id', name: 'customer.name', total: 'total' } };
    const row = '{"table":"orders","keys":{"id":9007199254740993},"row":{"id":9007199254740993,"name":"Zoë","total":12.5}}';
    for (const [type, more] of [
      [sqlite, { path: 'w.db', createTable: true }],
      [postgres, { connection: 'db' }],
    ] as const) {
      const { what, data } = prepared(type, { ...table, ...more })(order);
      expect([what, stringifyJson(data)]).toEqual(['the row of orders with id = 9007199254740993', row]);
    }
    await written(sqlite, { ...table, path: 'w.db', createTable: true }, order);
    const opened = new Database(join(folder, 'w.db'));
    const stored = opened.prepare('SELECT CAST(id AS TEXT) AS id, name, total FROM orders').all();
    opened.close();
    expect(stored).toEqual([{ id: '9007199254740993', name: 'Zoë', total: 12.5 }]);
  });

  it('is the line that the log sink logs', async () => {
    const logged: string[] = [];
    const config = { text: '"Order " & id', level: 'warn' };
    await written(log, config, order, { log: { ...context.log, warn: (line) => void logged.push(line) } });
    expect(prepared(log, config)(order)).toEqual({ what: 'a log line (warn)', data: { level: 'warn', text: logged[0] } });
  });

  it('is a refusal where the sink would refuse the message', () => {
    expect(() => prepared(http, { url: 'nothing' })(order)).toThrow(MessageError);
    expect(() => prepared(sqlite, { path: 'w.db', table: 'orders', keys: ['sku'] })(order)).toThrow(MessageError);
    expect(() => prepared(file, { path: 'x.csv', format: 'csv' })('text')).toThrow(MessageError);
    expect(() => prepared(log, { text: '$number("x")' })(order)).toThrow(MessageError);
  });

  it('hides a password that stands in an address', () => {
    const { what } = prepared(http, { url: '"https://me:geheim@example.com/x"' })(order);
    expect(what).toBe('POST https://me:***@example.com/x');
  });
});
