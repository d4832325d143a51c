import { StoreError } from './store-error.ts';
import { type Database, type DatabaseKind, now } from './tables.ts';

/** The answer that the world gave to a node's question in a Try. */
export interface CallRecording {
  node: string;
  /** SHA-256, hex, of the question; the question itself is not kept. */
  request: string;
  /** The question for people. */
  what: string;
  /** JSON text, masked. */
  answer: string;
}

/** A recording without its answer, for lists. */
export interface RecordingInfo {
  node: string;
  what: string;
  recordedAt: string;
  recordedBy: string;
}

/** What is kept of a flow at most: recordings, characters of one, characters of all. The oldest go first. */
export const recordingLimits = { count: 500, characters: 256 * 1024, flowCharacters: 8 * 1024 * 1024 } as const;

/** Recordings of a flow's workspace. They go with the flow; no document, version or plan knows of them. */
export interface RecordingStore {
  /** In the order of their names: equal contents give equal lists. */
  list(flow: string): Promise<CallRecording[]>;
  /**
   * Keeps answers, over older ones to the same question; answers longer than the limit are left out. Rejects with
   * `unknown` when the flow is gone.
   * @returns how many were kept
   */
  add(flow: string, recordings: readonly CallRecording[], who: string): Promise<number>;
  /** Newest first, without the answers. */
  infos(flow: string): Promise<RecordingInfo[]>;
  /** Forgets those of a node, or all; gives how many. */
  remove(flow: string, node?: string): Promise<number>;
}

export function openRecordings(db: Database, kind: DatabaseKind): RecordingStore {
  /** Takes away the oldest until the flow keeps no more than it may. */
  async function makeRoom(trx: Database, flow: string): Promise<void> {
    const rows = await trx
      .selectFrom('call_recordings')
      .select(['node', 'request', 'size'])
      .where('flow', '=', flow)
      .orderBy('recorded_at', 'desc')
      .orderBy('node')
      .orderBy('request')
      .execute();
    let size = 0;
    for (const [at, row] of rows.entries()) {
      size += row.size;
      if (at < recordingLimits.count && size <= recordingLimits.flowCharacters) continue;
      await trx
        .deleteFrom('call_recordings')
        .where('flow', '=', flow)
        .where('node', '=', row.node)
        .where('request', '=', row.request)
        .execute();
    }
  }

  return {
    list: (flow) =>
      db
        .selectFrom('call_recordings')
        .select(['node', 'request', 'what', 'answer'])
        .where('flow', '=', flow)
        .orderBy('node')
        .orderBy('request')
        .execute(),
    add: (flow, recordings, who) =>
      db.transaction().execute(async (trx) => {
        const row = trx.selectFrom('flows').select('id').where('id', '=', flow);
        const found = await (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst();
        if (!found) throw new StoreError('unknown', `There is no flow "${flow}".`);
        const kept = recordings.filter(({ answer }) => answer.length <= recordingLimits.characters);
        for (const { node, request, what, answer } of kept) {
          const set = { what: what.slice(0, 1000), answer, size: answer.length, recorded_at: now(), recorded_by: who };
          await trx
            .insertInto('call_recordings')
            .values({ flow, node, request, ...set })
            .onConflict((conflict) => conflict.columns(['flow', 'node', 'request']).doUpdateSet(set))
            .execute();
        }
        await makeRoom(trx, flow);
        return kept.length;
      }),
    async infos(flow) {
      const rows = await db
        .selectFrom('call_recordings')
        .select(['node', 'what', 'recorded_at', 'recorded_by'])
        .where('flow', '=', flow)
        .orderBy('recorded_at', 'desc')
        .orderBy('node')
        .orderBy('request')
        .execute();
      return rows.map((row) => ({ node: row.node, what: row.what, recordedAt: row.recorded_at, recordedBy: row.recorded_by }));
    },
    async remove(flow, node) {
      const all = db.deleteFrom('call_recordings').where('flow', '=', flow);
      const gone = await (node === undefined ? all : all.where('node', '=', node)).executeTakeFirst();
      return Number(gone.numDeletedRows);
    },
  };
}
