import { createServer } from 'node:http';

/** A small HTTP application that a flow delivers to; it knows an idempotency key again, as a good one does. */
export interface Receiver {
  url: string;
  /** Bodies by idempotency key: what it has done, each thing once. */
  done: Map<string, string>;
  /** Requests so far, repeated and refused ones too. */
  calls(): number;
  /** From now on it answers so; undefined: as it should. `never`: it takes the request and does not answer. */
  answerWith(status: number | 'never' | undefined): void;
  close(): Promise<void>;
}

/** Starts one on a free port. @param slowMs how long it takes for each request */
export async function startReceiver(slowMs = 0): Promise<Receiver> {
  const done = new Map<string, string>();
  let calls = 0;
  let status: number | 'never' | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      calls++;
      if (status === 'never') return;
      if (status !== undefined) return void response.writeHead(status).end('told to fail');
      const key = String(request.headers['idempotency-key'] ?? `call ${calls}`);
      done.set(key, Buffer.concat(chunks).toString());
      setTimeout(() => response.writeHead(200).end('ok'), slowMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    done,
    calls: () => calls,
    answerWith(next) {
      status = next;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Does something to each item, so many at a time. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
