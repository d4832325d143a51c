import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeContext, SinkBatch, SinkInstance, SinkMessage, SourceContext, WriteOutcome } from '#server/sdk.ts';
import type { Position } from '#shared/message.ts';

/** What a node's context recorded. */
export interface LogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  fields: object | undefined;
}

/** A node context with a files folder of its own; `lines` collects what was logged. */
export function testContext(given: Partial<NodeContext> & { secrets?: Record<string, string> } = {}): NodeContext & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: LogLine['level']) => (message: string, fields?: object) => void lines.push({ level, message, fields });
  return {
    flow: 'shop',
    version: 1,
    node: 'node',
    label: 'Node',
    secret(name) {
      const value = given.secrets?.[name];
      if (value === undefined) throw new Error(`There is no secret ${name}.`);
      return value;
    },
    filesFolder: given.filesFolder ?? mkdtempSync(join(tmpdir(), 'millrace-files-')),
    bindings: {},
    allowPrivate: [],
    call: (_call, perform) => perform(),
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    lines,
    ...given,
  };
}

/** Events as a source's topic holds them. */
export type Recalled = { key: string | null; headers: Record<string, string>; timestamp: number };

/** A source context whose topic is the array `topic`; `refusals` collects the reasons of refused events. */
export function sourceContext(given: Parameters<typeof testContext>[0] & { topic?: Recalled[] } = {}) {
  const topic = given.topic ?? [];
  const refusals: string[] = [];
  const context: SourceContext & { refusals: string[]; lines: LogLine[] } = {
    ...testContext(given),
    async *recall(sinceMs) {
      for (const event of topic) if (event.timestamp >= sinceMs) yield event;
    },
    refused: (reason) => void refusals.push(reason),
    refusals,
  };
  return context;
}

/** A message as a deliver stage hands it to a sink. */
export function sinkMessage(offset: number, value: unknown, given: Partial<SinkMessage> = {}): SinkMessage {
  const position: Position = { topic: 'millrace.shop.node', partition: 0, offset: String(offset) };
  return {
    key: `k${offset}`,
    value,
    headers: {},
    timestamp: 1_700_000_000_000 + offset,
    origin: { topic: 'orders', partition: 0, offset: String(offset) },
    position,
    id: `orders-0-${offset}#0`,
    ...given,
  };
}

/** Messages of partition 0 as a batch of the group `millrace.shop.node`. */
export function sinkBatch(messages: SinkMessage[], given: Partial<SinkBatch> = {}): SinkBatch {
  return { group: 'millrace.shop.node', topic: 'millrace.shop.node', partition: 0, messages, ...given };
}

/** Writes and gives one outcome for each message, whatever short form the sink answered with. */
export async function writeAll(sink: SinkInstance, batch: SinkBatch, signal = new AbortController().signal): Promise<WriteOutcome[]> {
  return (await sink.write(batch, signal)) ?? batch.messages.map(() => undefined);
}

/** Error codes of outcomes; `ok` for written. */
export function codes(outcomes: WriteOutcome[]): string[] {
  return outcomes.map((outcome) => outcome?.code ?? 'ok');
}

/** One request that a test server got. */
export interface Got {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A real HTTP server on a free port of 127.0.0.1. */
export async function testServer(
  answer: (got: Got, response: ServerResponse) => void | Promise<void>,
): Promise<{ url: string; port: number; got: Got[]; close(): Promise<void> }> {
  const got: Got[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
    got.push(one);
    await answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    got,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
