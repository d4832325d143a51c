import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BrokerOptions } from './broker.ts';
import type { BrokerCommand, BrokerMessage } from './process.ts';

/** How the broker's process ended. */
export interface BrokerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A broker in a process of its own. */
export interface SpawnedBroker {
  host: string;
  port: number;
  pid: number;
  /** Asks the process to end and waits for it; after ten seconds it is killed. */
  close(): Promise<void>;
  /** Settles when the process has ended, for whatever reason. */
  exited: Promise<BrokerExit>;
}

/** Options of the broker and of its process. */
export interface SpawnOptions extends BrokerOptions {
  /** Module that the process runs; default: `process.ts` beside this file, or `broker.js` beside the built server. */
  entry?: URL;
  /** Limit of the process's JavaScript heap in MiB; default 512. Records in flight lie outside of it. */
  heapMb?: number;
}

const CLOSE_DEADLINE_MS = 10_000;

function defaultEntry(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('./process.ts', import.meta.url) : new URL('./broker.js', import.meta.url);
}

/**
 * Starts the embedded broker in a child process, away from this one's event loop.
 * @throws Error of one sentence when it does not come up.
 */
export async function spawnEmbeddedBroker(options: SpawnOptions): Promise<SpawnedBroker> {
  const { entry = defaultEntry(), heapMb = 512, warn, ...broker } = options;
  const loader = entry.pathname.endsWith('.ts') ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
  const child = fork(fileURLToPath(entry), [], {
    execArgv: [`--max-old-space-size=${heapMb}`, '--max-semi-space-size=8', ...loader],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<BrokerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const ready = new Promise<{ host: string; port: number }>((resolve, reject) => {
    child.on('message', (message: BrokerMessage) => {
      if (message.type === 'ready') resolve(message);
      else if (message.type === 'failed') reject(new Error(message.message));
      else warn?.(message.message);
    });
    child.once('error', (error) => reject(new Error(`The embedded broker's process cannot be started: ${error.message}.`)));
    void exited.then(({ code, signal }) =>
      reject(new Error(`The embedded broker's process ended before it was ready (${signal ?? `code ${code}`}).`)),
    );
  });
  child.send({ type: 'start', options: broker } satisfies BrokerCommand);
  const { host, port } = await ready;
  return {
    host,
    port,
    pid: child.pid ?? -1,
    exited,
    async close() {
      if (child.connected) child.send({ type: 'stop' } satisfies BrokerCommand, () => undefined);
      const deadline = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
      await exited;
      clearTimeout(deadline);
    },
  };
}
