import { sql } from 'kysely';
import type { CauseEvent, CauseState } from '#shared/inbox/cause-state.ts';
import type { FixCheck, InboxItem } from '#shared/inbox.ts';
import { formatPosition } from '#shared/message.ts';
import type { Repair, Replay } from '#shared/replay.ts';
import { emptied, type InboxFollowStore, inChunks, moveCause, openInboxFollow, openStates } from './inbox-follow.ts';
import type { InboxTables } from './migrations/0012-inbox.ts';
import type { Database } from './tables.ts';

/** A cause as it stands in its row. */
export interface StoredCause {
  id: string;
  flow: string;
  node: string;
  code: string;
  place: string;
  title: string;
  state: CauseState;
  stateAt: number;
  stateBy?: string;
  owner?: string;
  newestAt: number;
  retry?: string;
  fix?: FixCheck;
  gone?: { messages: number; since: number };
}

/** The numbers of a cause. */
export interface CauseNumbers {
  messages: number;
  keys: number;
  solved: number;
  discarded: number;
  first: number;
  last: number;
  versions: number[];
  /** Failures by hour (of ms since 1970), of the last 25 hours before they were counted. */
  hours: Record<number, number>;
}

/** Which items of a cause are meant. */
export interface ItemFilter {
  states: readonly InboxItem['state'][];
  /** In the key or the origin. */
  search?: string;
  /** Only these. */
  items?: readonly string[];
}

/** The dead-letter inbox: what the topics say, by cause, and what people said of it. Payloads stay in the topics. */
export interface InboxStore extends InboxFollowStore {
  /** All causes, of a flow if one is named. */
  causes(flow?: string): Promise<StoredCause[]>;
  cause(id: string): Promise<StoredCause | undefined>;
  /** Numbers of causes; those that have not changed are not counted anew. */
  numbers(causes: readonly string[], now: number): Promise<Map<string, CauseNumbers>>;
  /** Causes that have a message with such a key, at most 500. */
  causesOfKey(search: string): Promise<Set<string>>;
  /** Newest first; `next` goes on behind the last. */
  items(
    cause: string,
    filter: ItemFilter,
    page: { limit: number; after?: string },
  ): Promise<{ items: InboxItem[]; total: number; next?: string }>;
  item(item: string): Promise<(InboxItem & { cause: string; flow: string }) | undefined>;
  /** All items that are meant, newest first, at most `limit`, without who did what. */
  all(cause: string, filter: ItemFilter, limit: number): Promise<InboxItem[]>;
  /** Lets something happen to a cause; undefined when there is none. */
  move(cause: string, event: CauseEvent, who: string | null, at: number): Promise<CauseState | undefined>;
  setOwner(cause: string, owner: string | undefined): Promise<void>;
  setRetry(cause: string, retry: string | undefined): Promise<void>;
  setFix(cause: string, fix: FixCheck): Promise<void>;
  /** Puts open items among the discarded ones, recoverable. Returns how many. */
  discard(cause: string, filter: ItemFilter, word: { who: string; reason: string; at: number }): Promise<number>;
  /** Makes discarded items open again. Returns how many. */
  recover(cause: string, filter: ItemFilter, word: { who: string; at: number }): Promise<number>;
  /** Of dead letters by position: those that must not be retried, because they are solved or discarded. */
  settled(positions: readonly string[]): Promise<Set<string>>;
  /** The newest letter of each of these items that is known. */
  newest(items: readonly string[]): Promise<Map<string, string>>;
  /** Empties what is made of the topics, so that they are read anew. */
  rebuild(): Promise<void>;
}

type ItemRow = InboxTables['inbox_items'];
type CauseRow = InboxTables['inbox_causes'];

const hourMs = 3_600_000;

