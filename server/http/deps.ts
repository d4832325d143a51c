import type { Logger } from 'pino';
import type { Canary, CanaryHandled } from '#shared/canary.ts';
import type { Flow } from '#shared/flow.ts';
import type { Environment } from '#shared/gate.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { LoadedCatalog } from '../catalog.ts';
import type { Comparisons } from '../comparison/comparisons.ts';
import type { FlowTests } from '../flow-tests/runner.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { InboxMending } from '../inbox/mend.ts';
import type { Auditor } from '../ledger/auditor.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import type { ReconcileSchedules } from '../reconcile/schedules.ts';
import type { Replays } from '../replay/replays.ts';
import type { Retries } from '../replay/retries.ts';
import type { Handovers } from '../runtime/handovers.ts';
import type { ParkedKeyList } from '../runtime/parked-keys.ts';
import type { ReleaseRuns } from '../runtime/release-runs.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { HookRequest, HookResponse, NodeContext } from '../sdk.ts';
import type { Store } from '../store/store.ts';
import type { Traces } from '../trace/traces.ts';
import type { Tries } from '../try/tries.ts';

/** What the HTTP side needs to know of how the server was started. */
export interface HttpSettings {
  demo: boolean;
  /** Its policy decides what a deploy needs. */
  environment: Environment;
  /** Base URL that webhooks are posted to, such as `https://flows.example.com/hooks`, without a slash at its end. */
  hooksUrl: string;
  /** Millrace's own version. */
  version: string;
  /** The built studio; without it only the API is served. */
  clientFolder?: string | undefined;
}

/** Makes a plan of a flow, or says why it cannot. Warnings alone do not stop it. */
export type Compile = (flow: Flow, version: number) => { plan: Plan; problems?: Problem[] } | { problems: Problem[]; plan?: undefined };

/** The demo's sandbox applications; `path` is what stands behind `/sandbox/`. Undefined: there is no such application. */
export interface Sandbox {
  handle(request: HookRequest): Promise<HookResponse | undefined>;
}

/** Everything the HTTP side uses; it makes nothing of this itself. */
export interface AppDeps {
  store: Store;
  runtime: Runtime;
  tries: Tries;
  /** Runs tests, and Tries that tests are made of. */
  flowTests: FlowTests;
  catalog: LoadedCatalog;
  compile: Compile;
  comparisons: Comparisons;
  /** Compares the ledger with what stands in Kafka; left out where nobody does. */
  auditor?: Pick<Auditor, 'refresh'> | undefined;
  /** Watches the flows and tells people. */
  alerts: Alerts;
  /** Compares sources and sinks with the log. */
  reconciles: Reconciles;
  /** Comparisons that repeat themselves. */
  schedules: ReconcileSchedules;
  /** Finds messages, and says what became of one. */
  traces: Traces;
  /** Reports of changes of versions. */
  handovers: Handovers;
  /** What a canary has processed. */
  canaryHandled(canary: Canary, signal: AbortSignal): Promise<CanaryHandled>;
  /** Keys that wait at sinks. */
  parked: ParkedKeyList;
  /** Releases of all keys of a sink. */
  releases: ReleaseRuns;
  replays: Replays;
  retries: Retries;
  /** The dead-letter inbox, and understanding and mending its causes. */
  inbox: Inbox;
  mending: InboxMending;
  settings: HttpSettings;
  /** What nodes may reach when they are asked something apart from a running flow. */
  outside: Pick<NodeContext, 'filesFolder' | 'allowPrivate'>;
  sandbox?: Sandbox | undefined;
  log: Logger;
}
