import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { chaosBrokers } from '../kafka/chaos-broker.ts';
import { proveReplay } from './replay-proof.ts';

const messages = 10_000;

/** The full size, on both brokers, with five kills: `npm run bench -- replay`. */
test(`a replay of ${messages} messages survives the SIGKILL of server and worker: balanced, upserts equal, appends doubled as planned`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-proof-'));
  const embedded = chaosBrokers.find(({ name }) => name === 'embedded broker');
  const broker = await embedded?.start(join(folder, 'kafka'));
  try {
    const brokers = [broker?.address ?? ''];
    const proof = await proveReplay(brokers, createKafka({ brokers, clientId: 'proof' }), messages, messages / 5, 2);
    expect(proof.plan).toMatchObject({ messages, exact: true, problems: [] });
    expect(proof.plan.sinks).toMatchObject([
      { sink: 'table', fresh: 0, overwrite: messages, double: 0 },
      { sink: 'list', fresh: 0, overwrite: 0, double: messages },
      { sink: 'out', fresh: 0, double: messages },
    ]);
    expect(proof.replay).toMatchObject({
      state: 'done',
      balance: { read: messages, written: messages, filtered: 0, failed: 0, skipped: 0 },
      outputs: { table: messages, list: messages, out: messages },
    });
    expect(proof.balanced).toBe(true);
    expect(proof.liveMoved).toBe(false);
    expect(proof.upserted).toEqual(proof.undisturbed);
    const counts = ({ size }: Map<number, number>, times: Iterable<number>) => [size, new Set(times)];
    expect(counts(proof.appended, proof.appended.values())).toEqual([messages, new Set([2])]);
    expect(counts(proof.written, proof.written.values())).toEqual([messages, new Set([2])]);
  } finally {
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
