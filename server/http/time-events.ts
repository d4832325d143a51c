import type { FlowEvent } from '#shared/flow-event.ts';
import type { Store } from '../store/store.ts';

/** Replays and retries that are looked through; older ones leave no mark. */
const most = 500;

/** Everything that happened to a flow in a time, oldest first: what was recorded as it happened, and what other tables tell. */
export async function eventsOf(
  store: Pick<Store, 'flowEvents' | 'replays' | 'retries' | 'incidents'>,
  flow: string,
  since: number,
  until: number,
): Promise<FlowEvent[]> {
  const [recorded, replays, retries, incidents] = await Promise.all([
    store.flowEvents.range(flow, since, until),
    store.replays.list(flow, most),
    store.retries.list(flow, most),
    store.incidents.range(flow, since, until),
  ]);
  const within = ({ startedAt, endedAt }: { startedAt: number; endedAt?: number }): boolean =>
    startedAt < until && (endedAt ?? Number.POSITIVE_INFINITY) >= since;
  const span = ({ startedAt, endedAt }: { startedAt: number; endedAt?: number }) => ({
    at: startedAt,
    ...(endedAt !== undefined && { until: endedAt }),
  });
  const told: FlowEvent[] = [
    ...replays.filter(within).map((replay): FlowEvent => {
      const { name, target, version } = replay.spec;
      const where = { compare: 'only compared', scratch: 'to scratch topics', real: 'to the sinks' }[target];
      const sentence = `${replay.startedBy} started the replay “${name}”, ${where}.`;
      const link = `/replays/${encodeURIComponent(replay.id)}`;
      return { flow, ...span(replay), kind: 'replay', sentence, who: replay.startedBy, version, link };
    }),
    ...retries.filter(within).map((retry): FlowEvent => {
      const { count, version } = retry.request;
      const sentence = `${retry.startedBy} retried ${count === 1 ? '1 dead letter' : `${count} dead letters`} with version ${version}.`;
      return {
        flow,
        ...span(retry),
        kind: 'retry',
        sentence,
        who: retry.startedBy,
        version,
        link: `/dead-letters/${encodeURIComponent(flow)}`,
      };
    }),
    ...incidents.map(
      ({ since: at, until: end, sentence, link }): FlowEvent => ({
        flow,
        at,
        ...(end !== undefined && { until: end }),
        kind: 'incident',
        sentence,
        link,
      }),
    ),
  ];
  return [...recorded, ...told].sort((a, b) => a.at - b.at);
}
