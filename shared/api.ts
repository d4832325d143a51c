import type { Canary } from './canary.ts';
import type { FlowStatus, Sample } from './events.ts';
import type { Flow } from './flow.ts';
import type { Environment } from './gate.ts';
import type { Handover } from './handover.ts';
import type { PathGuarantee } from './plan.ts';
import type { Problem } from './problem.ts';

/**
 * What the two sides say to each other, once. Routes (all JSON, errors are problem+json):
 *
 * GET    /api/me                         Me                                  any role
 * POST   /api/session {key} | {link}     Me, sets the session cookie         nobody yet
 * DELETE /api/session
 * GET    /api/node-types                 Catalog                             viewer
 * GET    /api/flows                      FlowSummary[]                       viewer
 * POST   /api/flows  Flow                201 FlowRecord                      analyst
 * GET    /api/flows/:id                  FlowRecord, ETag                    viewer
 * PUT    /api/flows/:id  Flow, If-Match  FlowRecord; 412 when stale          analyst
 * DELETE /api/flows/:id                  204; refuses a running flow (409)   analyst
 * POST   /api/flows/:id/check            { problems }                        viewer
 * POST   /api/flows/:id/preview          DeployPreview                       viewer
 * POST   /api/flows/:id/try TrialRequest TrialResult                         analyst
 * GET    /api/flows/:id/recordings       the calls recorded for Tries        viewer
 * DELETE /api/flows/:id/recordings?node=                                     analyst
 * POST   /api/flows/:id/versions {note?} · GET …  VersionInfo · VersionInfo[] analyst · viewer
 * GET    /api/flows/:id/versions/:version Flow                                viewer
 * GET    /api/flows/:id/history          FlowHistory                         viewer
 * GET    /api/flows/:id/ledger?since=&until=&step=&format=csv  LedgerReport  viewer
 * GET    /api/flows/:id/ledger/gaps?open= LedgerGap[]                       viewer
 * POST   /api/flows/:id/ledger/gaps/:gap/settle {reason}  LedgerGap         analyst
 * GET    /api/flows/:id/ledger/filtered  FilteredSamples[]                   viewer
 * GET    /api/flows/:id/timeline?since=&until=  Timeline                  viewer
 * GET    /api/flows/:id/moment?at=       Moment                              viewer
 * GET    /api/flows/:id/moment/messages?at=  MomentMessages                  viewer
 * GET    /api/flows/:id/gate             Gate                                viewer
 * POST   /api/flows/:id/approvals {comment?, hash?} · DELETE  Gate            developer
 * GET    /api/flows/:id/overrides        GateOverride[]                      viewer
 * POST   /api/flows/:id/deploy {version?, override?: {reason}} Deployment    admin
 * GET    /api/flows/:id/deployments       Deployments                        viewer
 * POST   /api/flows/:id/canary {version?, share, override?}  CanaryStatus    admin
 * GET    /api/flows/:id/canary            CanaryStatus or null               viewer
 * GET    /api/flows/:id/canaries/:canary/handled  CanaryHandled              viewer
 * PUT    /api/flows/:id/canary {share}    CanaryStatus                       admin
 * POST   /api/flows/:id/canary/promote {override?}  Deployment               admin
 * POST   /api/flows/:id/canary/rollback   Canary                             admin
 * POST   /api/flows/:id/stop             FlowStatus                          admin
 * POST   /api/flows/:id/stages/:stage/pause · …/resume                       admin
 * GET    /api/flows/:id/status           FlowStatus                          viewer
 * GET    /api/flows/:id/tap?node=&port=  Sample[], the live tap              viewer
 * GET    /api/flows/:id/parked            ShownParkedKey[], the oldest first  viewer
 * POST   /api/flows/:id/parked/release {sink, key | failed, first}  202 ShownParkedKey  analyst
 * POST   /api/flows/:id/parked/release-all {sink, first, keys}  202 ReleaseRun  analyst
 * POST   /api/flows/:id/parked/release-all/stop {sink}  ReleaseRun            analyst
 * GET    /api/flows/:id/parked/releases   ReleaseRun[], the newest of each sink  viewer
 * GET    /api/flows/:id/dead-letters?limit= DeadLetter[], newest first       viewer
 * GET    /api/inbox?flow=&node=&tab=&search=&order=&limit=&offset= InboxList    viewer
 * POST   /api/inbox/refresh              204, when all is read               viewer
 * GET    /api/inbox/causes/:cause · PUT {state?, owner?}  InboxCauseDetail   viewer · analyst
 * GET    /api/inbox/causes/:cause/items?state=&search=&after=&limit= InboxItems viewer
 * GET    /api/inbox/letter?item= · /api/inbox/letter/value?item=  InboxLetter, a file  viewer
 * POST   /api/inbox/causes/:cause/check · …/fixes  FixReport · SuggestedFix[]  analyst
 * POST   /api/inbox/causes/:cause/overtaken {select?}  Overtaken             viewer
 * POST   /api/inbox/causes/:cause/retry {select, from?, version?, …} 201 Retry analyst
 * POST   /api/inbox/causes/:cause/discard {select, reason} · …/recover {select} {messages} analyst
 * GET    /api/flows/:id/resends?since=&until=&limit=  ResendReport                viewer
 * GET    /api/lineage?flow=&node=&field=  FieldGoes                            viewer
 * GET    /api/flows/:id/standing?origin=  Standing                             viewer
 * GET    /api/flows/:id/samples?values=  SavedSample[]                       viewer
 * POST   /api/flows/:id/samples TakeRequest TakeResult                       analyst
 * POST   /api/flows/:id/samples/find FindRequest { topics: FindReport[] }    analyst
 * GET    /api/flows/:id/samples/:sample · PUT {name} · DELETE  SavedSample   viewer · analyst
 * POST   /api/flows/:id/samples/:sample/edge-cases { cases, more }           viewer
 * GET    /api/flows/:id/tests            FlowTestList                       viewer
 * POST   /api/flows/:id/tests FlowTest   201 FlowTestRecord                  analyst
 * GET    /api/flows/:id/tests/:name · PUT FlowTest, If-Match · DELETE  FlowTestRecord, ETag  viewer · analyst
 * POST   /api/flows/:id/tests/run {names?, flow?}  FlowTestRun               analyst
 * POST   /api/flows/:id/tests/from-try CaptureRequest  CaptureResult         analyst
 * POST   /api/flows/:id/tests/:name/accept {reason, flow?}  FlowTestRecord   analyst
 * PUT    /api/flows/:id/waivers Waiver · DELETE ?node=&port=                 analyst
 * GET    /api/flows/:id/masks · PUT {masks}, If-Match  FlowMasks, ETag       viewer · analyst
 * GET    /api/flows/:id/comparison?version= Comparison or null             viewer
 * POST   /api/flows/:id/comparison {scope?}  201 Comparison, runs on         analyst
 * GET    /api/flows/:id/comparison/:run · DELETE, stops it  Comparison       viewer · analyst
 * PUT    /api/flows/:id/comparison/:run/groups/:signature {expected, note?}  analyst
 * GET    /api/traces · POST TraceQuery   201 TraceSearch, runs on          viewer
 * GET    /api/traces/:id · DELETE, stops it  TraceSearch                  viewer
 * GET    /api/flows/:id/way?origin=&version= TraceWay                     viewer
 * GET    /api/trace-index                TraceIndexState                     viewer
 * GET    /api/flows/:id/trace-fields · PUT {fields}  TraceFields          viewer · analyst
 * POST   /api/flows/:id/replays/plan ReplaySpec  ReplayPlan                viewer
 * POST   /api/flows/:id/replays/sample {spec, messages?}  ReplaySample     analyst
 * POST   /api/flows/:id/replays {spec, confirm?}  201 Replay, runs on      analyst; admin to real sinks
 * GET    /api/replays?flow= · GET /api/replays/:id  Replay[] · Replay      viewer
 * POST   /api/replays/:id/pause · resume · stop; PUT …/rate {perSecond}    analyst; admin to real sinks
 * GET    /api/flows/:id/volume?since=&until=&buckets=  Volume              viewer
 * POST   /api/flows/:id/retries RetryRequest  201 Retry, runs on           analyst
 * GET    /api/flows/:id/retries · GET /api/retries/:id · POST …/stop  Retry  viewer · analyst
 * GET    /api/flows/:id/reconciles · POST ReconcileRequest · GET …/:report   ReconcileReport  viewer · analyst
 * POST   /api/flows/:id/reconciles/upload?node=&field=&since=&until= list    ReconcileReport  analyst
 * GET    /api/flows/:id/reconciles/:report/items?state=&after= · items.csv   ReconcileItem[]  viewer
 * POST   /api/flows/:id/reconciles/:report/stop · …/backfill                 ReconcileReport  analyst · admin
 * GET    /api/flows/:id/reconcile-schedules · POST ScheduleInput  ShownSchedule  viewer · analyst; developer to poll
 * PUT    /api/flows/:id/reconcile-schedules/:schedule ScheduleInput  ShownSchedule  analyst; developer to poll
 * POST   /api/flows/:id/reconcile-schedules/:schedule/pause {paused} · …/run · DELETE  analyst; developer to poll
 * GET    /api/incidents?flow=&open=&limit= Incident[], those that go on first  viewer
 * POST   /api/incidents/:id/acknowledge  Incident                            analyst
 * GET    /api/alerts/rules · POST · PUT /api/alerts/rules/:id · DELETE       AlertRule  admin (reads: viewer)
 * POST   /api/alerts/rules/:id/mute {minutes}  AlertRule                     analyst
 * GET    /api/alerts/channels · POST · PUT …/:id · DELETE · POST …/:id/test  AlertChannel  admin (reads: viewer)
 * GET    /api/secrets · PUT /api/secrets/:name {value} · DELETE              admin (names: analyst)
 * GET    /api/keys · POST /api/keys {name, role} · DELETE /api/keys/:id      admin
 * GET    /api/topics                     TopicSummary[]                      viewer
 * GET    /api/audit?limit=               AuditEntry[]                        admin
 * GET    /api/events                     ServerEvent stream (SSE)            viewer
 * ANY    /hooks/*path                    webhook sources, no role: HMAC is theirs
 */

