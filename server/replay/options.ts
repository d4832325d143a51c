import type { Flow } from '#shared/flow.ts';
import type { Environment } from '#shared/gate.ts';
import type { LedgerMinute } from '#shared/ledger-minutes.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { KafkaPort, KafkaSettings } from '../kafka/port.ts';
import type { NodeType } from '../sdk.ts';
import type { Store } from '../store/store.ts';

/** What replays and retries need of the server. */
export interface ReplayOptions {
  store: Pick<Store, 'replays' | 'retries' | 'claims' | 'versions' | 'deployments' | 'samples'>;
  kafka: KafkaPort;
  settings: KafkaSettings;
  compile(flow: Flow, version: number): { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };
  types: ReadonlyMap<string, NodeType>;
  /** The same types as data, for their guarantees. */
  infos: ReadonlyMap<string, NodeTypeInfo>;
  nodeFolders: string[];
  filesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: string[];
  secrets(): Promise<Record<string, string>>;
  environment: Environment;
  /** The ledger by minute, for how many messages came while retention has taken them since. */
  minutes?(flow: string, since: number, until: number): Promise<LedgerMinute[]>;
  /** Which stages of a flow are paused now, with the reason. */
  paused?(flow: string): Map<string, string>;
  /** What the inbox knows: of dead letters by position those that must not be retried, and the newest letter of each item. */
  inbox?: {
    /** Resolves when it knows all that stands in Kafka now; rejects when the signal fires before. */
    upToDate(signal: AbortSignal): Promise<void>;
    settled(positions: readonly string[]): Promise<ReadonlySet<string>>;
    newest(items: readonly string[]): Promise<ReadonlyMap<string, string>>;
  };
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

/** The plan of a published version as it runs now. @throws Error with one sentence when it no longer compiles */
export async function planOf({ store, compile }: Pick<ReplayOptions, 'store' | 'compile'>, flow: string, version: number): Promise<Plan> {
  const document = await store.versions.get(flow, version);
  const { plan, problems = [] } = compile(document, version);
  if (plan) return plan;
  const why = problems.map(({ message }) => message).join(' ');
  throw new Error(`Version ${version} cannot run any more on this server: ${why} Choose another version, or mend what it lacks.`);
}
