import { expect, test } from 'vitest';
import { measureRetention, type RetentionMemory } from '#server/alerts/retention.ts';
import { evaluate } from '#shared/alert/evaluate.ts';
import type { Plan } from '#shared/plan.ts';
import { describeBrokers } from '../../../kafka/brokers.ts';
import { factsOf, ruleOf } from '../../../shared/alert/facts-sample.ts';

const hour = 3_600_000;

describeBrokers('what retention will take', (broker) => {
  test('is known from offsets, settings and the age of what waits, and said in time', async () => {
    const topic = broker.name('orders');
    const group = broker.name('group');
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: topic, partitions: 2, config: { 'retention.ms': String(24 * hour) } }]);
    const producer = await broker.kafka.producer();
    const now = Date.now();
    for (const [at, age] of [22, 20, 10].entries())
      await producer.send({ topic, partition: 0, key: null, value: `${at}`, timestamp: now - age * hour });
    await producer.close();
    const plan = {
      flow: 'shop',
      stages: [{ kind: 'transform', id: 'transform', group, inputs: [{ topic, node: 'erp', from: 'earliest', format: 'json' }] }],
    } as unknown as Plan;
    const memory: RetentionMemory = new Map();
    const measure = (at: number) => measureRetention(broker.kafka, admin, plan, memory, at, AbortSignal.timeout(20_000));

    expect(await measure(now), 'a group that has not begun loses nothing').toEqual([]);
    await admin.setOffsets(group, topic, new Map([[0, 0n]]));
    const [first] = await measure(now);
    expect(first).toMatchObject({ stage: 'transform', node: 'erp', partition: 0, waiting: 3, lost: 0, aging: 1, retentionMs: 24 * hour });
    expect(first?.ageMs).toBe(22 * hour);
    const rule = ruleOf({ kind: 'retention', hours: 3 });
    expect(evaluate(rule, factsOf({ retention: first ? [first] : [] }), now)[0]?.sentence).toContain('the first messages are lost in 2 h.');

    // It catches up: the oldest that waits is younger than before.
    await admin.setOffsets(group, topic, new Map([[0, 2n]]));
    const [later] = await measure(now + 60_000);
    expect(later).toMatchObject({ waiting: 1 });
    expect(later?.aging).toBeLessThan(0);
    await admin.setOffsets(group, topic, new Map([[0, 3n]]));
    expect(await measure(now + 120_000)).toEqual([]);
    await admin.close();
  });
});
