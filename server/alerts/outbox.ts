import { randomUUID } from 'node:crypto';
import { mostTold, type NoticeMessage, type Told } from '#shared/alert/notice.ts';
import type { AlertChannel } from '#shared/alert.ts';
import type { IncidentStore } from '../store/incidents.ts';
import type { Notice, NoticeStore } from '../store/notices.ts';
import type { Send } from './senders.ts';

export interface OutboxOptions {
  notices: NoticeStore;
  incidents: Pick<IncidentStore, 'some'>;
  channels(): Promise<AlertChannel[]>;
  /** What people call flows and rules. */
  names(): Promise<{ flow(id: string): string; rule(id: string): string }>;
  send: Send;
  clock(): number;
  trouble(message: string): void;
}

/** Tells what is to be told. */
export interface Outbox {
  /** Looks once at what is due and sends it. Calls do not overlap. */
  flush(): Promise<void>;
}

const firstRetryMs = 5000;
const longestRetryMs = 10 * 60_000;
/** So long a message is tried; then it is given up, and the channel says so. */
const patienceMs = 24 * 3_600_000;
/** What begins together is told together, also to a channel that may be told at once. */
const gatherMs = 2000;

/**
 * Sends each notice once while the server lives. A message gets its id and what it is about before it goes out, so one
 * that was sent when the server was killed goes out again under the same id: at least once, and known again.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { notices, clock } = options;

  async function messageOf(batch: string, parts: readonly Notice[]): Promise<NoticeMessage> {
    const incidents = new Map((await options.incidents.some(parts.map(({ incident }) => incident))).map((one) => [one.id, one]));
    const names = await options.names();
    const told = parts.flatMap(({ incident: id, phase }): Told[] => {
      const incident = incidents.get(id);
      return incident ? [{ phase, incident, flowName: names.flow(incident.flow), ruleName: names.rule(incident.rule) }] : [];
    });
    return { id: batch, at: parts[0]?.at ?? clock(), told: told.slice(0, mostTold), more: Math.max(0, told.length - mostTold) };
  }

  async function deliver(channel: AlertChannel, batch: string, parts: readonly Notice[]): Promise<void> {
    const message = await messageOf(batch, parts);
    if (message.told.length === 0) return notices.settle(batch, 'failed', clock(), 'What it was about is gone.');
    try {
      await options.send(channel, message);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const [first] = parts;
      const now = clock();
      if (now - (first?.at ?? now) > patienceMs) {
        options.trouble(`A notification to “${channel.name}” is given up after a day: ${why}`);
        return notices.settle(batch, 'failed', now, why);
      }
      options.trouble(`A notification to “${channel.name}” did not go through and will be sent again: ${why}`);
      return notices.postpone(batch, now + Math.min(longestRetryMs, firstRetryMs * 2 ** (first?.attempts ?? 0)), why);
    }
    await notices.settle(batch, 'sent', clock());
  }

  return {
    async flush() {
      const due = await notices.due(clock());
      if (due.length === 0) return;
      const channels = new Map((await options.channels()).map((channel) => [channel.id, channel]));
      for (const id of new Set(due.map(({ channel }) => channel))) {
        const mine = due.filter((notice) => notice.channel === id);
        const channel = channels.get(id);
        if (channel === undefined || !channel.enabled) {
          const batch = randomUUID();
          await notices.batch(
            mine.map((notice) => notice.id),
            batch,
          );
          await notices.settle(batch, 'failed', clock(), 'The channel was switched off.');
          continue;
        }
        const batches = new Map<string, Notice[]>();
        for (const notice of mine)
          if (notice.batch !== undefined) batches.set(notice.batch, [...(batches.get(notice.batch) ?? []), notice]);
        for (const [batch, parts] of batches) await deliver(channel, batch, parts);
        const loose = mine.filter((notice) => notice.batch === undefined);
        const oldest = loose[0];
        if (oldest === undefined) continue;
        const now = clock();
        const last = await notices.lastSent(id);
        const wait = channel.groupSeconds * 1000;
        if (now - oldest.at < Math.min(gatherMs, wait) || (last !== undefined && now - last < wait)) continue;
        const batch = randomUUID();
        await notices.batch(
          loose.map((notice) => notice.id),
          batch,
        );
        await deliver(channel, batch, loose);
      }
    },
  };
}
