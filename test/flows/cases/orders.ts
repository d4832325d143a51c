import type { TestBroker } from '../../kafka/brokers.ts';
import type { MillraceProcess } from '../../millrace.ts';
import { until } from '../../wait.ts';
import { each } from '../receiver.ts';

/** Posts texts to the webhook of a flow; each is durable when this resolves. */
export async function post(server: MillraceProcess, path: string, texts: readonly string[]): Promise<void> {
  await each(texts, 8, async (body) => {
    const response = await fetch(`${server.url}/hooks/${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    if (!response.ok) throw new Error(`The webhook answered ${response.status}: ${await response.text()}`);
  });
}

/** Key and value of every committed record of a topic, sorted, once there are at least so many: the end state of a sink. */
export async function recordsOf(broker: TestBroker, topic: string, least: number): Promise<string[]> {
  let records: string[] = [];
  await until(`${topic} holds ${least}`, async () => {
    records = [];
    for await (const batch of broker.kafka.read({ topic }))
      for (const { key, value } of batch.records) records.push(`${text(key)} ${text(value)}`);
    return records.length >= least;
  });
  return records.sort();
}

const text = (bytes: Uint8Array | null): string => (bytes === null ? 'nothing' : Buffer.from(bytes).toString('utf8'));
