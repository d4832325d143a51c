import { join } from 'node:path';
import { type SpawnedBroker, spawnEmbeddedBroker } from './kafka/embedded/spawn.ts';
import { backoffMs, wait } from './runtime/backoff.ts';

/** The embedded broker in a process of its own, started again on the same port when it dies. */
export interface BrokerKeeper {
  /** `host:port`, the same for the life of the data folder. */
  address: string;
  pid(): number | undefined;
  close(): Promise<void>;
}

/** Starts the broker on the data folder. @throws Error with one sentence when it cannot start. */
export async function keepBroker(options: {
  dataFolder: string;
  fsync: 'os' | 'interval' | 'always';
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>): void;
}): Promise<BrokerKeeper> {
  const ending = new AbortController();
  const start = (port: number) => spawnEmbeddedBroker({ dir: join(options.dataFolder, 'broker'), port, fsync: options.fsync });
  let broker: SpawnedBroker | undefined = await start(0);
  const { host, port } = broker;

  async function keep(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      if (broker !== undefined) await broker.exited;
      broker = undefined;
      if (ending.signal.aborted) return;
      options.log('error', `The embedded broker ended by itself and is being started again on port ${port}.`, { attempt });
      await wait(attempt === 0 ? 0 : backoffMs(attempt, 200, 10_000), ending.signal);
      if (ending.signal.aborted) return;
      try {
        broker = await start(port);
        attempt = 0;
        // Told to end while it was starting: nobody else knows of this process.
        if (ending.signal.aborted) await broker.close();
      } catch (error) {
        options.log('error', `The embedded broker did not start: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  const keeping = keep();

  return {
    address: `${host}:${port}`,
    pid: () => broker?.pid,
    async close() {
      ending.abort();
      await broker?.close();
      await keeping;
    },
  };
}
