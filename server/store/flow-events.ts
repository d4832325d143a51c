import type { FlowEvent } from '#shared/flow-event.ts';
import type { Database } from './tables.ts';

/** What happened to flows, beside messages. Entries are only ever added. */
export interface FlowEventStore {
  /**
   * Adds one. A crash or rebalance like the last thing that happened to the flow, within five minutes, makes that one
   * longer instead, so that a loop of crashes is one mark.
   */
  add(event: FlowEvent): Promise<void>;
  /**
   * What happened at or after `since` and before `until` (ms since 1970), and what began before and went on into it; oldest
   * first, of very many the newest. Deployments are among them, also of the time before anybody recorded events.
   */
  range(flow: string, since: number, until: number): Promise<FlowEvent[]>;
}

const like = 5 * 60_000;
const most = 2000;

const iso = (at: number): string => new Date(at).toISOString();

/** Opens what happened. */
export function openFlowEvents(db: Database): FlowEventStore {
  return {
    async add(event) {
      if (event.kind === 'crash' || event.kind === 'rebalance') {
        const last = await db
          .selectFrom('flow_events')
          .select(['id', 'at', 'until', 'kind', 'sentence'])
          .where('flow', '=', event.flow)
          .orderBy('id', 'desc')
          .limit(1)
          .executeTakeFirst();
        const isLike = last?.kind === event.kind && last.sentence === event.sentence;
        if (last && isLike && event.at - Date.parse(last.until ?? last.at) <= like) {
          await db
            .updateTable('flow_events')
            .set({ until: iso(event.until ?? event.at) })
            .where('id', '=', last.id)
            .execute();
          return;
        }
      }
      await db
        .insertInto('flow_events')
        .values({
          flow: event.flow,
          at: iso(event.at),
          until: event.until === undefined ? null : iso(event.until),
          kind: event.kind,
          sentence: event.sentence,
          who: event.who ?? null,
          version: event.version ?? null,
          link: event.link ?? null,
        })
        .execute();
    },
    async range(flow, since, until) {
      const [from, to] = [iso(since), iso(until)];
      const [rows, deployments] = await Promise.all([
        db
          .selectFrom('flow_events')
          .selectAll()
          .where('flow', '=', flow)
          .where('at', '<', to)
          .where((where) => where.or([where('at', '>=', from), where('until', '>=', from)]))
          .orderBy('at', 'desc')
          .limit(most)
          .execute(),
        db
          .selectFrom('deployments')
          .select(['version', 'deployed_at', 'deployed_by', 'replaced'])
          .where('flow', '=', flow)
          .where('deployed_at', '>=', from)
          .where('deployed_at', '<', to)
          .orderBy('deployed_at', 'desc')
          .limit(most)
          .execute(),
      ]);
      const events = rows.map(
        (row): FlowEvent => ({
          flow,
          at: Date.parse(row.at),
          ...(row.until !== null && { until: Date.parse(row.until) }),
          kind: row.kind,
          sentence: row.sentence,
          ...(row.who !== null && { who: row.who }),
          ...(row.version !== null && { version: row.version }),
          ...(row.link !== null && { link: row.link }),
        }),
      );
      const deploys = deployments.map(
        (row): FlowEvent => ({
          flow,
          at: Date.parse(row.deployed_at),
          kind: 'deploy',
          sentence: `Version ${row.version} was deployed by ${row.deployed_by}${row.replaced === null ? '' : `, in place of version ${row.replaced}`}.`,
          who: row.deployed_by,
          version: row.version,
          link: `/flows/${encodeURIComponent(flow)}/history?show=${row.version}`,
        }),
      );
      return [...events, ...deploys].sort((a, b) => a.at - b.at);
    },
  };
}
