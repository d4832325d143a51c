import { createServer, type Server, type Socket } from 'node:net';
import type { Core, Handler } from './core.ts';
import { handlers } from './handlers/table.ts';
import { API, type ApiName } from './protocol/apis.ts';
import { ERROR } from './protocol/errors.ts';
import {
  createReader,
  createWriter,
  finish,
  MalformedRequest,
  readInt16,
  readInt32,
  readString,
  skipTags,
  writeInt16,
  writeInt32,
  writeUnsignedVarint,
} from './protocol/wire.ts';

/** Limits of the listener. */
export interface Limits {
  /** Largest request in bytes; a connection that announces more is closed. */
  maxRequestBytes: number;
  maxConnections: number;
}

/** The listener once it accepts connections. */
export interface Listener {
  port: number;
  /** Stops accepting, lets the answers under way go out, then closes all connections. */
  close(): Promise<void>;
}

/** Requests of one connection answered at once; beyond it, reading pauses. */
const MAX_IN_FLIGHT = 64;
/** Bytes of unsent answers beyond which reading pauses. */
const MAX_UNSENT = 8 * 1_048_576;

const byKey = new Map((Object.keys(API) as ApiName[]).map((name) => [API[name].key as number, name]));

interface Exchange {
  buffers: Buffer[] | undefined;
  /** The connection ends after this answer. */
  last: boolean;
}

function frame(buffers: readonly Buffer[]): Buffer[] {
  const size = Buffer.allocUnsafe(4);
  size.writeInt32BE(buffers.reduce((sum, part) => sum + part.length, 0));
  return [size, ...buffers];
}

/** "I do not know this request or version", in the shape every client can read at least the code of. */
function unsupported(correlation: number, isApiVersions: boolean): Exchange {
  const writer = createWriter();
  writeInt32(writer, correlation);
  if (!isApiVersions) {
    writeInt16(writer, ERROR.unsupportedVersion);
    // The layout of an unknown answer is unknown too, so the connection cannot go on after it.
    return { buffers: frame(finish(writer)), last: true };
  }
  API.apiVersions.response.write(
    writer,
    { errorCode: ERROR.unsupportedVersion, apis: [{ key: 18, min: API.apiVersions.min, max: API.apiVersions.max }], throttleTimeMs: 0 },
    0,
  );
  return { buffers: frame(finish(writer)), last: false };
}

async function answer(core: Core, request: Buffer, host: string, gone: AbortSignal): Promise<Exchange> {
  const reader = createReader(request);
  const key = readInt16(reader);
  const version = readInt16(reader);
  const correlation = readInt32(reader);
  const name = byKey.get(key);
  if (!name) return unsupported(correlation, false);
  const api = API[name];
  if (version < api.min || version > api.max) return unsupported(correlation, name === 'apiVersions');
  const flexible = version >= api.flexible;
  const clientId = readString(reader) ?? '';
  if (flexible) skipTags(reader);
  reader.flexible = flexible;
  const body = api.request.read(reader, version);
  const handler = handlers[name] as Handler<ApiName>;
  const response = await handler(core, body as never, { version, caller: { clientId, host }, gone });
  if (response === undefined) return { buffers: undefined, last: false };
  const writer = createWriter();
  writeInt32(writer, correlation);
  // ApiVersions answers with the old header in all versions: the client does not know yet what we speak.
  if (flexible && name !== 'apiVersions') writeUnsignedVarint(writer, 0);
  writer.flexible = flexible;
  (api.response as { write(w: typeof writer, value: unknown, v: number): void }).write(writer, response, version);
  return { buffers: frame(finish(writer)), last: false };
}

function serve(core: Core, socket: Socket, limits: Limits): void {
  const host = socket.remoteAddress ?? '';
  const gone = new AbortController();
  const end = () => gone.abort();
  core.closing.addEventListener('abort', end);
  let received: Buffer[] = [];
  let receivedBytes = 0;
  let needed = 4;
  let inFlight = 0;
  let tail: Promise<void> = Promise.resolve();

  function regulate(): void {
    const busy = inFlight >= MAX_IN_FLIGHT || socket.writableLength > MAX_UNSENT;
    if (busy && !socket.isPaused()) socket.pause();
    else if (!busy && socket.isPaused()) socket.resume();
  }

  function send(exchange: Exchange): void {
    if (socket.destroyed) return;
    if (exchange.buffers) {
      socket.cork();
      for (const buffer of exchange.buffers) socket.write(buffer);
      socket.uncork();
    }
    if (exchange.last) socket.end();
  }

  /** Requests begin at once and in order; their answers go out in the same order. */
  function take(request: Buffer): void {
    if (core.closing.aborted) {
      // Unanswered, so that the client asks again once the broker is back.
      socket.destroy();
      return;
    }
    inFlight++;
    const result = answer(core, request, host, gone.signal);
    result.catch(() => undefined); // Reported below, in its turn.
    tail = tail.then(async () => {
      try {
        send(await result);
      } catch (error) {
        const own = error instanceof MalformedRequest;
        core.warn(
          `${own ? 'A client sent a request that cannot be read' : 'A request failed inside the broker'}: ${(error as Error).message}`,
        );
        socket.destroy();
      }
      inFlight--;
      regulate();
    });
  }

  function gather(): Buffer {
    const all = received.length === 1 && received[0] ? received[0] : Buffer.concat(received);
    received = [];
    return all;
  }

  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    received.push(chunk);
    receivedBytes += chunk.length;
    if (receivedBytes < needed) return;
    const all = gather();
    let at = 0;
    while (all.length - at >= 4) {
      const size = all.readInt32BE(at);
      if (size < 8 || size > limits.maxRequestBytes) {
        core.warn(`Closed a connection from ${host}: it announced a request of ${size} bytes; up to ${limits.maxRequestBytes} are taken.`);
        socket.destroy();
        return;
      }
      if (all.length - at - 4 < size) break;
      take(all.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    const rest = all.subarray(at);
    receivedBytes = rest.length;
    needed = rest.length >= 4 ? 4 + rest.readInt32BE(0) : 4;
    if (rest.length > 0) received.push(rest);
    regulate();
  });
  socket.on('drain', regulate);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    core.closing.removeEventListener('abort', end);
    gone.abort();
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** Opens the port. Rejects with the system's error when it is taken or not allowed. */
export async function openListener(core: Core, place: { host: string; port: number }, limits: Limits): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(core, socket, limits);
  });
  server.maxConnections = limits.maxConnections;
  const port = await listen(server, place.host, place.port);
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.end();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 200);
      await closed;
      clearTimeout(cut);
    },
  };
}
