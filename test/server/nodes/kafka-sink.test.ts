import { describe, expect, it } from 'vitest';
import kafkaSink from '#server/nodes/kafka-sink.ts';
import { ExactNumber } from '#shared/json.ts';
import { sinkMessage, testContext } from './node-bench.ts';

const sinkOf = (config: Record<string, unknown>) =>
  kafkaSink.create(kafkaSink.config.parse({ topic: 'erp.orders', ...config }), testContext());

describe('Kafka topic sink', () => {
  it('writes the message as it is, with key, headers and time, and every digit', () => {
    const record = sinkOf({}).record(sinkMessage(1, { id: new ExactNumber('9007199254740993') }, { headers: { a: 'b' } }));
    expect(record).toEqual({
      topic: 'erp.orders',
      key: 'k1',
      value: '{"id":9007199254740993}',
      headers: { a: 'b' },
      timestamp: 1_700_000_000_001,
    });
  });

  it('takes key, value, headers and partition from expressions', () => {
    const sink = sinkOf({
      key: 'n',
      value: '{ "twice": n * 2 }',
      headers: { who: '$key', none: 'x' },
      partitioning: 'expression',
      partition: 'n % 4',
    });
    expect(sink.record(sinkMessage(1, { n: 7 }))).toMatchObject({ key: '7', value: '{"twice":14}', headers: { who: 'k1' }, partition: 3 });
    expect(() => sinkOf({ partitioning: 'expression', partition: '-1' }).record(sinkMessage(1, {}))).toThrow('not a whole number');
  });

  it('leaves out the key to spread messages, and writes null as a tombstone', () => {
    expect(sinkOf({ partitioning: 'spread' }).record(sinkMessage(1, {})).key).toBeNull();
    expect(sinkOf({ value: 'null' }).record(sinkMessage(1, {})).value).toBeNull();
    expect(() => sinkOf({ value: 'nothing' }).record(sinkMessage(1, {}))).toThrow('gives nothing');
  });

  it('writes text and bytes as such, and refuses what they cannot hold', () => {
    const bytes = new Uint8Array([0, 255]);
    expect(sinkOf({ format: 'bytes' }).record(sinkMessage(1, bytes)).value).toBe(bytes);
    expect(sinkOf({ format: 'text' }).record(sinkMessage(1, 'plain')).value).toBe('plain');
    expect(sinkOf({ format: 'text' }).record(sinkMessage(1, { a: 1 })).value).toBe('{"a":1}');
    expect(() => sinkOf({ format: 'bytes' }).record(sinkMessage(1, { a: 1 }))).toThrow(
      expect.objectContaining({ code: 'kafka.sink/not-bytes' }),
    );
    expect(() => sinkOf({}).record(sinkMessage(1, bytes))).toThrow(expect.objectContaining({ code: 'kafka.sink/not-json' }));
  });

  it('says what it does with its topic', () => {
    const use = (config: Record<string, unknown>) => kafkaSink.topic.use(kafkaSink.config.parse({ topic: 't', ...config }));
    expect(use({})).toEqual({ topic: 't', format: 'json' });
    expect(use({ createPartitions: 6, format: 'text' })).toEqual({ topic: 't', format: 'text', create: { partitions: 6 } });
    expect(kafkaSink.check?.(kafkaSink.config.parse({ topic: 't', partitioning: 'expression' }))).toMatchObject([{ field: 'partition' }]);
  });
});
