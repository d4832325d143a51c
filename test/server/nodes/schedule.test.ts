import { describe, expect, it } from 'vitest';
import schedule from '#server/nodes/schedule.ts';
import type { EmitEvent } from '#server/sdk.ts';
import { type Recalled, sourceContext } from './node-bench.ts';

/** A topic that `recall` reads back, as Kafka would hold it. */
function topicOf(topic: Recalled[]): EmitEvent {
  return async ({ key, headers, value, timestamp }) => {
    topic.push({
      key: key ?? null,
      headers: { ...(headers as Record<string, string>), value: JSON.stringify(value) },
      timestamp: timestamp ?? Date.now(),
    });
    return { topic: 't', partition: 0, offset: String(topic.length - 1) };
  };
}
const ticksOf = (topic: Recalled[]) => topic.map(({ headers }) => headers['millrace-event-id']);
const scheduledAt = (event: Recalled | undefined) => (JSON.parse(event?.headers.value ?? '{}') as { scheduledAt?: string }).scheduledAt;

async function run(config: Record<string, unknown>, topic: Recalled[], emit = topicOf(topic)) {
  const ending = new AbortController();
  const source = await schedule.create(schedule.config.parse(config), sourceContext({ topic }));
  const done = source.run?.(emit, ending.signal) ?? Promise.resolve();
  return {
    async stop() {
      ending.abort();
      await done;
    },
  };
}

describe('schedule source', () => {
  it('makes one message at each time, which says the time that was asked for', async () => {
    const topic: Recalled[] = [];
    const running = await run({ cron: '* * * * * *', timeZone: 'Europe/Berlin', payload: { report: 'daily' } }, topic);
    await expect.poll(() => topic.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2);
    await running.stop();
    const value = JSON.parse(topic[0]?.headers.value ?? '{}') as { scheduledAt: string };
    expect(value).toEqual({ scheduledAt: expect.stringMatching(/:\d\d\.000Z$/), timeZone: 'Europe/Berlin', payload: { report: 'daily' } });
    expect(Date.parse(value.scheduledAt)).toBeLessThanOrEqual(topic[0]?.timestamp ?? 0);
  });

  it('uses no time twice although it is stopped and started again and again', async () => {
    const topic: Recalled[] = [];
    const began = Date.now();
    while (Date.now() < began + 2500) {
      const running = await run({ cron: '* * * * * *' }, topic);
      const before = topic.length;
      await expect.poll(() => topic.length > before || Date.now() > began + 2500, { timeout: 5000, interval: 5 }).toBe(true);
      await running.stop();
    }
    const ticks = ticksOf(topic);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('makes up for a time that a restart swallowed, once, and never on the first start', async () => {
    const minute = new Date(Math.floor(Date.now() / 1000) * 1000 - 2000);
    const cron = `${minute.getUTCSeconds()} * * * * *`;
    const fresh: Recalled[] = [];
    await (await run({ cron }, fresh)).stop();
    expect(fresh).toEqual([]);
    const earlier = { key: null, headers: { 'millrace-event-id': 'an earlier one' }, timestamp: Date.now() - 3600_000 };
    const topic: Recalled[] = [earlier];
    for (let start = 0; start < 2; start++) {
      const running = await run({ cron }, topic);
      await expect.poll(() => topic.length).toBe(2);
      await running.stop();
    }
    expect(scheduledAt(topic[1])).toBe(minute.toISOString());
    expect(topic).toHaveLength(2);
  });

  it('makes up for a time that is long past only when it is told to', async () => {
    const earlier = { key: null, headers: {}, timestamp: Date.now() - 86_400_000 };
    const past = new Date(Date.now() - 3 * 3600_000);
    const cron = `0 0 ${past.getUTCHours()} * * *`;
    const skipped: Recalled[] = [earlier];
    await (await run({ cron }, skipped)).stop();
    const made: Recalled[] = [earlier];
    const running = await run({ cron, missed: 'last' }, made);
    await expect.poll(() => made.length).toBe(2);
    await running.stop();
    expect([skipped.length, scheduledAt(made[1])?.slice(11)]).toEqual([1, `${String(past.getUTCHours()).padStart(2, '0')}:00:00.000Z`]);
  });

  it('tries again when the topic cannot be written, and not when the write had arrived after all', async () => {
    const topic: Recalled[] = [];
    const write = topicOf(topic);
    let failures = 0;
    const flaky: EmitEvent = async (event) => {
      if (failures++ === 0) throw new Error('no broker');
      const position = await write(event);
      if (failures === 2) throw new Error('the answer was lost');
      return position;
    };
    const running = await run({ cron: '* * * * * *' }, topic, flaky);
    await expect.poll(() => topic.length, { timeout: 8000 }).toBeGreaterThanOrEqual(2);
    await running.stop();
    expect(new Set(ticksOf(topic)).size).toBe(topic.length);
  });

  it('says what is wrong with its settings', () => {
    const check = (config: Record<string, unknown>) => schedule.check?.(schedule.config.parse(config)).map(({ field }) => field);
    expect(check({})).toEqual([]);
    expect(check({ cron: 'every day' })).toEqual(['cron']);
    expect(check({ timeZone: 'Mars/Base' })).toEqual(['timeZone']);
  });
});
