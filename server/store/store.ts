import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';
import { type AlertStore, openAlerts } from './alerts.ts';
import { type AuditStore, openAudit } from './audit.ts';
import { type CanaryStore, openCanaries } from './canaries.ts';
import { type ClaimStore, openClaims } from './claims.ts';
import { type ComparisonStore, openComparisons } from './comparisons.ts';
import { type CrashStore, openCrashes } from './crashes.ts';
import { type DeploymentStore, openDeployments } from './deployments.ts';
import { type FlowEventStore, openFlowEvents } from './flow-events.ts';
import { type FlowTestStore, openFlowTests } from './flow-tests.ts';
import { type FlowStore, openFlows } from './flows.ts';
import { type GateStore, openGate } from './gate.ts';
import { type HandoverStore, openHandovers } from './handovers.ts';
import { type InboxStore, openInbox } from './inbox.ts';
import { type IncidentStore, openIncidents } from './incidents.ts';
import { type KeyStore, openKeys } from './keys.ts';
import { type LedgerAuditStore, type LedgerGapStore, openLedgerAudit, openLedgerGaps } from './ledger-gaps.ts';
import { type LedgerMinuteStore, openLedgerMinutes } from './ledger-minutes.ts';
import { type LedgerStore, openLedger } from './ledger-totals.ts';
import { migrate } from './migrations.ts';
import { type NoticeStore, openNotices } from './notices.ts';
import { openReconcileSchedules, type ReconcileScheduleStore } from './reconcile-schedules.ts';
import { openReconciles, type ReconcileStore } from './reconciles.ts';
import { openRecordings, type RecordingStore } from './recordings.ts';
import { openReleaseRuns, type ReleaseRunStore } from './release-runs.ts';
import { openReplays, type ReplayStore } from './replays.ts';
import { openResends, type ResendStore } from './resends.ts';
import { openRetries, type RetryStore } from './retries.ts';
import { openSamples, type SampleStore } from './samples.ts';
import { loadSealKey, type SealKey } from './seal.ts';
import { openSecrets, type SecretStore } from './secrets.ts';
import { openSessions, type SessionStore } from './sessions.ts';
import { StoreError, translate, translated } from './store-error.ts';
import type { Database, DatabaseKind, Tables } from './tables.ts';
import { openTargets, type TargetStore } from './target-shapes.ts';
import { openTraceFields, type TraceFieldStore } from './trace-fields.ts';
import { openVersions, type VersionStore } from './versions.ts';

