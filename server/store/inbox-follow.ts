import { type CauseEvent, type CauseState, nextState } from '#shared/inbox/cause-state.ts';
import { type ItemFacts, itemState, type LetterFacts, laterRepair, withLetter } from '#shared/inbox/item.ts';
import { formatPosition, parsePosition } from '#shared/message.ts';
import type { Repair } from '#shared/replay.ts';
import type { InboxTables } from './migrations/0012-inbox.ts';
import type { Database } from './tables.ts';

/** A dead letter as the follower read it, with what its cause is called. */
export interface FollowedLetter extends LetterFacts {
  place: string;
  title: string;
}

/** What was read of the topics since the last one; positions are the next offsets to read. */
export interface InboxBatch {
  positions: { topic: string; partition: number; position: number }[];
  letters: FollowedLetter[];
  repairs: Repair[];
}

/** The side of the inbox that follows the topics. Counts of causes that change are heard by `touched`. */
export interface InboxFollowStore {
  /** Next offset to read, by topic and partition. */
  positions(): Promise<InboxBatch['positions']>;
  /** Takes in what was read and how far: one transaction, so that no letter is counted twice or left out. */
  apply(batch: InboxBatch): Promise<void>;
  /** A topic that is gone or another one now: what was read of it is forgotten. */
  forgetTopic(topic: string): Promise<void>;
  /** Removes what stands before `low`, which retention has taken, and notes it at its cause. Returns how many were open. */
  sweep(topic: string, partition: number, low: number, now: number): Promise<number>;
}

type ItemRow = InboxTables['inbox_items'];
type CauseRow = InboxTables['inbox_causes'];

/** Rows of one statement: PostgreSQL takes 65,535 values in all. */
const chunk = 500;
export const openStates = ['open', 'sent'] as const;