export const roles = ['viewer', 'analyst', 'developer', 'admin'] as const;
/** Each role may do what the ones before it may. */
export type Role = (typeof roles)[number];

export function admits(needed: Role, has: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed);
}

/** RFC 9457. `problems` names what is wrong in the flow or request, each with its place. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail?: string;
  problems: Problem[];
}

export interface Me {
  name: string;
  role: Role;
  demo: boolean;
  environment: Environment;
  version: string;
  /** Base URL that webhooks are posted to, without the path. */
  hooksUrl: string;
}

export interface FlowRecord {
  flow: Flow;
  /** Goes up by one with every save; also the ETag. */
  revision: number;
  updatedAt: string;
  updatedBy: string;
  /** The newest published version, and the one that is deployed. */
  latestVersion?: number;
  deployedVersion?: number;
  /** True when the draft's logic differs from the deployed version. */
  changed: boolean;
}

export interface FlowSummary {
  id: string;
  name: string;
  revision: number;
  updatedAt: string;
  updatedBy: string;
  nodes: number;
  deployedVersion?: number;
  changed: boolean;
  status: FlowStatus;
}

export interface VersionInfo {
  version: number;
  createdAt: string;
  createdBy: string;
  note: string;
  hash: string;
}

/** Saves of a draft by one person within a time; times are ISO texts. */
export interface EditGroup {
  who: string;
  saves: number;
  first: string;
  last: string;
}