/** Everything that must survive a restart and is not a message. Every rejection that a person can act on is a StoreError. */
export interface Store {
  kind: DatabaseKind;
  flows: FlowStore;
  versions: VersionStore;
  deployments: DeploymentStore;
  keys: KeyStore;
  sessions: SessionStore;
  secrets: SecretStore;
  audit: AuditStore;
  crashes: CrashStore;
  ledger: LedgerStore;
  ledgerMinutes: LedgerMinuteStore;
  ledgerGaps: LedgerGapStore;
  resends: ResendStore;
  ledgerAudit: LedgerAuditStore;
  alerts: AlertStore;
  incidents: IncidentStore;
  notices: NoticeStore;
  reconciles: ReconcileStore;
  reconcileSchedules: ReconcileScheduleStore;
  samples: SampleStore;
  inbox: InboxStore;
  recordings: RecordingStore;
  releaseRuns: ReleaseRunStore;
  replays: ReplayStore;
  retries: RetryStore;
  claims: ClaimStore;
  targets: TargetStore;
  comparisons: ComparisonStore;
  traceFields: TraceFieldStore;
  flowTests: FlowTestStore;
  gate: GateStore;
  flowEvents: FlowEventStore;
  handovers: HandoverStore;
  canaries: CanaryStore;
  /** Resolves when the database answers; rejects with `unavailable` when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Where the store lives: SQLite in the data folder, or PostgreSQL when there is a `databaseUrl`. `secretKey` seals the
 * secrets; without it a key file in the data folder does.
 */
export type StoreOptions = { secretKey?: string | undefined } & (
  | { dataFolder: string; databaseUrl?: undefined }
  | { databaseUrl: string; dataFolder?: string | undefined }
);

/** Opens the store and brings its tables up to date. SQLite commits are on disk when they resolve. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const kind: DatabaseKind = options.databaseUrl === undefined ? 'sqlite' : 'postgres';
  let db: Database;
  try {
    db = options.databaseUrl !== undefined ? openPostgres(options.databaseUrl) : await openSqlite(options.dataFolder);
  } catch (error) {
    throw translate(error);
  }
  try {
    await migrate(db, kind);
  } catch (error) {
    await db.destroy();
    throw translate(error);
  }
  let sealKey: Promise<SealKey> | undefined;
  const key = (): Promise<SealKey> => {
    sealKey ??= loadSealKey({ text: options.secretKey, folder: options.dataFolder }).catch((error: unknown) => {
      sealKey = undefined;
      throw error;
    });
    return sealKey;
  };
  return {
    kind,
    flows: translated(openFlows(db)),
    versions: translated(openVersions(db, kind)),
    deployments: translated(openDeployments(db)),
    keys: translated(openKeys(db)),
    sessions: translated(openSessions(db)),
    secrets: translated(openSecrets(db, key)),
    audit: translated(openAudit(db)),
    crashes: translated(openCrashes(db)),
    ledger: translated(openLedger(db)),
    ledgerMinutes: translated(openLedgerMinutes(db)),
    ledgerGaps: translated(openLedgerGaps(db)),
    resends: translated(openResends(db)),
    ledgerAudit: translated(openLedgerAudit(db)),
    alerts: translated(openAlerts(db)),
    incidents: translated(openIncidents(db)),
    notices: translated(openNotices(db)),
    reconciles: translated(openReconciles(db)),
    reconcileSchedules: translated(openReconcileSchedules(db)),
    samples: translated(openSamples(db, kind)),
    inbox: translated(openInbox(db)),
    recordings: translated(openRecordings(db, kind)),
    releaseRuns: translated(openReleaseRuns(db)),
    replays: translated(openReplays(db)),
    retries: translated(openRetries(db)),
    claims: translated(openClaims(db)),
    targets: translated(openTargets(db)),
    comparisons: translated(openComparisons(db)),
    traceFields: translated(openTraceFields(db)),
    flowTests: translated(openFlowTests(db, kind)),
    gate: translated(openGate(db)),
    flowEvents: translated(openFlowEvents(db)),
    handovers: translated(openHandovers(db)),
    canaries: translated(openCanaries(db)),
    ...translated({
      async ping() {
        await db.selectFrom('ledger_positions').select('part').limit(1).execute();
      },
      async close() {
        await db.destroy();
      },
    }),
  };
}

async function openSqlite(folder: string): Promise<Database> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'millrace.db');
  const file = new Sqlite(path);
  try {
    await chmod(path, 0o600);
    file.pragma('journal_mode = WAL');
    // The build's default in WAL mode is NORMAL, which does not sync at each commit: a power cut would take saved flows.
    file.pragma('synchronous = FULL');
    file.pragma('foreign_keys = ON');
    file.pragma('busy_timeout = 5000');
  } catch (error) {
    file.close();
    throw error;
  }
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
}

function openPostgres(url: string): Database {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StoreError('unavailable', 'DATABASE_URL must begin with postgres:// or postgresql://.');
  }
  const int8 = 20;
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    types: {
      // Counts come as 64-bit integers; none of ours leaves the range that a number holds.
      getTypeParser: ((id: number, format?: 'text' | 'binary') =>
        id === int8 ? Number : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
    },
  });
  // An idle connection that breaks is dropped by the pool; the next query opens another or says what is wrong.
  pool.on('error', () => undefined);
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
