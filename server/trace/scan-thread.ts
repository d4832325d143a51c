import { parentPort, workerData } from 'node:worker_threads';
import type { FindEnd } from '#shared/sample.ts';
import { createKafka } from '../kafka/client.ts';
import type { KafkaRecord, KafkaSettings } from '../kafka/port.ts';
import { type ScanJob, scanTopics } from './scan.ts';

/** What the thread of a scan is started with; plain data. */
export interface ScanInput {
  kafka: KafkaSettings;
  job: ScanJob;
}

/** Thread → server. */
export type FromScan =
  | { type: 'found'; record: KafkaRecord; matched: string }
  | { type: 'progress'; scanned: number; bytes: number; reached?: number }
  | { type: 'ended'; ended?: Exclude<FindEnd, 'all'> }
  | { type: 'failed'; message: string };

/** Entry of the thread of a scan: millions of messages are decoded in it, and it can be ended at any time. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('scan-thread.ts is the entry of a worker thread.');
  const { input } = workerData as { input: ScanInput };
  const post = (message: FromScan) => port.postMessage(message);
  const silent = () => undefined;
  const kafka = createKafka({ ...input.kafka, clientId: 'millrace-search' }, { info: silent, warn: silent, error: silent });
  try {
    const ended = await scanTopics(
      kafka,
      input.job,
      {
        found: (record, matched) => post({ type: 'found', record, matched }),
        progress: (progress) => post({ type: 'progress', ...progress }),
      },
      new AbortController().signal,
    );
    post({ type: 'ended', ...(ended && { ended }) });
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
  port.close();
  setImmediate(() => process.exit(0));
}

await main();
