import { randomUUID } from 'node:crypto';
import {
  type FlowMasks,
  previewOf,
  type SampleBytes,
  type SampleMessage,
  type SampleOrigin,
  type SavedSample,
  sampleLimits,
  sampleSize,
} from '#shared/sample.ts';
import { defaultMasks, type Mask, type Masker } from '#shared/sample-masks.ts';
import { StoreError } from './store-error.ts';
import { type Database, type DatabaseKind, now, type Tables } from './tables.ts';

/** A sample to be kept, masked already. */
export interface NewSample {
  name: string;
  origin: SampleOrigin;
  message: SampleMessage;
  /** Places that masking has changed. */
  masked: number;
}

/** Samples and masks of a flow's workspace. They go with the flow; no document, version or plan knows of them. */
export interface SampleStore {
  /** In the order in which they were taken, without their values unless asked for. */
  list(flow: string, options?: { values: boolean }): Promise<SavedSample[]>;
  /** With its value. Rejects with `unknown`. */
  get(flow: string, id: string): Promise<SavedSample & { value: SampleBytes | null }>;
  /**
   * Keeps what `make` gives for the masks that stand while it is kept, so that no other masks can come in between.
   * Rejects with `unknown` when the flow is gone, with `limit` when the workspace would hold too much: then none is kept.
   */
  add(flow: string, who: string, make: (masks: readonly Mask[]) => NewSample[]): Promise<SavedSample[]>;
  rename(flow: string, id: string, name: string): Promise<SavedSample>;
  /** Rejects with `unknown`, so that who removes the wrong one hears of it. */
  remove(flow: string, id: string): Promise<SavedSample>;
  masks(flow: string): Promise<FlowMasks>;
  /**
   * Sets the masks over the revision that the writer has seen, `undefined` over any, and masks what is stored with them.
   * Rejects with `stale` and the revision that stands. `changed` counts the samples in which something was masked.
   */
  setMasks(
    flow: string,
    masks: readonly Mask[],
    seen: number | undefined,
    who: string,
    masker: Masker,
  ): Promise<{ masks: FlowMasks; changed: number }>;
}

const head = ['id', 'name', 'origin', 'envelope', 'preview', 'size', 'masked', 'created_at', 'created_by'] as const;

