import { expect, it } from 'vitest';
import kafkaSource from '#server/nodes/kafka-source.ts';

const use = (config: Record<string, unknown>) => kafkaSource.topic.use(kafkaSource.config.parse({ topic: 'shop.orders', ...config }));

it('a Kafka topic source starts at the oldest message, at new ones or at a time', () => {
  expect(use({})).toEqual({ topic: 'shop.orders', from: 'earliest', format: 'json' });
  expect(use({ from: 'latest', format: 'bytes', createPartitions: 3 })).toEqual({
    topic: 'shop.orders',
    from: 'latest',
    format: 'bytes',
    create: { partitions: 3 },
  });
  for (const time of ['2026-11-01', '2026-11-01T00:00', '2026-11-01 00:00:00Z', '2026-11-01T01:00:00+01:00']) {
    expect(use({ from: 'time', time }).from).toEqual({ time: Date.parse('2026-11-01T00:00:00Z') });
  }
});

it('a Kafka topic source names a time that cannot be read, and no time when it needs none', () => {
  const check = (config: Record<string, unknown>) => kafkaSource.check?.(kafkaSource.config.parse({ topic: 't', ...config }));
  for (const time of ['', 'yesterday', '2026-13-01']) expect(check({ from: 'time', time })).toMatchObject([{ field: 'time' }]);
  expect(check({ time: 'yesterday' })).toEqual([]);
  expect(kafkaSource.config.safeParse({ topic: 'no spaces' }).success).toBe(false);
});