export function openInboxFollow(db: Database, touched: (causes: Iterable<string>) => void): InboxFollowStore {
  return {
    positions: () => db.selectFrom('inbox_positions').selectAll().execute(),
    async apply(batch) {
      const changed = new Set<string>();
      await db.transaction().execute(async (trx) => {
        const items = [...new Set([...batch.letters, ...batch.repairs].map(({ item }) => item))];
        const rows = await inChunks(items, (some) => trx.selectFrom('inbox_items').selectAll().where('item', 'in', some).execute());
        const repaired = await inChunks(items, (some) => trx.selectFrom('inbox_repairs').selectAll().where('item', 'in', some).execute());
        const thrown = await inChunks(items, (some) => trx.selectFrom('inbox_discards').select('item').where('item', 'in', some).execute());
        const discarded = new Set(thrown.map(({ item }) => item));
        const before = new Map(rows.map((row) => [row.item, row]));
        const facts = new Map(rows.map((row) => [row.item, factsOf(row)]));
        const repairs = new Map(repaired.map(({ item, repair }) => [item, JSON.parse(repair) as Repair]));
        for (const letter of batch.letters) facts.set(letter.item, withLetter(facts.get(letter.item), letter));
        for (const repair of batch.repairs) repairs.set(repair.item, laterRepair(repairs.get(repair.item), repair));

        const written = items.flatMap((item): ItemRow[] => {
          const known = facts.get(item);
          return known ? [rowOf(known, itemState(known, repairs.get(item), discarded.has(item)))] : [];
        });
        await putItems(trx, written);
        const newRepairs = [...new Set(batch.repairs.map(({ item }) => item))].flatMap((item) => repairs.get(item) ?? []);
        await inChunks(newRepairs, async (some) => {
          await trx
            .insertInto('inbox_repairs')
            .values(some.map((repair) => ({ item: repair.item, at: repair.at, repair: JSON.stringify(repair) })))
            .onConflict((conflict) =>
              conflict.column('item').doUpdateSet((e) => ({ at: e.ref('excluded.at'), repair: e.ref('excluded.repair') })),
            )
            .execute();
          return [];
        });
        for (const cause of await settleCauses(trx, batch.letters, before, written)) changed.add(cause);
        for (const { topic, partition, position } of batch.positions) {
          await trx
            .insertInto('inbox_positions')
            .values({ topic, partition, position })
            .onConflict((conflict) => conflict.columns(['topic', 'partition']).doUpdateSet({ position }))
            .execute();
        }
      });
      touched(changed);
    },
    async forgetTopic(topic) {
      const causes = await db.selectFrom('inbox_items').select('cause').distinct().where('topic', '=', topic).execute();
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('inbox_items').where('topic', '=', topic).execute();
        await trx.deleteFrom('inbox_positions').where('topic', '=', topic).execute();
      });
      touched(causes.map(({ cause }) => cause));
    },
    async sweep(topic, partition, low, now) {
      const old = () =>
        db.selectFrom('inbox_items').where('topic', '=', topic).where('partition', '=', partition).where('position', '<', low);
      if ((await old().select('item').limit(1).executeTakeFirst()) === undefined) return 0;
      const causes = await old()
        .select(['cause', (e) => e.fn.countAll().as('all')])
        .select((e) => e.fn.sum<number>(e.case().when('state', 'in', openStates).then(1).else(0).end()).as('open'))
        .groupBy('cause')
        .execute();
      await db.transaction().execute(async (trx) => {
        const gone = trx
          .selectFrom('inbox_items')
          .select('item')
          .where('topic', '=', topic)
          .where('partition', '=', partition)
          .where('position', '<', low);
        await trx.deleteFrom('inbox_repairs').where('item', 'in', gone).execute();
        await trx.deleteFrom('inbox_discards').where('item', 'in', gone).execute();
        await trx
          .deleteFrom('inbox_items')
          .where('topic', '=', topic)
          .where('partition', '=', partition)
          .where('position', '<', low)
          .execute();
        for (const { cause, open } of causes) {
          if (Number(open) === 0) continue;
          await trx
            .updateTable('inbox_causes')
            .set((e) => ({ gone: e('gone', '+', Number(open)), gone_at: e.fn.coalesce('gone_at', e.val(now)) }))
            .where('id', '=', cause)
            .execute();
          await emptied(trx, cause, now);
        }
      });
      touched(causes.map(({ cause }) => cause));
      return causes.reduce((sum, { open }) => sum + Number(open), 0);
    },
  };
}

/** Brings causes up to date with what happened to their items. Returns the causes whose numbers changed. */
async function settleCauses(
  trx: Database,
  letters: readonly FollowedLetter[],
  before: ReadonlyMap<string, ItemRow>,
  written: readonly ItemRow[],
): Promise<Set<string>> {
  const touched = new Set([...written.map(({ cause }) => cause), ...[...before.values()].map(({ cause }) => cause)]);
  const known = await inChunks([...touched], (some) => trx.selectFrom('inbox_causes').selectAll().where('id', 'in', some).execute());
  const causes = new Map(known.map((row) => [row.id, row]));
  const changed = new Set<string>();
  for (const letter of letters) {
    const { cause: id, flow, node, code, place, title, at, item } = letter;
    const row = causes.get(id);
    if (row === undefined) {
      const empty = { state_by: null, owner: null, retry: null, fix: null, gone: 0, gone_at: null };
      causes.set(id, { id, flow, node, code, place, title, state: 'new', state_at: at, newest_at: at, ...empty });
      changed.add(id);
      continue;
    }
    const isNew = at > row.newest_at;
    // What is read again after a rebuild is no news.
    const event: CauseEvent | undefined = isNew && !before.has(item) ? 'arrived' : isNew && before.has(item) ? 'reopened' : undefined;
    const next = event ? nextState(row.state as CauseState, event) : row.state;
    if (isNew) causes.set(id, { ...row, ...(next !== row.state && stateOf(next, at)), title, newest_at: at });
    if (isNew) changed.add(id);
  }
  await inChunks(
    [...changed].flatMap((id) => causes.get(id) ?? []),
    async (some) => {
      await trx
        .insertInto('inbox_causes')
        .values(some)
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((e) => ({
            title: e.ref('excluded.title'),
            state: e.ref('excluded.state'),
            state_at: e.ref('excluded.state_at'),
            state_by: e.ref('excluded.state_by'),
            newest_at: e.ref('excluded.newest_at'),
          })),
        )
        .execute();
      return [];
    },
  );
  // Only where something left the open ones can a cause have become empty.
  const left = new Set<string>();
  for (const row of written) {
    const was = before.get(row.item);
    if (was && (was.cause !== row.cause || was.state !== row.state)) left.add(was.cause).add(row.cause);
    if (!was && row.state !== 'open') left.add(row.cause);
  }
  for (const id of left) await emptied(trx, id, Date.now());
  return touched;
}

