import type { Generated, Kysely } from 'kysely';
import type { Role } from '#shared/api.ts';
import type { LedgerMinuteTables } from './migrations/0009-ledger-minutes.ts';
import type { ReplayTables } from './migrations/0010-replays.ts';
import type { FlowEventTables } from './migrations/0011-flow-events.ts';
import type { InboxTables } from './migrations/0012-inbox.ts';
import type { HandoverTables } from './migrations/0013-handovers.ts';
import type { AlertTables } from './migrations/0014-alerts.ts';
import type { TraceFieldTables } from './migrations/0015-trace-fields.ts';
import type { ResendTables } from './migrations/0016-resends.ts';
import type { ReconcileScheduleTables } from './migrations/0018-reconcile-schedules.ts';
import type { ItemClaimTables } from './migrations/0019-item-claims.ts';
import type { ReleaseRunTables } from './migrations/0020-release-runs.ts';

/**
 * The tables, the same on SQLite and PostgreSQL. Times are ISO text made in code, booleans are 0 or 1, JSON is text
 * that no query looks into.
 */
export interface Tables
  extends TraceFieldTables,
    ResendTables,
    ReconcileScheduleTables,
    ReleaseRunTables,
    LedgerMinuteTables,
    ReplayTables,
    ItemClaimTables,
    FlowEventTables,
    InboxTables,
    HandoverTables,
    AlertTables {
  flows: {
    id: string;
    name: string;
    text: string;
    hash: string;
    nodes: number;
    revision: number;
    updated_at: string;
    updated_by: string;
    /** Who changed the logic last; null where that was before anybody asked. */
    logic_by: string | null;
  };
  versions: {
    flow: string;
    version: number;
    text: string;
    hash: string;
    note: string;
    created_at: string;
    created_by: string;
  };
  deployments: {
    id: Generated<number>;
    flow: string;
    version: number;
    /** 1 for the newest of its flow, which is the one that counts. */
    current: number;
    desired: 'running' | 'stopped';
    plan: string;
    barrier: string;
    topics: string;
    replaced: number | null;
    deployed_at: string;
    deployed_by: string;
  };
  api_keys: {
    id: string;
    name: string;
    role: Role;
    hash: string;
    created_at: string;
    created_by: string;
    last_used_at: string | null;
  };
  sessions: {
    hash: string;
    name: string;
    role: Role;
    api_key: string | null;
    created_at: string;
    expires_at: string;
  };
  login_links: { hash: string; role: Role; expires_at: string };
  secrets: { name: string; sealed: string; updated_at: string; updated_by: string };
  audit: { id: Generated<number>; at: string; who: string; action: string; flow: string | null; detail: string };
  crashes: {
    flow: string;
    stage: string;
    topic: string;
    partition: number;
    position: string;
    count: number;
    message: string;
    at: string;
  };
  ledger_positions: { part: string; position: string };
  ledger_totals: { name: string; totals: string };
  samples: {
    id: string;
    flow: string;
    /** Order within the flow. */
    ordinal: number;
    name: string;
    origin: string;
    /** JSON: key, headers and time. */
    envelope: string;
    value: string;
    /** JSON text: the beginning of the value, so that a list need not read all of it. */
    preview: string;
    size: number;
    masked: number;
    created_at: string;
    created_by: string;
  };
  flow_tests: {
    flow: string;
    /** Name of the case's file without its ending. */
    id: string;
    name: string;
    text: string;
    size: number;
    revision: number;
    updated_at: string;
    updated_by: string;
  };
  /** `port` is empty for the node as a whole. */
  flow_test_waivers: { flow: string; node: string; port: string; reason: string; at: string; who: string };
  /** The last result of a case on the draft with that hash; `digest` is of the case's text. */
  flow_test_results: { flow: string; hash: string; test: string; digest: string; result: string; at: string; who: string };
  flow_approvals: { flow: string; hash: string; who: string; comment: string; at: string };
  gate_overrides: {
    id: Generated<number>;
    flow: string;
    version: number;
    environment: string;
    reason: string;
    blocked: string;
    at: string;
    who: string;
  };
  sample_masks: { flow: string; masks: string; revision: number; updated_at: string; updated_by: string };
  comparisons: {
    id: string;
    flow: string;
    /** Hash of the draft's logic. */
    draft: string;
    state: 'running' | 'done' | 'stopped' | 'failed';
    started_at: string;
    /** JSON: all of it but the decisions. */
    report: string;
    /** The version and time of the deployment that it was made for. */
    deployed_as: number | null;
    deployed_at: string | null;
  };
  comparison_decisions: { comparison: string; signature: string; who: string; at: string; note: string };
  call_recordings: {
    flow: string;
    node: string;
    /** Hash of the question. */
    request: string;
    what: string;
    answer: string;
    size: number;
    recorded_at: string;
    recorded_by: string;
  };
  target_shapes: { flow: string; node: string; target: string; saved_at: string; saved_by: string };
}

/** The open database. SQLite has one connection: inside a transaction use the transaction alone. */
export type Database = Kysely<Tables>;

/** Which of the two it is, for the few places where they differ. */
export type DatabaseKind = 'sqlite' | 'postgres';

/** Now, as the tables keep it. */
export function now(): string {
  return new Date().toISOString();
}