/** Opens the samples. What is checked before it is written locks the flow's row on PostgreSQL; SQLite has one writer anyway. */
export function openSamples(db: Database, kind: DatabaseKind): SampleStore {
  const unknown = (id: string): StoreError => new StoreError('unknown', `This flow has no sample "${id}".`);

  async function lockFlow(trx: Database, flow: string): Promise<void> {
    const row = trx.selectFrom('flows').select('id').where('id', '=', flow);
    const found = await (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst();
    if (!found) throw new StoreError('unknown', `There is no flow "${flow}".`);
  }

  async function masksOf(trx: Database, flow: string): Promise<FlowMasks> {
    const row = await trx.selectFrom('sample_masks').select(['masks', 'revision']).where('flow', '=', flow).executeTakeFirst();
    if (!row) return { masks: [...defaultMasks], revision: 0, default: true };
    return { masks: JSON.parse(row.masks) as Mask[], revision: row.revision, default: false };
  }

  async function checkRoom(trx: Database, flow: string, added: readonly { size: number }[]): Promise<void> {
    const held = await trx
      .selectFrom('samples')
      .select((e) => [e.fn.countAll().as('count'), e.fn.sum('size').as('size')])
      .where('flow', '=', flow)
      .executeTakeFirst();
    const count = Number(held?.count ?? 0);
    const size = added.reduce((sum, sample) => sum + sample.size, Number(held?.size ?? 0));
    if (count + added.length > sampleLimits.count) {
      const left = sampleLimits.count - count;
      throw new StoreError(
        'limit',
        `A flow keeps at most ${sampleLimits.count} samples: there is room for ${left} more, not for ${added.length}.`,
      );
    }
    if (size > sampleLimits.flowBytes) {
      const most = sampleLimits.flowBytes / (1024 * 1024);
      throw new StoreError(
        'limit',
        `The samples of a flow take at most ${most} MB together, and with these it would be more. Remove some first.`,
      );
    }
  }

  async function find(trx: Database, flow: string, id: string) {
    const row = await trx.selectFrom('samples').selectAll().where('flow', '=', flow).where('id', '=', id).executeTakeFirst();
    if (!row) throw unknown(id);
    return row;
  }

  return {
    async list(flow, { values } = { values: false }) {
      const rows = db.selectFrom('samples').select(head).where('flow', '=', flow).orderBy('ordinal');
      if (!values) return (await rows.execute()).map((row) => read(row));
      return (await rows.select('value').execute()).map((row) => read(row, row.value));
    },
    async get(flow, id) {
      const row = await find(db, flow, id);
      return { ...read(row), value: valueIn(row.value) };
    },
    add: (flow, who, make) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const last = await trx
          .selectFrom('samples')
          .select((e) => e.fn.max('ordinal').as('ordinal'))
          .where('flow', '=', flow)
          .executeTakeFirst();
        const rows = make((await masksOf(trx, flow)).masks).map((sample, index) => ({
          id: randomUUID(),
          flow,
          ordinal: Number(last?.ordinal ?? 0) + 1 + index,
          name: sample.name,
          origin: JSON.stringify(sample.origin),
          ...written(sample.message),
          masked: sample.masked,
          created_at: now(),
          created_by: who,
        }));
        await checkRoom(trx, flow, rows);
        // One by one: many large rows in one statement are more parameters and memory than a database likes.
        for (const row of rows) await trx.insertInto('samples').values(row).execute();
        return rows.map((row) => read(row));
      }),
    rename: (flow, id, name) =>
      db.transaction().execute(async (trx) => {
        const row = await find(trx, flow, id);
        await trx.updateTable('samples').set({ name }).where('id', '=', row.id).execute();
        return read({ ...row, name });
      }),
    remove: (flow, id) =>
      db.transaction().execute(async (trx) => {
        const row = await find(trx, flow, id);
        await trx.deleteFrom('samples').where('id', '=', row.id).execute();
        return read(row);
      }),
    masks: (flow) => masksOf(db, flow),
    setMasks: (flow, masks, seen, who, masker) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const { revision } = await masksOf(trx, flow);
        if (seen !== undefined && seen !== revision) {
          throw new StoreError('stale', `Somebody else set these masks: they are at revision ${revision}, you changed revision ${seen}.`, {
            revision,
          });
        }
        const set = { masks: JSON.stringify(masks), revision: revision + 1, updated_at: now(), updated_by: who };
        await trx
          .insertInto('sample_masks')
          .values({ flow, ...set })
          .onConflict((conflict) => conflict.column('flow').doUpdateSet(set))
          .execute();
        return { masks: { masks: [...masks], revision: set.revision, default: false }, changed: await maskAgain(trx, flow, masker) };
      }),
  };
}

/** One after the other, because all of them together may be large. */
async function maskAgain(trx: Database, flow: string, masker: Masker): Promise<number> {
  let changed = 0;
  for (const { id } of await trx.selectFrom('samples').select('id').where('flow', '=', flow).execute()) {
    const row = await trx.selectFrom('samples').select(['envelope', 'value', 'masked']).where('id', '=', id).executeTakeFirstOrThrow();
    const { message, masked } = masker({ ...envelopeOf(row), value: valueIn(row.value) });
    if (masked === 0) continue;
    changed++;
    await trx
      .updateTable('samples')
      .set({ ...written(message), masked: row.masked + masked })
      .where('id', '=', id)
      .execute();
  }
  return changed;
}

/** As JSON text throughout, because PostgreSQL keeps no NUL in text and JSON writes it as six other characters. */
function written({ value, ...envelope }: SampleMessage): Pick<Row, 'envelope' | 'preview' | 'size'> & { value: string } {
  return {
    envelope: JSON.stringify(envelope),
    value: JSON.stringify(value),
    preview: JSON.stringify(previewOf(value)?.text ?? ''),
    size: sampleSize({ ...envelope, value }),
  };
}

type Row = Pick<Tables['samples'], (typeof head)[number]>;

const envelopeOf = (row: { envelope: string }) => JSON.parse(row.envelope) as Omit<SampleMessage, 'value'>;
const valueIn = (text: string) => JSON.parse(text) as SampleMessage['value'];

function read(row: Row, value?: string): SavedSample {
  return {
    id: row.id,
    name: row.name,
    origin: JSON.parse(row.origin) as SampleOrigin,
    ...envelopeOf(row),
    ...(value !== undefined && { value: valueIn(value) }),
    preview: JSON.parse(row.preview) as string,
    size: row.size,
    masked: row.masked,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