const stateOf = (state: string, at: number) => ({ state, state_at: at, state_by: null });

/** Calls a cause solved when nothing of it is open any more. */
export async function emptied(trx: Database, cause: string, at: number): Promise<void> {
  const open = await trx
    .selectFrom('inbox_items')
    .select('item')
    .where('cause', '=', cause)
    .where('state', 'in', openStates)
    .limit(1)
    .executeTakeFirst();
  if (open) return;
  await moveCause(trx, cause, 'emptied', at, null);
}

/** Lets an event happen to a cause; undefined when there is no such cause. */
export async function moveCause(
  trx: Database,
  id: string,
  event: CauseEvent,
  at: number,
  who: string | null,
): Promise<CauseState | undefined> {
  const row: Pick<CauseRow, 'state'> | undefined = await trx
    .selectFrom('inbox_causes')
    .select('state')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const next = nextState(row.state as CauseState, event);
  if (next !== row.state) {
    await trx.updateTable('inbox_causes').set({ state: next, state_at: at, state_by: who }).where('id', '=', id).execute();
  }
  return next;
}

async function putItems(trx: Database, rows: readonly ItemRow[]): Promise<void> {
  await inChunks(rows, async (some) => {
    await trx
      .insertInto('inbox_items')
      .values([...some])
      .onConflict((conflict) =>
        conflict.column('item').doUpdateSet((e) => ({
          flow: e.ref('excluded.flow'),
          cause: e.ref('excluded.cause'),
          node: e.ref('excluded.node'),
          stage: e.ref('excluded.stage'),
          code: e.ref('excluded.code'),
          version: e.ref('excluded.version'),
          topic: e.ref('excluded.topic'),
          partition: e.ref('excluded.partition'),
          position: e.ref('excluded.position'),
          origin: e.ref('excluded.origin'),
          key: e.ref('excluded.key'),
          bytes: e.ref('excluded.bytes'),
          attempt: e.ref('excluded.attempt'),
          first_at: e.ref('excluded.first_at'),
          last_at: e.ref('excluded.last_at'),
          state: e.ref('excluded.state'),
        })),
      )
      .execute();
    return [];
  });
}

/** What is known of an item, from its row. */
export function factsOf({ topic, partition, position, first_at: firstAt, last_at: at, state: _state, ...row }: ItemRow): ItemFacts {
  return { ...row, position: formatPosition({ topic, partition, offset: String(position) }), firstAt, at };
}

function rowOf(facts: ItemFacts, state: ItemRow['state']): ItemRow {
  const { topic, partition, offset } = parsePosition(facts.position) ?? { topic: '', partition: 0, offset: '0' };
  const { item, flow, cause, node, stage, code, version, origin, key, bytes, attempt, firstAt, at } = facts;
  const where = { topic, partition, position: Number(offset) };
  return { item, flow, cause, node, stage, code, version, ...where, origin, key, bytes, attempt, first_at: firstAt, last_at: at, state };
}

/** Runs a question over a list some at a time, and puts the answers together. */
export async function inChunks<T, R>(list: readonly T[], run: (some: T[]) => Promise<R[]>): Promise<R[]> {
  const all: R[] = [];
  for (let at = 0; at < list.length; at += chunk) all.push(...(await run(list.slice(at, at + chunk))));
  return all;
}
