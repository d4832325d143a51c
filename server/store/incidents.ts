import type { OpenIncident } from '#shared/alert/step.ts';
import type { Incident } from '#shared/incident.ts';
import type { NewNotice } from './notices.ts';
import { StoreError } from './store-error.ts';
import type { Database, Tables } from './tables.ts';

/** Which incidents are asked for. */
export interface IncidentQuery {
  flow?: string | undefined;
  open?: boolean | undefined;
  /** At most so many, the newest; default 200. */
  limit?: number | undefined;
}

/** Incidents: those that go on, and those that are over; kept until their flow is deleted. */
export interface IncidentStore {
  /** What goes on, as the watcher keeps it. */
  open(): Promise<OpenIncident[]>;
  /** Those that go on first, then the newest. */
  list(query?: IncidentQuery): Promise<Incident[]>;
  /** What went on at some time from `since` and before `until` (ms since 1970), oldest first. */
  range(flow: string, since: number, until: number): Promise<Incident[]>;
  /** Those of these ids. */
  some(ids: readonly string[]): Promise<Incident[]>;
  /** Says that somebody looks after it. Rejects with `unknown`; who was first stays. */
  acknowledge(id: string, who: string, at: number): Promise<Incident>;
  /**
   * Changes incidents and enters what is to be told of them, in one transaction: so what has begun is told once, however the
   * server ends.
   */
  apply(change: { opened: readonly OpenIncident[]; changed: readonly OpenIncident[]; notices: readonly NewNotice[] }): Promise<void>;
}

type Row = Tables['incidents'];

/** Opens the incidents. */
export function openIncidents(db: Database): IncidentStore {
  const all = () => db.selectFrom('incidents').selectAll();
  return {
    async open() {
      const rows = await all().where('until', 'is', null).execute();
      return rows.map((row) => ({
        ...incidentOf(row),
        subject: row.subject,
        told: row.told === 1,
        ...(row.calm_since !== null && { calmSince: row.calm_since }),
      }));
    },
    async list({ flow, open, limit = 200 } = {}) {
      let rows = all();
      if (flow !== undefined) rows = rows.where('flow', '=', flow);
      const going = open === false ? [] : await rows.where('until', 'is', null).orderBy('since', 'desc').limit(limit).execute();
      const over = open === true ? [] : await rows.where('until', 'is not', null).orderBy('since', 'desc').limit(limit).execute();
      return [...going, ...over].slice(0, limit).map(incidentOf);
    },
    async range(flow, since, until) {
      const rows = await all()
        .where('flow', '=', flow)
        .where('since', '<', until)
        .where((where) => where.or([where('until', 'is', null), where('until', '>=', since)]))
        .orderBy('since')
        .limit(2000)
        .execute();
      return rows.map(incidentOf);
    },
    async some(ids) {
      if (ids.length === 0) return [];
      return (
        await all()
          .where('id', 'in', [...ids])
          .execute()
      ).map(incidentOf);
    },
    async acknowledge(id, who, at) {
      await db
        .updateTable('incidents')
        .set({ acknowledged_at: at, acknowledged_by: who })
        .where('id', '=', id)
        .where('acknowledged_at', 'is', null)
        .execute();
      const row = await all().where('id', '=', id).executeTakeFirst();
      if (!row) throw new StoreError('unknown', 'There is no such incident.');
      return incidentOf(row);
    },
    async apply({ opened, changed, notices }) {
      await db.transaction().execute(async (trx) => {
        for (const incident of opened) await trx.insertInto('incidents').values(rowOf(incident)).execute();
        for (const incident of changed) {
          const { sentence, link, told } = incident;
          await trx
            .updateTable('incidents')
            .set({
              sentence,
              link,
              told: told ? 1 : 0,
              until: incident.until ?? null,
              calm_since: incident.calmSince ?? null,
            })
            .where('id', '=', incident.id)
            .execute();
        }
        for (const { id, channel, incident, phase, at } of notices) {
          await trx
            .insertInto('alert_notices')
            .values({
              id,
              channel,
              incident,
              phase,
              state: 'waiting',
              batch: null,
              attempts: 0,
              created_at: at,
              next_at: at,
              settled_at: null,
              error: '',
            })
            .onConflict((conflict) => conflict.columns(['channel', 'incident', 'phase']).doNothing())
            .execute();
        }
      });
    },
  };
}

function incidentOf(row: Row): Incident {
  return {
    id: row.id,
    kind: row.kind,
    rule: row.rule,
    flow: row.flow,
    ...(row.node !== null && { node: row.node }),
    ...(row.stage !== null && { stage: row.stage }),
    since: row.since,
    ...(row.until !== null && { until: row.until }),
    sentence: row.sentence,
    link: row.link,
    ...(row.acknowledged_at !== null && { acknowledged: { at: row.acknowledged_at, who: row.acknowledged_by ?? '' } }),
  };
}

function rowOf(incident: OpenIncident): Row {
  const { id, kind, rule, flow, subject, since, sentence, link } = incident;
  return {
    id,
    kind,
    rule,
    flow,
    subject,
    node: incident.node ?? null,
    stage: incident.stage ?? null,
    since,
    until: incident.until ?? null,
    calm_since: incident.calmSince ?? null,
    told: incident.told ? 1 : 0,
    sentence,
    link,
    acknowledged_at: incident.acknowledged?.at ?? null,
    acknowledged_by: incident.acknowledged?.who ?? null,
  };
}
