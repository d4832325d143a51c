import { setTimeout as wait } from 'node:timers/promises';
import { nextTick, type Ticks, ticksOf } from '#shared/ticks.ts';
import { isTimeZone } from '#shared/time-zone.ts';
import type { EmitEvent } from '../sdk.ts';
import { defineNode, type SourceContext, z } from '../sdk.ts';

const config = z.object({
  cron: z
    .string()
    .min(1)
    .default('*/5 * * * *')
    .meta({
      label: 'Schedule',
      help: 'Cron: minute, hour, day of month, month, day of week. A sixth field in front gives seconds.',
      widget: 'cron',
      placeholder: '0 6 * * 1-5',
      examples: ['*/5 * * * *', '0 6 * * 1-5', '0 0 1 * *'],
      group: 'Basics',
    }),
  timeZone: z
    .string()
    .min(1)
    .default('UTC')
    .meta({ label: 'Time zone', help: 'Name from the time zone database.', examples: ['Europe/Berlin', 'UTC'], group: 'Basics' }),
  payload: z
    .unknown()
    .default({})
    .meta({
      label: 'Payload',
      help: 'JSON that each message carries as payload.',
      widget: 'json',
      group: 'Basics',
      examples: [{ report: 'daily' }],
    }),
  missed: z
    .enum(['skip', 'last'])
    .default('skip')
    .meta({
      label: 'Missed while stopped',
      help: 'A time missed by less than a minute, as by a restart, is always made up for.',
      group: 'Advanced',
      enumLabels: { skip: 'Leave out', last: 'Make up for the last one' },
    }),
});

/** A tick this much in the past still counts as on time, so that a restart or a deploy does not swallow it. */
const graceMs = 60_000;
/** How far back events are looked for to tell a flow that has run before from a new one. */
const memoryMs = 31 * 86_400_000;
/** The header that names the tick; it survives restarts in the source's own topic. */
const eventId = 'millrace-event-id';

/** Schedule source: a message at each time of a cron expression, once for each. */
export default defineNode({
  type: 'schedule',
  version: 1,
  kind: 'source',
  title: 'Schedule',
  summary: 'Starts the flow at fixed times.',
  category: 'Time',
  icon: 'clock',
  keywords: ['cron', 'timer', 'interval', 'daily', 'hourly'],
  docs: `Makes \`{ "scheduledAt": "2026-11-22T06:00:00.000Z", "timeZone": "UTC", "payload": {} }\` at each time of the schedule. \`scheduledAt\` is the time that was asked for, not when it came about.

No time is used twice, not even across restarts: the topic of the source tells which ones are done. When the clocks go back, a fixed time such as 02:30 counts once; when they go forward, it counts at the first time that exists.`,
  config,
  check(config) {
    const problems: { field: string; message: string }[] = [];
    try {
      nextTick(ticksOf(config.cron, config.timeZone), new Date());
    } catch (error) {
      const zone = !isTimeZone(config.timeZone);
      problems.push({
        field: zone ? 'timeZone' : 'cron',
        message: zone
          ? `${config.timeZone} is not a time zone; write one such as Europe/Berlin.`
          : `The schedule cannot be read: ${(error as Error).message.replace(/^CronPattern: /, '')}`,
      });
    }
    return problems;
  },
  create(config, context) {
    const cron = ticksOf(config.cron, config.timeZone);
    return {
      async run(emit, signal) {
        let last = new Date();
        const due = await overdue(cron, config.missed, context);
        if (due) await fire(due);
        while (!signal.aborted) {
          let tick = nextTick(cron, last);
          if (!tick) return;
          if (tick.getTime() < Date.now() - graceMs) {
            // The machine slept. Going through every time it missed would flood the flow.
            const missed = config.missed === 'last' ? cron.previousRuns(1)[0] : undefined;
            tick = missed && missed > last ? missed : nextTick(cron, new Date());
            if (!tick) return;
          }
          if (!(await until(tick.getTime(), signal))) return;
          await fire(tick);
          last = tick;
        }

        async function fire(tick: Date): Promise<void> {
          await emitOnce(
            tick,
            { scheduledAt: tick.toISOString(), timeZone: config.timeZone, payload: config.payload },
            emit,
            context,
            signal,
          );
        }
      },
    };
  },
});

/** The tick to make up for at the start: missed by a moment, or by more when the config asks for it. */
async function overdue(cron: Ticks, missed: 'skip' | 'last', context: SourceContext): Promise<Date | undefined> {
  const [previous] = cron.previousRuns(1);
  if (!previous || (missed === 'skip' && previous.getTime() < Date.now() - graceMs)) return undefined;
  if (await isDone(previous, context)) return undefined;
  // A flow that never ran has missed nothing.
  for await (const _ of context.recall(Date.now() - memoryMs)) return previous;
  return undefined;
}

async function isDone(tick: Date, context: SourceContext): Promise<boolean> {
  for await (const event of context.recall(tick.getTime() - 1)) if (event.headers[eventId] === tick.toISOString()) return true;
  return false;
}

/** Emits until it is durable. After a failure the topic is asked first: the write may have arrived without its answer. */
async function emitOnce(tick: Date, value: unknown, emit: EmitEvent, context: SourceContext, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      if (attempt === 0 || !(await isDone(tick, context))) await emit({ key: null, value, headers: { [eventId]: tick.toISOString() } });
      return;
    } catch (error) {
      context.log.warn('The scheduled message could not be written yet.', { scheduledAt: tick.toISOString(), error: String(error) });
      await until(Date.now() + Math.min(30_000, 200 * 2 ** attempt), signal);
    }
  }
}

/** Waits for a point in time; false when the signal fired first. Looks at the clock each minute, because it may be set. */
async function until(time: number, signal: AbortSignal): Promise<boolean> {
  for (let left = time - Date.now(); left > 0 && !signal.aborted; left = time - Date.now()) {
    await wait(Math.min(left, 60_000), undefined, { signal }).catch(() => undefined);
  }
  return !signal.aborted;
}
