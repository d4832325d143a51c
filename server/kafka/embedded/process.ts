import { type BrokerOptions, startEmbeddedBroker } from './broker.ts';

/**
 * Entry of the process that runs the embedded broker apart from the server. Its first message is the broker's options;
 * it answers `ready` or `failed`, and ends when told to, or when its parent goes.
 */

/** What the broker's process says to its parent. */
export type BrokerMessage =
  | { type: 'ready'; host: string; port: number }
  | { type: 'failed'; message: string }
  | { type: 'warning'; message: string };

/** What the parent says to the broker's process. */
export type BrokerCommand = { type: 'start'; options: Omit<BrokerOptions, 'warn'> } | { type: 'stop' };

function tell(message: BrokerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(message, () => resolve());
  });
}

let stop: (() => Promise<void>) | undefined;
let stopping = false;

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  try {
    await stop?.();
    process.exit(0);
  } catch (error) {
    await tell({ type: 'warning', message: `The embedded broker did not close cleanly: ${(error as Error).message}.` });
    process.exit(1);
  }
}

async function start(options: Omit<BrokerOptions, 'warn'>): Promise<void> {
  try {
    const broker = await startEmbeddedBroker({ ...options, warn: (message) => void tell({ type: 'warning', message }) });
    stop = broker.close;
    if (stopping) {
      await broker.close();
      process.exit(0);
    }
    await tell({ type: 'ready', host: broker.host, port: broker.port });
  } catch (error) {
    await tell({ type: 'failed', message: (error as Error).message });
    process.exit(1);
  }
}

process.on('message', (command: BrokerCommand) => {
  if (command.type === 'start') void start(command.options);
  else void end();
});
process.on('disconnect', () => void end());
// Signals that end a service or Ctrl+C go to the whole group of processes: the server drains its flows first, so it
// decides when its broker may go. Without a server there is nobody to decide.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void (process.connected || end()));