/** A version and what became of it. */
export interface VersionRecord extends VersionInfo {
  /** When it was made live and by whom, newest first. */
  deployments: { deployedAt: string; deployedBy: string; replaced?: number; override?: string }[];
  /** Saves of the draft since the version before. */
  edits: EditGroup[];
}

export interface FlowHistory {
  /** Newest first. */
  versions: VersionRecord[];
  /** The version that should be running. */
  deployedVersion?: number;
  /** The draft; `hash` is of its logic, as that of a version. */
  draft: { revision: number; updatedAt: string; updatedBy: string; hash: string; edits: EditGroup[] };
}

export interface Deployment {
  flow: string;
  version: number;
  deployedAt: string;
  deployedBy: string;
  replaced?: number;
  /** Last offset + 1 of the old version and first of the new, per group, topic and partition. */
  barrier: { group: string; topic: string; partition: number; offset: string }[];
  topicsCreated: string[];
  status: FlowStatus;
  /** What each version really processed; absent when nothing was restarted. Fills up as messages come. */
  handover?: Handover;
}

/** One deployment of the past or the current one, newest first. */
export interface DeploymentRecord {
  version: number;
  deployedAt: string;
  deployedBy: string;
  replaced?: number;
  /** When the next one came; absent for the one that counts. */
  until?: string;
  /** Why it was deployed against the gate. */
  override?: string;
  topicsCreated: string[];
  handover?: Handover;
}

/** All that has been deployed of a flow. */
export interface Deployments {
  /** False when the flow was stopped. */
  running: boolean;
  deployments: DeploymentRecord[];
  /** Deploys that did not come to an end, and starts of canaries, newest first. */
  others: Handover[];
  /** Newest first; the first one may be running. */
  canaries: Canary[];
}

/** What a deploy of the draft would do, before anybody presses the button. */
export interface DeployPreview {
  problems: Problem[];
  nextVersion: number;
  replaces?: number;
  /** False when the running plan is the same: only drawing or labels changed. */
  restarts: boolean;
  topics: { name: string; partitions: number; exists: boolean }[];
  groups: { group: string; stage: string; start: string }[];
  paths: PathGuarantee[];
}

export interface DeadLetter {
  position: string;
  at: number;
  flow: string;
  version: number;
  node: string;
  stage: string;
  code: string;
  message: string;
  origin: string;
  attempt: number;
  key: string | null;
  /** Text of the original bytes, cut to 16 KB; base64 when they are not UTF-8. */
  value: string;
  encoding: 'utf8' | 'base64';
  headers: Record<string, string>;
}

export interface TopicSummary {
  name: string;
  partitions: number;
  messages: number;
}

export interface SecretInfo {
  name: string;
  updatedAt: string;
  updatedBy: string;
}

export interface KeyInfo {
  id: string;
  name: string;
  role: Role;
  createdAt: string;
  lastUsedAt?: string;
}

export interface AuditEntry {
  at: string;
  who: string;
  action: string;
  flow?: string;
  detail: string;
}

export type SamplesResponse = Sample[];
