import { createHash } from 'node:crypto';
import type { Waiver } from '#shared/flow-test/coverage.ts';
import type { FlowTestResult } from '#shared/flow-test/result.ts';
import { type FlowTest, flowTestFileName, flowTestId, flowTestLimits, formatFlowTest, parseFlowTest } from '#shared/flow-test.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { StoreError } from './store-error.ts';
import { type Database, type DatabaseKind, now } from './tables.ts';

/** A stored case. `id` is its file's name without the ending. */
export interface StoredTest {
  id: string;
  name: string;
  /** Goes up by one with every save; also the ETag. */
  revision: number;
  /** The text of its file. */
  text: string;
  /** SHA-256 of the text: results are about this very text. */
  digest: string;
  updatedAt: string;
  updatedBy: string;
}

/** What one case gave on one draft. */
export interface KeptResult {
  /** Digest of the case that was run. */
  digest: string;
  result: FlowTestResult;
  at: string;
  by: string;
}

/** Tests of a flow, what was waived, and what the tests gave. They go with the flow; no document or version knows of them. */
export interface FlowTestStore {
  /** By name. */
  list(flow: string): Promise<StoredTest[]>;
  /** Rejects with `unknown`. */
  get(flow: string, id: string): Promise<StoredTest>;
  /** Rejects with `exists` when another case has that file name, with `limit` when there are too many. */
  create(flow: string, test: FlowTest, who: string): Promise<StoredTest>;
  /**
   * Saves over the revision that the writer has seen, `undefined` over any; another name gives the file another name.
   * Rejects with `stale`, `unknown`, `exists`, `limit`.
   */
  save(flow: string, id: string, test: FlowTest, seen: number | undefined, who: string): Promise<StoredTest>;
  /** Rejects with `unknown`. */
  remove(flow: string, id: string): Promise<StoredTest>;
  waivers(flow: string): Promise<Waiver[]>;
  /** Sets the reason why a node or port need not be reached. */
  waive(flow: string, waiver: Waiver, who: string): Promise<void>;
  /** Rejects with `unknown`. */
  unwaive(flow: string, place: { node: string; port?: string }): Promise<void>;
  /** The last result of each case on the draft with this hash. */
  results(flow: string, hash: string): Promise<KeptResult[]>;
  /** Keeps results on a draft; of older drafts the newest few stay. */
  keep(flow: string, hash: string, results: readonly { digest: string; result: FlowTestResult }[], who: string): Promise<void>;
}

/** Drafts of a flow of which results are kept. */
const keptDrafts = 12;
/** Characters of one kept result; of a longer one only the verdict is kept, without its differences. */
const resultLimit = 500_000;