export function openInbox(db: Database): InboxStore {
  const counted = new Map<string, CauseNumbers & { at: number }>();
  const forget = (causes: Iterable<string>) => {
    for (const cause of causes) counted.delete(cause);
  };
  const follow = openInboxFollow(db, forget);

  const itemsOf = (on: Database, cause: string, { states, search }: ItemFilter) => {
    let query = on.selectFrom('inbox_items').where('cause', '=', cause).where('state', 'in', states);
    if (search) {
      const like = `%${escaped(search.toLowerCase())}%`;
      query = query.where(sql<boolean>`(lower(coalesce(key, '')) like ${like} escape '\\' or lower(origin) like ${like} escape '\\')`);
    }
    return query;
  };

  async function chosen(on: Database, cause: string, filter: ItemFilter, limit: number): Promise<ItemRow[]> {
    const query = () => itemsOf(on, cause, filter).selectAll().orderBy('last_at', 'desc').orderBy('item', 'desc').limit(limit);
    if (filter.items === undefined) return query().execute();
    return (await inChunks(filter.items, (some) => query().where('item', 'in', some).execute())).slice(0, limit);
  }

  async function words(rows: readonly ItemRow[]): Promise<Map<string, InboxItem['by']>> {
    const ids = rows.map(({ item }) => item);
    const found = new Map<string, InboxItem['by']>();
    const names = new Map<string, Promise<string>>();
    const nameOf = (replay: string): Promise<string> => {
      const known = names.get(replay) ?? replayName(replay);
      names.set(replay, known);
      return known;
    };
    for (const { item, repair } of await inChunks(ids, (some) =>
      db.selectFrom('inbox_repairs').selectAll().where('item', 'in', some).execute(),
    )) {
      const { who, at, retry, replay } = JSON.parse(repair) as Repair;
      found.set(item, { who, at, ...(retry !== '' && { retry }), ...(replay && { replay: { id: replay, name: await nameOf(replay) } }) });
    }
    for (const { item, who, at, reason } of await inChunks(ids, (some) =>
      db.selectFrom('inbox_discards').selectAll().where('item', 'in', some).execute(),
    ))
      found.set(item, { who, at, reason });
    return found;
  }

  async function replayName(id: string): Promise<string> {
    const row = await db.selectFrom('replays').select('replay').where('id', '=', id).executeTakeFirst();
    return row === undefined ? id : (JSON.parse(row.replay) as Replay).spec.name;
  }

  async function count(causes: readonly string[], now: number): Promise<void> {
    const open = sql<boolean>`state in ('open', 'sent')`;
    await inChunks(causes, async (some) => {
      const sums = await db
        .selectFrom('inbox_items')
        .select('cause')
        .select([
          sql<number>`sum(case when ${open} then 1 else 0 end)`.as('messages'),
          sql<number>`sum(case when state = 'solved' then 1 else 0 end)`.as('solved'),
          sql<number>`sum(case when state = 'discarded' then 1 else 0 end)`.as('discarded'),
          sql<number>`count(distinct case when ${open} then coalesce(key, item) end)`.as('keys'),
          sql<number | null>`min(case when ${open} then first_at end)`.as('first'),
          sql<number | null>`max(case when ${open} then last_at end)`.as('last'),
          sql<number>`min(first_at)`.as('first_ever'),
          sql<number>`max(last_at)`.as('last_ever'),
        ])
        .where('cause', 'in', some)
        .groupBy('cause')
        .execute();
      const versions = await db
        .selectFrom('inbox_items')
        .select(['cause', 'version'])
        .distinct()
        .where('cause', 'in', some)
        .where('state', 'in', openStates)
        .execute();
      const hour = sql<number>`first_at / ${sql.lit(hourMs)}`;
      const hours = await db
        .selectFrom('inbox_items')
        .select(['cause', hour.as('hour'), (e) => e.fn.countAll().as('messages')])
        .where('cause', 'in', some)
        .where('first_at', '>', now - 25 * hourMs)
        .groupBy(['cause', hour])
        .execute();
      for (const cause of some) {
        const sum = sums.find((one) => one.cause === cause);
        counted.set(cause, {
          at: now,
          messages: Number(sum?.messages ?? 0),
          keys: Number(sum?.keys ?? 0),
          solved: Number(sum?.solved ?? 0),
          discarded: Number(sum?.discarded ?? 0),
          first: Number(sum?.first ?? sum?.first_ever ?? 0),
          last: Number(sum?.last ?? sum?.last_ever ?? 0),
          versions: versions.flatMap((one) => (one.cause === cause ? [one.version] : [])).sort((a, b) => b - a),
          hours: Object.fromEntries(hours.flatMap((one) => (one.cause === cause ? [[one.hour, Number(one.messages)]] : []))),
        });
      }
      return [];
    });
  }

  return {
    ...follow,
    async causes(flow) {
      const rows = db.selectFrom('inbox_causes').selectAll();
      return (await (flow === undefined ? rows : rows.where('flow', '=', flow)).execute()).map(causeOf);
    },
    async cause(id) {
      const row = await db.selectFrom('inbox_causes').selectAll().where('id', '=', id).executeTakeFirst();
      return row && causeOf(row);
    },
    async numbers(causes, now) {
      await count(
        causes.filter((cause) => (counted.get(cause)?.at ?? 0) < now - hourMs),
        now,
      );
      return new Map(causes.flatMap((cause) => (counted.has(cause) ? [[cause, counted.get(cause) as CauseNumbers]] : [])));
    },
    async causesOfKey(search) {
      const like = `%${escaped(search.toLowerCase())}%`;
      const rows = await db
        .selectFrom('inbox_items')
        .select('cause')
        .distinct()
        .where(sql<boolean>`lower(key) like ${like} escape '\\'`)
        .limit(500)
        .execute();
      return new Set(rows.map(({ cause }) => cause));
    },
    async items(cause, filter, { limit, after }) {
      let query = itemsOf(db, cause, filter).selectAll();
      const [, at, item] = /^(\d+):(.+)$/.exec(after ?? '') ?? [];
      if (at !== undefined && item !== undefined) {
        query = query.where((e) => e.or([e('last_at', '<', Number(at)), e.and([e('last_at', '=', Number(at)), e('item', '<', item)])]));
      }
      const rows = await query
        .orderBy('last_at', 'desc')
        .orderBy('item', 'desc')
        .limit(limit + 1)
        .execute();
      const total = await itemsOf(db, cause, filter)
        .select((e) => e.fn.countAll().as('all'))
        .executeTakeFirst();
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const by = await words(shown);
      return {
        items: shown.map((row) => itemOf(row, by.get(row.item))),
        total: Number(total?.all ?? 0),
        ...(last && { next: `${last.last_at}:${last.item}` }),
      };
    },
    async item(item) {
      const row = await db.selectFrom('inbox_items').selectAll().where('item', '=', item).executeTakeFirst();
      return row && { ...itemOf(row, (await words([row])).get(item)), cause: row.cause, flow: row.flow };
    },
    all: async (cause, filter, limit) => (await chosen(db, cause, filter, limit)).map((row) => itemOf(row, undefined)),
    async move(cause, event, who, at) {
      return db.transaction().execute((trx) => moveCause(trx, cause, event, at, who));
    },
    async setOwner(cause, owner) {
      await db
        .updateTable('inbox_causes')
        .set({ owner: owner ?? null })
        .where('id', '=', cause)
        .execute();
    },
    async setRetry(cause, retry) {
      await db
        .updateTable('inbox_causes')
        .set({ retry: retry ?? null })
        .where('id', '=', cause)
        .execute();
    },
    async setFix(cause, fix) {
      await db
        .updateTable('inbox_causes')
        .set({ fix: JSON.stringify(fix) })
        .where('id', '=', cause)
        .execute();
    },
    async discard(cause, filter, { who, reason, at }) {
      const done = await db.transaction().execute(async (trx) => {
        const rows = await chosen(trx, cause, { ...filter, states: ['open'] }, Number.MAX_SAFE_INTEGER);
        await inChunks(rows, async (some) => {
          await trx
            .insertInto('inbox_discards')
            .values(some.map(({ item, flow }) => ({ item, flow, cause, at, who, reason })))
            .onConflict((conflict) => conflict.column('item').doUpdateSet({ at, who, reason }))
            .execute();
          const items = some.map(({ item }) => item);
          await trx.updateTable('inbox_items').set({ state: 'discarded' }).where('item', 'in', items).execute();
          return [];
        });
        if (rows.length > 0) await emptied(trx, cause, at);
        return rows.length;
      });
      forget([cause]);
      return done;
    },
    async recover(cause, filter, { who, at }) {
      const done = await db.transaction().execute(async (trx) => {
        const rows = await chosen(trx, cause, { ...filter, states: ['discarded'] }, Number.MAX_SAFE_INTEGER);
        await inChunks(rows, async (some) => {
          const items = some.map(({ item }) => item);
          await trx.deleteFrom('inbox_discards').where('item', 'in', items).execute();
          await trx.updateTable('inbox_items').set({ state: 'open' }).where('item', 'in', items).execute();
          return [];
        });
        if (rows.length > 0) await moveCause(trx, cause, 'reopened', at, who);
        return rows.length;
      });
      forget([cause]);
      return done;
    },
    async settled(positions) {
      const places = new Map(positions.flatMap((position) => (position === '' ? [] : [[position, position]])));
      const rows = await inChunks([...places.keys()], (some) =>
        db
          .selectFrom('inbox_items')
          .select(['topic', 'partition', 'position'])
          .where((e) =>
            e.or(
              some.map((text) => {
                const [, topic = '', partition = '', position = ''] = /^(.+)\/(\d+)\/(\d+)$/.exec(text) ?? [];
                return e.and([e('topic', '=', topic), e('partition', '=', Number(partition)), e('position', '=', Number(position))]);
              }),
            ),
          )
          .where('state', 'in', ['solved', 'discarded'])
          .execute(),
      );
      return new Set(rows.map(({ topic, partition, position }) => formatPosition({ topic, partition, offset: String(position) })));
    },
    async newest(items) {
      const rows = await inChunks([...items], (some) =>
        db.selectFrom('inbox_items').select(['item', 'topic', 'partition', 'position']).where('item', 'in', some).execute(),
      );
      return new Map(
        rows.map(({ item, topic, partition, position }) => [item, formatPosition({ topic, partition, offset: String(position) })]),
      );
    },
    async rebuild() {
      await db.transaction().execute(async (trx) => {
        for (const table of ['inbox_positions', 'inbox_items', 'inbox_repairs'] as const) await trx.deleteFrom(table).execute();
      });
      counted.clear();
    },
  };
}

/** For `like … escape '\'`. */
const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

function itemOf(row: ItemRow, by: InboxItem['by']): InboxItem {
  const { item, state, node, stage, version, origin, key, bytes, attempt, topic, partition, position } = row;
  return {
    item,
    position: formatPosition({ topic, partition, offset: String(position) }),
    state,
    node,
    stage,
    version,
    origin,
    key,
    bytes,
    attempt,
    firstAt: row.first_at,
    lastAt: row.last_at,
    ...(by && state !== 'open' && { by }),
  };
}

function causeOf(row: CauseRow): StoredCause {
  const { id, flow, node, code, place, title } = row;
  return {
    id,
    flow,
    node,
    code,
    place,
    title,
    state: row.state as CauseState,
    stateAt: row.state_at,
    ...(row.state_by !== null && { stateBy: row.state_by }),
    ...(row.owner !== null && { owner: row.owner }),
    newestAt: row.newest_at,
    ...(row.retry !== null && { retry: row.retry }),
    ...(row.fix !== null && { fix: JSON.parse(row.fix) as FixCheck }),
    ...(row.gone > 0 && row.gone_at !== null && { gone: { messages: row.gone, since: row.gone_at } }),
  };
}
