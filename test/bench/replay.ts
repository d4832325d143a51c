import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafka } from '#server/kafka/client.ts';
import { proveReplay } from '../flows/replay-proof.ts';
import { chaosBrokers } from '../kafka/chaos-broker.ts';
import type { Bench, Row } from './main.ts';

const messages = Number(process.env.BENCH_MESSAGES ?? 100_000);

/** A replay while server and worker are killed five times: what stands in the sinks afterwards, against what was planned. */
export const bench: Bench = {
  title: `Replay of ${messages.toLocaleString('en')} messages to three sinks, server and worker killed five times`,
  async run() {
    const rows: Row[] = [];
    for (const { name, start } of chaosBrokers) {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
      const broker = await start(join(folder, 'kafka'));
      try {
        const brokers = [broker.address];
        const proof = await proveReplay(brokers, createKafka({ brokers, clientId: 'bench' }), messages, Math.round(messages / 10));
        const { plan, replay } = proof;
        const { read, written, filtered, failed, skipped } = replay.balance;
        const twice = (counts: Map<number, number>) => [...counts.values()].filter((count) => count === 2).length;
        const wrong =
          [...proof.undisturbed].filter(([key, total]) => proof.upserted.get(key) !== total).length +
          (proof.upserted.size - proof.undisturbed.size);
        console.log(`${name}: ${proof.killed.join(', ')}`);
        rows.push({
          broker: name,
          'read = written + filtered + failed + skipped': `${read} = ${written} + ${filtered} + ${failed} + ${skipped}`,
          'planned to be doubled': plan.sinks.find(({ sink }) => sink === 'list')?.double ?? 0,
          'doubled in the appending table': twice(proof.appended),
          'doubled in the topic': twice(proof.written),
          'neither once more nor less': proof.appended.size === messages && twice(proof.appended) === messages ? 'yes' : 'no',
          'rows unlike an undisturbed run': wrong,
          'live offsets moved': proof.liveMoved ? 'yes' : 'no',
          seconds: Math.round(proof.seconds),
        });
      } finally {
        await broker.stop();
        await rm(folder, { recursive: true, force: true });
      }
    }
    return rows;
  },
};