/** Opens the tests. What is checked before it is written locks the flow's row on PostgreSQL; SQLite has one writer anyway. */
export function openFlowTests(db: Database, kind: DatabaseKind): FlowTestStore {
  const unknown = (id: string): StoreError => new StoreError('unknown', `This flow has no test “${id}”.`);

  async function lockFlow(trx: Database, flow: string): Promise<void> {
    const row = trx.selectFrom('flows').select('id').where('id', '=', flow);
    const found = await (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst();
    if (!found) throw new StoreError('unknown', `There is no flow "${flow}".`);
  }

  async function find(trx: Database, flow: string, id: string): Promise<StoredTest> {
    const row = await trx.selectFrom('flow_tests').selectAll().where('flow', '=', flow).where('id', '=', id).executeTakeFirst();
    if (!row) throw unknown(id);
    return read(row);
  }

  /** Room for one case of this size in place of the one with this id. */
  async function checkRoom(trx: Database, flow: string, size: number, instead: string | undefined): Promise<void> {
    if (size > flowTestLimits.bytes) {
      throw new StoreError('limit', `A test takes at most ${flowTestLimits.bytes / 1024} KB as a file. Use fewer or smaller samples.`);
    }
    const held = await trx
      .selectFrom('flow_tests')
      .select((e) => [e.fn.countAll().as('count'), e.fn.sum('size').as('size')])
      .where('flow', '=', flow)
      .where('id', '!=', instead ?? '')
      .executeTakeFirst();
    if (Number(held?.count ?? 0) >= flowTestLimits.count) {
      throw new StoreError('limit', `A flow keeps at most ${flowTestLimits.count} tests. Remove some first.`);
    }
    if (Number(held?.size ?? 0) + size > flowTestLimits.flowBytes) {
      const most = flowTestLimits.flowBytes / (1024 * 1024);
      throw new StoreError('limit', `The tests of a flow take at most ${most} MB together, and with this one it would be more.`);
    }
  }

  async function checkFree(trx: Database, flow: string, test: FlowTest): Promise<void> {
    const taken = await trx
      .selectFrom('flow_tests')
      .select('name')
      .where('flow', '=', flow)
      .where('id', '=', flowTestId(test.name))
      .executeTakeFirst();
    if (!taken) return;
    throw new StoreError(
      'exists',
      `The test “${taken.name}” has the file ${flowTestFileName(test.name)} already. Choose a name that differs in letters or digits.`,
    );
  }

  return {
    async list(flow) {
      const rows = await db.selectFrom('flow_tests').selectAll().where('flow', '=', flow).orderBy('name').orderBy('id').execute();
      return rows.map(read);
    },
    get: (flow, id) => find(db, flow, id),
    create: (flow, test, who) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const written = write(test, who);
        await checkFree(trx, flow, test);
        await checkRoom(trx, flow, written.size, undefined);
        const row = { flow, ...written, revision: 1 };
        await trx.insertInto('flow_tests').values(row).execute();
        return read(row);
      }),
    save: (flow, id, test, seen, who) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const old = await find(trx, flow, id);
        if (seen !== undefined && seen !== old.revision) {
          const message = `Somebody else saved this test: it is at revision ${old.revision} by ${old.updatedBy}, you changed revision ${seen}.`;
          throw new StoreError('stale', message, { revision: old.revision });
        }
        const written = write(test, who);
        if (written.id !== id) await checkFree(trx, flow, test);
        await checkRoom(trx, flow, written.size, id);
        const row = { ...written, revision: old.revision + 1 };
        await trx.updateTable('flow_tests').set(row).where('flow', '=', flow).where('id', '=', id).execute();
        return read(row);
      }),
    remove: (flow, id) =>
      db.transaction().execute(async (trx) => {
        const old = await find(trx, flow, id);
        await trx.deleteFrom('flow_tests').where('flow', '=', flow).where('id', '=', id).execute();
        return old;
      }),

    async waivers(flow) {
      const rows = await db
        .selectFrom('flow_test_waivers')
        .select(['node', 'port', 'reason'])
        .where('flow', '=', flow)
        .orderBy('node')
        .orderBy('port')
        .execute();
      return rows.map(({ node, port, reason }) => ({ node, ...(port !== '' && { port }), reason }));
    },
    waive: (flow, { node, port = '', reason }, who) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const set = { reason, at: now(), who };
        await trx
          .insertInto('flow_test_waivers')
          .values({ flow, node, port, ...set })
          .onConflict((conflict) => conflict.columns(['flow', 'node', 'port']).doUpdateSet(set))
          .execute();
      }),
    async unwaive(flow, { node, port = '' }) {
      const gone = await db
        .deleteFrom('flow_test_waivers')
        .where('flow', '=', flow)
        .where('node', '=', node)
        .where('port', '=', port)
        .returning('node')
        .executeTakeFirst();
      if (!gone) throw new StoreError('unknown', 'This place is not waived.');
    },

    async results(flow, hash) {
      const rows = await db.selectFrom('flow_test_results').selectAll().where('flow', '=', flow).where('hash', '=', hash).execute();
      return rows.map((row) => ({ digest: row.digest, result: parseJson(row.result) as FlowTestResult, at: row.at, by: row.who }));
    },
    keep: (flow, hash, results, who) =>
      db.transaction().execute(async (trx) => {
        await lockFlow(trx, flow);
        const at = now();
        for (const { digest, result } of results) {
          const set = { digest, result: resultText(result), at, who };
          await trx
            .insertInto('flow_test_results')
            .values({ flow, hash, test: result.id, ...set })
            .onConflict((conflict) => conflict.columns(['flow', 'hash', 'test']).doUpdateSet(set))
            .execute();
        }
        const drafts = await trx
          .selectFrom('flow_test_results')
          .select((e) => ['hash', e.fn.max('at').as('last')])
          .where('flow', '=', flow)
          .groupBy('hash')
          .orderBy('last', 'desc')
          .execute();
        const old = drafts.slice(keptDrafts).map((draft) => draft.hash);
        if (old.length > 0) await trx.deleteFrom('flow_test_results').where('flow', '=', flow).where('hash', 'in', old).execute();
      }),
  };
}

/** What makes two texts of a case the same. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function resultText(result: FlowTestResult): string {
  const text = stringifyJson(result) ?? '';
  if (text.length <= resultLimit) return text;
  return stringifyJson({ ...result, checks: result.checks.map((check) => ({ ...check, differences: [] })) }) ?? '';
}

function write(test: FlowTest, who: string) {
  const text = formatFlowTest(test);
  return { id: flowTestId(test.name), name: test.name, text, size: Buffer.byteLength(text), updated_at: now(), updated_by: who };
}

type Row = ReturnType<typeof write> & { revision: number };

function read({ id, name, revision, text, updated_at, updated_by }: Row): StoredTest {
  return { id, name, revision, text, digest: digestOf(text), updatedAt: updated_at, updatedBy: updated_by };
}

/** The case of a stored text. @throws StoreError `unavailable` for text that is no case any more */
export function testOf({ text, id }: Pick<StoredTest, 'text' | 'id'>): FlowTest {
  const { test, problems } = parseFlowTest(text);
  if (test) return test;
  throw new StoreError('unavailable', `The stored test “${id}” cannot be read: ${problems.map(({ message }) => message).join(' ')}`);
}
