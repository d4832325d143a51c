import { type Kysely, type Migration, Migrator } from 'kysely';
import { ledgerMinutesMigration } from './migrations/0009-ledger-minutes.ts';
import { replaysMigration } from './migrations/0010-replays.ts';
import { flowEventsMigration } from './migrations/0011-flow-events.ts';
import { inboxMigration } from './migrations/0012-inbox.ts';
import { handoversMigration } from './migrations/0013-handovers.ts';
import { alertsMigration } from './migrations/0014-alerts.ts';
import { traceFieldsMigration } from './migrations/0015-trace-fields.ts';
import { resendsMigration } from './migrations/0016-resends.ts';
import { reconcileSchedulesMigration } from './migrations/0018-reconcile-schedules.ts';
import { itemClaimsMigration } from './migrations/0019-item-claims.ts';
import { releaseRunsMigration } from './migrations/0020-release-runs.ts';
import type { Database, DatabaseKind } from './tables.ts';

/** Every change of the tables, oldest first. A released one is never edited: add the next. */
function migrations(kind: DatabaseKind): Record<string, Migration> {
  return {
    '0001-first': {
      async up(db: Kysely<never>): Promise<void> {
        // The one difference between the two: how a number is counted up.
        const counter = kind === 'sqlite' ? 'integer' : 'bigserial';
        await db.schema
          .createTable('flows')
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('text', 'text', (column) => column.notNull())
          .addColumn('hash', 'text', (column) => column.notNull())
          .addColumn('nodes', 'integer', (column) => column.notNull())
          .addColumn('revision', 'integer', (column) => column.notNull())
          .addColumn('updated_at', 'text', (column) => column.notNull())
          .addColumn('updated_by', 'text', (column) => column.notNull())
          .execute();
        // No foreign key to flows: messages in Kafka name their version for as long as Kafka keeps them.
        await db.schema
          .createTable('versions')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('version', 'integer', (column) => column.notNull())
          .addColumn('text', 'text', (column) => column.notNull())
          .addColumn('hash', 'text', (column) => column.notNull())
          .addColumn('note', 'text', (column) => column.notNull())
          .addColumn('created_at', 'text', (column) => column.notNull())
          .addColumn('created_by', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('versions_key', ['flow', 'version'])
          .execute();
        await db.schema
          .createTable('deployments')
          .addColumn('id', counter, (column) => column.primaryKey())
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('version', 'integer', (column) => column.notNull())
          .addColumn('current', 'integer', (column) => column.notNull())
          .addColumn('desired', 'text', (column) => column.notNull())
          .addColumn('plan', 'text', (column) => column.notNull())
          .addColumn('barrier', 'text', (column) => column.notNull())
          .addColumn('topics', 'text', (column) => column.notNull())
          .addColumn('replaced', 'integer')
          .addColumn('deployed_at', 'text', (column) => column.notNull())
          .addColumn('deployed_by', 'text', (column) => column.notNull())
          .addForeignKeyConstraint('deployments_version', ['flow', 'version'], 'versions', ['flow', 'version'])
          .execute();
        await db.schema
          .createIndex('deployments_current')
          .on('deployments')
          .column('flow')
          .unique()
          .where('current' as never, '=', 1 as never)
          .execute();
        await db.schema
          .createTable('api_keys')
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('role', 'text', (column) => column.notNull())
          .addColumn('hash', 'text', (column) => column.notNull().unique())
          .addColumn('created_at', 'text', (column) => column.notNull())
          .addColumn('created_by', 'text', (column) => column.notNull())
          .addColumn('last_used_at', 'text')
          .execute();
        await db.schema
          .createTable('sessions')
          .addColumn('hash', 'text', (column) => column.primaryKey())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('role', 'text', (column) => column.notNull())
          .addColumn('api_key', 'text', (column) => column.references('api_keys.id').onDelete('cascade'))
          .addColumn('created_at', 'text', (column) => column.notNull())
          .addColumn('expires_at', 'text', (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('login_links')
          .addColumn('hash', 'text', (column) => column.primaryKey())
          .addColumn('role', 'text', (column) => column.notNull())
          .addColumn('expires_at', 'text', (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('secrets')
          .addColumn('name', 'text', (column) => column.primaryKey())
          .addColumn('sealed', 'text', (column) => column.notNull())
          .addColumn('updated_at', 'text', (column) => column.notNull())
          .addColumn('updated_by', 'text', (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('audit')
          .addColumn('id', counter, (column) => column.primaryKey())
          .addColumn('at', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .addColumn('action', 'text', (column) => column.notNull())
          .addColumn('flow', 'text')
          .addColumn('detail', 'text', (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('crashes')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('stage', 'text', (column) => column.notNull())
          .addColumn('topic', 'text', (column) => column.notNull())
          .addColumn('partition', 'integer', (column) => column.notNull())
          .addColumn('position', 'text', (column) => column.notNull())
          .addColumn('count', 'integer', (column) => column.notNull())
          .addColumn('message', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('crashes_key', ['flow', 'stage', 'topic', 'partition', 'position'])
          .execute();
        await db.schema
          .createTable('ledger_positions')
          .addColumn('part', 'text', (column) => column.primaryKey())
          .addColumn('position', 'text', (column) => column.notNull())
          .execute();
        await db.schema
          .createTable('ledger_totals')
          .addColumn('name', 'text', (column) => column.primaryKey())
          .addColumn('totals', 'text', (column) => column.notNull())
          .execute();
      },
    },
    '0002-samples': {
      async up(db: Kysely<never>): Promise<void> {
        await db.schema
          .createTable('samples')
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('ordinal', 'integer', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('origin', 'text', (column) => column.notNull())
          .addColumn('envelope', 'text', (column) => column.notNull())
          .addColumn('value', 'text', (column) => column.notNull())
          .addColumn('preview', 'text', (column) => column.notNull())
          .addColumn('size', 'integer', (column) => column.notNull())
          .addColumn('masked', 'integer', (column) => column.notNull())
          .addColumn('created_at', 'text', (column) => column.notNull())
          .addColumn('created_by', 'text', (column) => column.notNull())
          .execute();
        await db.schema.createIndex('samples_flow').on('samples').columns(['flow', 'ordinal']).execute();
        await db.schema
          .createTable('sample_masks')
          .addColumn('flow', 'text', (column) => column.primaryKey())
          .addColumn('masks', 'text', (column) => column.notNull())
          .addColumn('revision', 'integer', (column) => column.notNull())
          .addColumn('updated_at', 'text', (column) => column.notNull())
          .addColumn('updated_by', 'text', (column) => column.notNull())
          .execute();
      },
    },
    '0003-flow-tests': {
      async up(db: Kysely<never>): Promise<void> {
        const counter = kind === 'sqlite' ? 'integer' : 'bigserial';
        await db.schema
          .createTable('flow_tests')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('id', 'text', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('text', 'text', (column) => column.notNull())
          .addColumn('size', 'integer', (column) => column.notNull())
          .addColumn('revision', 'integer', (column) => column.notNull())
          .addColumn('updated_at', 'text', (column) => column.notNull())
          .addColumn('updated_by', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('flow_tests_key', ['flow', 'id'])
          .execute();
        await db.schema
          .createTable('flow_test_waivers')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('node', 'text', (column) => column.notNull())
          .addColumn('port', 'text', (column) => column.notNull())
          .addColumn('reason', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('flow_test_waivers_key', ['flow', 'node', 'port'])
          .execute();
        await db.schema
          .createTable('flow_test_results')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('hash', 'text', (column) => column.notNull())
          .addColumn('test', 'text', (column) => column.notNull())
          .addColumn('digest', 'text', (column) => column.notNull())
          .addColumn('result', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('flow_test_results_key', ['flow', 'hash', 'test'])
          .execute();
        await db.schema
          .createTable('flow_approvals')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('hash', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .addColumn('comment', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('flow_approvals_key', ['flow', 'hash', 'who'])
          .execute();
        // No foreign key to flows: what was deployed against the gate is told for ever.
        await db.schema
          .createTable('gate_overrides')
          .addColumn('id', counter, (column) => column.primaryKey())
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('version', 'integer', (column) => column.notNull())
          .addColumn('environment', 'text', (column) => column.notNull())
          .addColumn('reason', 'text', (column) => column.notNull())
          .addColumn('blocked', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .execute();
        await db.schema.alterTable('flows').addColumn('logic_by', 'text').execute();
      },
    },
    '0004-comparisons': {
      async up(db: Kysely<never>): Promise<void> {
        await db.schema
          .createTable('comparisons')
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('draft', 'text', (column) => column.notNull())
          .addColumn('state', 'text', (column) => column.notNull())
          .addColumn('started_at', 'text', (column) => column.notNull())
          .addColumn('report', 'text', (column) => column.notNull())
          .addColumn('deployed_as', 'integer')
          .addColumn('deployed_at', 'text')
          .execute();
        await db.schema.createIndex('comparisons_flow').on('comparisons').columns(['flow', 'started_at']).execute();
        await db.schema
          .createTable('comparison_decisions')
          .addColumn('comparison', 'text', (column) => column.notNull())
          .addColumn('signature', 'text', (column) => column.notNull())
          .addColumn('who', 'text', (column) => column.notNull())
          .addColumn('at', 'text', (column) => column.notNull())
          .addColumn('note', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('comparison_decisions_key', ['comparison', 'signature'])
          .execute();
      },
    },
    '0006-call-recordings': {
      async up(db: Kysely<never>): Promise<void> {
        await db.schema
          .createTable('call_recordings')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('node', 'text', (column) => column.notNull())
          .addColumn('request', 'text', (column) => column.notNull())
          .addColumn('what', 'text', (column) => column.notNull())
          .addColumn('answer', 'text', (column) => column.notNull())
          .addColumn('size', 'integer', (column) => column.notNull())
          .addColumn('recorded_at', 'text', (column) => column.notNull())
          .addColumn('recorded_by', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('call_recordings_key', ['flow', 'node', 'request'])
          .execute();
      },
    },
    '0007-target-shapes': {
      async up(db: Kysely<never>): Promise<void> {
        await db.schema
          .createTable('target_shapes')
          .addColumn('flow', 'text', (column) => column.notNull())
          .addColumn('node', 'text', (column) => column.notNull())
          .addColumn('target', 'text', (column) => column.notNull())
          .addColumn('saved_at', 'text', (column) => column.notNull())
          .addColumn('saved_by', 'text', (column) => column.notNull())
          .addPrimaryKeyConstraint('target_shapes_key', ['flow', 'node'])
          .execute();
      },
    },
    '0008-audit-by-flow': {
      async up(db: Kysely<never>): Promise<void> {
        // A flow's history asks who saved its draft; the audit of a whole server is long.
        await db.schema.createIndex('audit_flow').on('audit').columns(['flow', 'id']).execute();
      },
    },
    '0009-ledger-minutes': ledgerMinutesMigration,
    '0010-replays': replaysMigration,
    '0011-flow-events': flowEventsMigration(kind),
    '0012-inbox': inboxMigration,
    '0013-handovers': handoversMigration,
    '0014-alerts': alertsMigration,
    '0015-trace-fields': traceFieldsMigration,
    '0016-resends': resendsMigration,
    '0018-reconcile-schedules': reconcileSchedulesMigration,
    '0019-item-claims': itemClaimsMigration,
    '0020-release-runs': releaseRunsMigration,
  };
}

/** Brings the tables up to date; does nothing when they are. Throws what the first failing migration threw. */
export async function migrate(db: Database, kind: DatabaseKind): Promise<void> {
  const all = migrations(kind);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => all } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
