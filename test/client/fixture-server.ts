import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '#shared/api.ts';
import type { ServerEvent } from '#shared/events.ts';
import type { Flow } from '#shared/flow.ts';
import * as data from './fixture-data.ts';
import * as flows from './fixture-flows.ts';

/**
 * Answers the studio's API with made-up data, for screenshots and for work on the studio alone: the studio's tests
 * against the real server are in test/e2e. `mode` shows the other states: empty lists, failing lists, never answering,
 * or nobody signed in.
 */
export type FixtureMode = 'full' | 'empty' | 'failed' | 'slow' | 'signed-out';

const dist = fileURLToPath(new URL('../../dist/client/', import.meta.url));
const mimeTypes: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

/** Starts it on a port (0 = a free one) and resolves when it listens. The server stops with `close`. */
export async function startFixtureServer(
  port = 0,
  initial: FixtureMode = 'full',
): Promise<{ url: string; setMode: (mode: FixtureMode) => void; close: () => Promise<void> }> {
  let mode = initial;
  let signedIn = initial !== 'signed-out';
  const began = Date.now();
  const plots = flows.plots.map((plot) => ({ ...plot }));
  const documents = new Map<string, { flow: Flow; revision: number }>(
    plots.map((plot) => [plot.id, { flow: flows.documentOf(plot), revision: 3 }]),
  );
  const streams = new Set<ServerResponse>();
  const push = (event: ServerEvent): void => {
    for (const stream of streams) stream.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const statuses = () => (mode === 'empty' ? [] : plots.map((plot) => flows.statusOf(plot, Date.now() - began)));
  const timer = setInterval(() => push({ type: 'status', flows: statuses() }), 1000);

  const problem = (response: ServerResponse, status: number, detail: string): void =>
    send(response, status, { type: 'about:blank', title: 'Problem', status, detail, problems: [] }, 'application/problem+json');
  const list = <T>(items: T[]): T[] => (mode === 'empty' ? [] : items);

  async function api(request: IncomingMessage, response: ServerResponse, path: string): Promise<unknown> {
    const method = request.method ?? 'GET';
    const route = `${method} ${path}`;
    const body = method === 'GET' || method === 'DELETE' ? undefined : await readBody(request);
    if (route === 'POST /api/session') {
      const { key, link } = body as { key?: string; link?: string };
      if (key !== 'demo' && link !== 'demo') return problem(response, 401, 'Unknown key.');
      signedIn = true;
      return send(response, 200, data.me);
    }
    if (route === 'DELETE /api/session') {
      signedIn = false;
      return send(response, 204);
    }
    if (!signedIn) return problem(response, 401, 'Sign in first.');
    if (route === 'GET /api/me') return send(response, 200, data.me);
    if (route === 'GET /api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      streams.add(response);
      request.on('close', () => streams.delete(response));
      push({ type: 'hello', at: Date.now(), serverVersion: '0.1.0' });
      return push({ type: 'status', flows: statuses() });
    }
    if (mode === 'slow') return;
    if (mode === 'failed')
      return problem(
        response,
        500,
        'The store did not answer within 5 s. Nothing was changed; check the disk of the server, then load again.',
      );
    switch (route) {
      case 'GET /api/node-types':
        return send(response, 200, data.catalog);
      case 'GET /api/flows':
        return send(response, 200, list(plots.map((plot) => flows.summaryOf(plot, Date.now() - began))));
      case 'POST /api/flows': {
        const flow = body as Flow;
        const plot = {
          id: flow.id,
          name: flow.name,
          by: data.me.name,
          edited: 0,
          nodes: flow.nodes.length,
          inPerMinute: 0,
          outPerMinute: 0,
          dead: 0,
          level: 'off' as const,
          state: 'stopped' as const,
          sentence: 'Draft, never deployed',
        };
        plots.push(plot);
        documents.set(flow.id, { flow, revision: 1 });
        push({ type: 'flow-changed', flow: flow.id, revision: 1 });
        return send(response, 201, flows.recordOf(plot, flow, 1));
      }
      case 'GET /api/topics':
        return send(response, 200, list(data.topics));
      case 'GET /api/secrets':
        return send(response, 200, list(data.secrets));
      case 'GET /api/keys':
        return send(response, 200, list(data.keys));
      case 'POST /api/keys':
        return send(response, 201, {
          id: 'k9',
          createdAt: new Date().toISOString(),
          ...(body as object),
          key: 'mr_7f3c9a1e5b2d8046_made_up_for_pictures',
        });
      case 'GET /api/audit':
        return send(response, 200, list(data.audit()));
    }
    if (/^(PUT|DELETE) \/api\/(secrets|keys)\//.test(route))
      return send(response, method === 'PUT' ? 200 : 204, method === 'PUT' ? data.secrets[0] : undefined);
    return flowRoute(request, response, method, path, body);
  }

  function flowRoute(request: IncomingMessage, response: ServerResponse, method: string, path: string, body: unknown): unknown {
    const [, id = '', rest = ''] = /^\/api\/flows\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const plot = plots.find((each) => each.id === id);
    const stored = documents.get(id);
    if (plot === undefined || stored === undefined) return problem(response, 404, `There is no flow with the id ${id}.`);
    const status = () => flows.statusOf(plot, Date.now() - began);
    if (rest === '' && method === 'GET')
      return send(response, 200, flows.recordOf(plot, stored.flow, stored.revision), 'application/json', { etag: `"${stored.revision}"` });
    if (rest === '' && method === 'PUT') {
      if (request.headers['if-match'] !== `"${stored.revision}"`)
        return problem(response, 412, 'Somebody else saved this flow since you opened it.');
      const next = { flow: body as Flow, revision: stored.revision + 1 };
      documents.set(id, next);
      return send(response, 200, flows.recordOf(plot, next.flow, next.revision), 'application/json', { etag: `"${next.revision}"` });
    }
    if (rest === '' && method === 'DELETE') {
      plots.splice(plots.indexOf(plot), 1);
      push({ type: 'flow-removed', flow: id });
      return send(response, 204);
    }
    if (rest === 'check') return send(response, 200, { problems: data.preview.problems });
    if (rest === 'preview') return send(response, 200, { ...data.preview, nextVersion: (plot.version ?? 0) + 1 });
    if (rest === 'status') return send(response, 200, status());
    if (rest === 'tap') return send(response, 200, data.samples);
    if (rest === 'dead-letters') return send(response, 200, id === flows.shop.id ? list(data.deadLetters()) : []);
    if (rest === 'versions' && method === 'GET') return send(response, 200, []);
    if (rest === 'try') return send(response, 200, { problems: [], nodes: {} });
    if (rest === 'stop') {
      Object.assign(plot, { state: 'stopped', level: 'off', sentence: 'Stopped; messages wait in their topics' });
      return send(response, 200, status());
    }
    if (rest === 'deploy') {
      const replaced = plot.version;
      plot.version = (replaced ?? 0) + 1;
      const deployment: Deployment = {
        flow: id,
        version: plot.version,
        deployedAt: new Date().toISOString(),
        deployedBy: data.me.name,
        ...(replaced !== undefined && { replaced }),
        barrier: data.preview.groups.flatMap(({ group, stage }) =>
          [0, 1].map((partition) => ({
            group,
            topic: `millrace.${id}.${stage === 'transform' ? 'orders' : stage}`,
            partition,
            offset: String(48_211 + partition),
          })),
        ),
        topicsCreated: ['millrace.web-shop-orders.warehouse'],
        status: { ...status(), health: { level: 'ok', sentence: 'Keeping up, less than 1 s behind' } },
      };
      setTimeout(() => send(response, 200, deployment), 600);
      return;
    }
    problem(response, 404, `The fixture does not know ${method} ${path}.`);
  }

  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://fixture').pathname;
    const answer = path.startsWith('/api/') ? api(request, response, path) : file(response, path);
    answer.catch((error: unknown) => problem(response, 500, String(error)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  return {
    url,
    setMode: (next) => {
      mode = next;
      signedIn = next !== 'signed-out';
    },
    close: () => {
      clearInterval(timer);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  type = 'application/json',
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

/** A file of the built studio; every other address gets its page, because the browser does the routing. */
async function file(response: ServerResponse, path: string): Promise<void> {
  const name = extname(path) === '' ? 'index.html' : normalize(path).replace(/^[/\\.]+/, '');
  try {
    const content = await readFile(join(dist, name));
    response.writeHead(200, { 'content-type': mimeTypes[extname(name)] ?? 'application/octet-stream' });
    response.end(content);
  } catch {
    response.writeHead(404);
    response.end();
  }
}

const [, script, chosenPort = '3499', chosenMode = 'full'] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const fixture = await startFixtureServer(Number(chosenPort), chosenMode as FixtureMode);
  console.log(`The studio with made-up data: ${fixture.url}`);
}
