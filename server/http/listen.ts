import { createServer, type RequestListener, type Server } from 'node:http';

/** A server that listens. */
export interface Listening {
  /** `http://host:port`, without a slash at its end; a name that a browser can open even when all addresses are listened on. */
  url: string;
  port: number;
  /** Takes no new requests, lets running ones end for up to 3 seconds, then ends their connections. */
  close(): Promise<void>;
}

/** How long running requests may take after the server was told to close, in ms. */
const graceMs = 3000;

/**
 * Listens on a host and port (0: any free one). Rejects with one sentence when the port is taken, may not be used, or
 * the host is none of this machine.
 */
export async function listen(app: { handler: RequestListener; close(): void }, where: { host: string; port: number }): Promise<Listening> {
  const server = createServer(app.handler);
  await start(server, where);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : where.port;
  const host = where.host === '0.0.0.0' || where.host === '::' ? 'localhost' : where.host;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async close() {
      app.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(late);
    },
  };
}

function start(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence = sentences[error.code ?? '']?.(host, port) ?? `Millrace cannot listen on ${host}:${port}: ${error.message}.`;
      reject(new Error(sentence, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

const sentences: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (_host, port) => `Port ${port} is taken by another program: stop it, or give Millrace another port with MILLRACE_PORT.`,
  EACCES: (_host, port) => `Port ${port} may not be used by this user: give Millrace a port above 1023 with MILLRACE_PORT.`,
  EADDRNOTAVAIL: (host) => `${host} is not an address of this machine: set MILLRACE_HOST to one that is, or to 127.0.0.1.`,
  ENOTFOUND: (host) => `The host ${host} is not known: set MILLRACE_HOST to an address of this machine, or to 127.0.0.1.`,
};
