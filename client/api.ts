import type { AlertChannel, AlertRule, ChannelHealth } from '#shared/alert.ts';
import type {
  AuditEntry,
  DeadLetter,
  Deployment,
  Deployments,
  DeployPreview,
  FlowHistory,
  FlowRecord,
  FlowSummary,
  KeyInfo,
  Me,
  ProblemDetails,
  Role,
  SecretInfo,
  TopicSummary,
  VersionInfo,
} from '#shared/api.ts';
import type { Canary, CanaryHandled, CanaryStatus } from '#shared/canary.ts';
import type { Comparison } from '#shared/comparison.ts';
import type { ComparisonScopeInput } from '#shared/comparison-schemas.ts';
import type { FlowStatus, Sample } from '#shared/events.ts';
import type { Flow } from '#shared/flow.ts';
import type { Waiver } from '#shared/flow-test/coverage.ts';
import type { CaptureRequest, CaptureResult, FlowTestList, FlowTestRecord } from '#shared/flow-test/listing.ts';
import type { FlowTestRun } from '#shared/flow-test/result.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import type { Gate, GateOverride } from '#shared/gate.ts';
import type {
  FixReport,
  InboxCauseDetail,
  InboxItems,
  InboxLetter,
  InboxList,
  InboxOrder,
  InboxTab,
  Overtaken,
  SuggestedFix,
} from '#shared/inbox.ts';
import type { InboxRetryInput } from '#shared/inbox-schemas.ts';
import type { Incident } from '#shared/incident.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import type { LedgerGap } from '#shared/ledger-minutes.ts';
import type { FilteredSamples, LedgerReport } from '#shared/ledger-report.ts';
import type { Standing } from '#shared/lineage/standing.ts';
import type { FieldGoes, FieldStart } from '#shared/lineage/where.ts';
import type { Moment, MomentMessages, Timeline } from '#shared/moment.ts';
import type { Catalog } from '#shared/node-type.ts';
import type { ReleaseAllRequest, ReleaseRun, ShownParkedKey } from '#shared/parked.ts';
import type { Problem } from '#shared/problem.ts';
import type { ReconcileItem, ReconcileReport, ReconcileState } from '#shared/reconcile.ts';
import type { ShownSchedule } from '#shared/reconcile-schedule.ts';
import type { BackfillInput, ReconcileRequest, ScheduleRequest, UploadQuery } from '#shared/reconcile-schemas.ts';
import type { Replay, ReplayPlan, ReplaySample, ReplaySpec, Retry } from '#shared/replay.ts';
import type { Volume } from '#shared/replay-schemas.ts';
import type { ResendReport } from '#shared/resend-schemas.ts';
import type { FindProgress, FindReport, FlowMasks, SavedSample } from '#shared/sample.ts';
import type { EdgeCase } from '#shared/sample-edge-cases.ts';
import type { Mask } from '#shared/sample-masks.ts';
import type { FindRequestInput, TakeRequestInput, TakeResult } from '#shared/sample-schemas.ts';
import type { SavedTarget, TargetShape } from '#shared/target-shape.ts';
import type { TraceQuery, TraceSearch, TraceWay } from '#shared/trace.ts';
import type { TrialRequest, TrialResult } from '#shared/trial.ts';

/**
 * A request that did not give what was asked for. `message` is one sentence for people; `status` is the HTTP
 * status, or 0 when no answer came at all; `problems` name what is wrong and where.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];
  /** Method and path, for "copy details". */
  readonly request: string;
  constructor(request: string, status: number, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = 'ApiError';
    this.request = request;
    this.status = status;
    this.problems = problems;
  }
}

/** True for the answer 412: somebody else saved the flow since it was read. */
export function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412;
}

type SignedOutListener = () => void;
const signedOutListeners = new Set<SignedOutListener>();

/** Calls the listener whenever the server answers 401, so that the studio can ask to sign in. Returns the way to unsubscribe. */
export function onSignedOut(listener: SignedOutListener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

interface Options {
  body?: unknown;
  headers?: Record<string, string>;
  /** Bytes that are sent as they are, instead of a body of JSON. */
  raw?: Blob;
  signal?: AbortSignal;
  /** 401 is an answer here, not a reason to sign in again. */
  quiet?: boolean;
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const name = `${method} ${path}`;
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = stringifyJson(options.body) ?? 'null';
  }
  if (options.raw !== undefined) {
    headers['content-type'] = 'application/octet-stream';
    init.body = options.raw;
  }
  if (options.signal) init.signal = options.signal;
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(
      name,
      0,
      'The Millrace server did not answer. Check that it is running and that this machine can reach it, then try again.',
    );
  }
}

/** What a refused request says, to be thrown. */
function refused(name: string, status: number, text: string, quiet = false): ApiError {
  if (status === 401 && !quiet) for (const listener of signedOutListeners) listener();
  return readError(name, status, text);
}

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const name = `${method} ${path}`;
  const response = await send(method, path, options);
  const text = await response.text();
  if (!response.ok) throw refused(name, response.status, text, options.quiet);
  if (text === '') return undefined as T;
  try {
    return parseJson(text) as T;
  } catch {
    throw new ApiError(
      name,
      response.status,
      'The server sent something that is not JSON. A proxy between it and this browser may have answered instead.',
    );
  }
}

/** Posts and hears lines: how far it is, as often as the server says so, then the answer or why there is none. */
async function followed<T, P>(path: string, options: Options, onProgress: (progress: P) => void): Promise<T> {
  const name = `POST ${path}`;
  const response = await send('POST', path, { ...options, headers: { accept: 'application/x-ndjson' } });
  if (!response.ok || !response.body) throw refused(name, response.status, await response.text());
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    const lines = `${rest}${value ?? ''}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parseJson(line) as { progress?: P; answer?: T; problem?: ProblemDetails };
      if (message.progress) onProgress(message.progress);
      if (message.problem) throw errorOf(name, message.problem.status, message.problem);
      if (message.answer !== undefined) return message.answer;
    }
    if (done) throw new ApiError(name, 0, 'The answer was cut off before its end. Check that the server is running, then try again.');
  }
}

function readError(name: string, status: number, text: string): ApiError {
  let details: Partial<ProblemDetails> = {};
  try {
    details = JSON.parse(text) as Partial<ProblemDetails>;
  } catch {
    details = {};
  }
  return errorOf(name, status, details);
}

function errorOf(name: string, status: number, details: Partial<ProblemDetails>): ApiError {
  const message = details.detail ?? details.title ?? `The server answered ${status} without saying why.`;
  return new ApiError(name, status, message, Array.isArray(details.problems) ? details.problems : []);
}

/** What the list of causes may be asked for. */
export interface InboxAsk {
  flow?: string | undefined;
  node?: string | undefined;
  tab?: InboxTab;
  search?: string | undefined;
  order?: InboxOrder;
  limit?: number;
  offset?: number;
}

/** Which messages of a cause are meant; nothing: all. */
export interface Selection {
  search?: string;
  items?: string[];
}

/** Query of an address, without what is not there. */
function searchOf(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

const part = encodeURIComponent;
const flowPath = (id: string, rest = ''): string => `/api/flows/${part(id)}${rest}`;

/** Address of a flow's ledger for a period, also to be saved as a file. */
export const ledgerFile = (id: string, since: number, until: number, format: 'json' | 'csv'): string =>
  flowPath(id, `/ledger?since=${Math.round(since)}&until=${Math.round(until)}${format === 'csv' ? '&format=csv' : ''}`);
const revisionTag = (revision: number): string => `"${revision}"`;

/**
 * Every route of the server, typed. All throw {@link ApiError}; a number with more digits than JavaScript keeps comes
 * back as an ExactNumber (see shared/json.ts), so values are shown with `stringifyJson`.
 */
export const api = {
  me: (options: { quiet?: boolean } = {}) => request<Me>('GET', '/api/me', options),
  /** Signs in with an API key or with the one-time link's token; sets the session cookie. */
  signIn: (credentials: { key: string } | { link: string }) => request<Me>('POST', '/api/session', { body: credentials, quiet: true }),
  signOut: () => request<void>('DELETE', '/api/session', { quiet: true }),

  nodeTypes: () => request<Catalog>('GET', '/api/node-types'),

  flows: () => request<FlowSummary[]>('GET', '/api/flows'),
  createFlow: (flow: Flow) => request<FlowRecord>('POST', '/api/flows', { body: flow }),
  flow: (id: string) => request<FlowRecord>('GET', flowPath(id)),
  /** Saves the draft if it still is at `revision`; otherwise throws an ApiError of status 412 ({@link isStale}). */
  saveFlow: (flow: Flow, revision: number) =>
    request<FlowRecord>('PUT', flowPath(flow.id), { body: flow, headers: { 'if-match': revisionTag(revision) } }),
  deleteFlow: (id: string) => request<void>('DELETE', flowPath(id)),

  check: (id: string) => request<{ problems: Problem[] }>('POST', flowPath(id, '/check')),
  preview: (id: string, options: { signal?: AbortSignal } = {}) => request<DeployPreview>('POST', flowPath(id, '/preview'), options),
  /** Runs messages through the draft (or a document given) and writes nothing. */
  tryFlow: (id: string, body: TrialRequest, options: { signal?: AbortSignal } = {}) =>
    request<TrialResult>('POST', flowPath(id, '/try'), { body, ...options }),

  versions: (id: string) => request<VersionInfo[]>('GET', flowPath(id, '/versions')),
  version: (id: string, version: number) => request<Flow>('GET', flowPath(id, `/versions/${version}`)),
  history: (id: string) => request<FlowHistory>('GET', flowPath(id, '/history')),
  publish: (id: string, note?: string) =>
    request<VersionInfo>('POST', flowPath(id, '/versions'), { body: note === undefined ? {} : { note } }),
  /** Makes a version live; without one, publishes the draft first. What the gate blocks needs an admin's reason. */
  deploy: (id: string, version?: number, override?: string) =>
    request<Deployment>('POST', flowPath(id, '/deploy'), {
      body: { ...(version !== undefined && { version }), ...(override !== undefined && { override: { reason: override } }) },
    }),
  /** How the draft stands before the gate of this environment. */
  gate: (id: string) => request<Gate>('GET', flowPath(id, '/gate')),
  /** Approves the draft with this hash, and no other. */
  approve: (id: string, body: { comment: string; hash: string }) => request<Gate>('POST', flowPath(id, '/approvals'), { body }),
  withdrawApproval: (id: string) => request<Gate>('DELETE', flowPath(id, '/approvals')),
  overrides: (id: string) => request<GateOverride[]>('GET', flowPath(id, '/overrides')),

  /** The tests of a flow, and what they gave on its stored draft. */
  flowTests: (id: string) => request<FlowTestList>('GET', flowPath(id, '/tests')),
  flowTest: (id: string, test: string) => request<FlowTestRecord>('GET', flowPath(id, `/tests/${part(test)}`)),
  createFlowTest: (id: string, body: FlowTest) => request<FlowTestRecord>('POST', flowPath(id, '/tests'), { body }),
  /** Saves a test if it still is at `revision`; otherwise throws as {@link api.saveFlow} does. */
  saveFlowTest: (id: string, test: string, body: FlowTest, revision: number) =>
    request<FlowTestRecord>('PUT', flowPath(id, `/tests/${part(test)}`), { body, headers: { 'if-match': revisionTag(revision) } }),
  deleteFlowTest: (id: string, test: string) => request<void>('DELETE', flowPath(id, `/tests/${part(test)}`)),
  /** Runs tests on the stored draft, or on a document; abort the signal to stop. */
  runFlowTests: (id: string, body: { names?: string[]; flow?: Flow }, options: { signal?: AbortSignal } = {}) =>
    request<FlowTestRun>('POST', flowPath(id, '/tests/run'), { body, ...options }),
  /** Proposes a test of messages and what comes of them now; stores nothing. */
  captureFlowTest: (id: string, body: CaptureRequest, options: { signal?: AbortSignal } = {}) =>
    request<CaptureResult>('POST', flowPath(id, '/tests/from-try'), { body, ...options }),
  acceptFlowTest: (id: string, test: string, body: { reason: string; flow?: Flow }) =>
    request<FlowTestRecord>('POST', flowPath(id, `/tests/${part(test)}/accept`), { body }),
  waive: (id: string, waiver: Waiver) => request<void>('PUT', flowPath(id, '/waivers'), { body: waiver }),
  unwaive: (id: string, { node, port }: { node: string; port?: string }) =>
    request<void>('DELETE', flowPath(id, `/waivers?node=${part(node)}${port === undefined ? '' : `&port=${part(port)}`}`)),

  deployments: (id: string) => request<Deployments>('GET', flowPath(id, '/deployments')),
  /** The version that takes a share of the messages beside the deployed one; null when there is none. */
  canary: (id: string) => request<CanaryStatus | null>('GET', flowPath(id, '/canary')),
  /** Without a version the draft, published when its logic is new. `share` from 0 to 1. */
  startCanary: (id: string, body: { version?: number; share: number; override?: { reason: string } }) =>
    request<CanaryStatus>('POST', flowPath(id, '/canary'), { body }),
  shareCanary: (id: string, share: number) => request<CanaryStatus>('PUT', flowPath(id, '/canary'), { body: { share } }),
  promoteCanary: (id: string, override?: string) =>
    request<Deployment>('POST', flowPath(id, '/canary/promote'), {
      body: override === undefined ? {} : { override: { reason: override } },
    }),
  rollBackCanary: (id: string) => request<Canary>('POST', flowPath(id, '/canary/rollback')),
  /** Positions of the messages that a canary has processed. */
  canaryHandled: (id: string, canary: string, options: { signal?: AbortSignal } = {}) =>
    request<CanaryHandled>('GET', flowPath(id, `/canaries/${part(canary)}/handled`), options),
  stop: (id: string) => request<FlowStatus>('POST', flowPath(id, '/stop')),
  pauseStage: (id: string, stage: string) => request<FlowStatus>('POST', flowPath(id, `/stages/${part(stage)}/pause`)),
  resumeStage: (id: string, stage: string) => request<FlowStatus>('POST', flowPath(id, `/stages/${part(stage)}/resume`)),

  status: (id: string) => request<FlowStatus>('GET', flowPath(id, '/status')),
  /** Messages that a sink was asked for more than once in a period (ms since 1970), newest first. */
  resends: (id: string, since: number, until: number) =>
    request<ResendReport>('GET', flowPath(id, `/resends?${searchOf({ since, until })}`)),
  /** The last messages seen at a port by the live tap, newest first. */
  samples: (id: string, node: string, port: string) => request<Sample[]>('GET', flowPath(id, `/tap?node=${part(node)}&port=${part(port)}`)),
  /** The samples of the flow's workspace, in the order in which they were taken; with `values` each whole. */
  savedSamples: (id: string, options: { values?: boolean } = {}) =>
    request<SavedSample[]>('GET', flowPath(id, `/samples?values=${options.values === true}`)),
  savedSample: (id: string, sample: string) => request<SavedSample>('GET', flowPath(id, `/samples/${part(sample)}`)),
  /** Finds messages in Kafka and stores nothing; abort the signal to stop. */
  findMessages: (
    id: string,
    body: FindRequestInput,
    options: { signal?: AbortSignal; onProgress?: (progress: FindProgress) => void } = {},
  ) => {
    const { onProgress, ...rest } = options;
    const path = flowPath(id, '/samples/find');
    if (onProgress === undefined) return request<{ topics: FindReport[] }>('POST', path, { body, ...rest });
    return followed<{ topics: FindReport[] }, FindProgress>(path, { body, ...rest }, onProgress);
  },
  takeSamples: (id: string, body: TakeRequestInput) => request<TakeResult>('POST', flowPath(id, '/samples'), { body }),
  renameSample: (id: string, sample: string, name: string) =>
    request<SavedSample>('PUT', flowPath(id, `/samples/${part(sample)}`), { body: { name } }),
  deleteSample: (id: string, sample: string) => request<void>('DELETE', flowPath(id, `/samples/${part(sample)}`)),
  edgeCases: (id: string, sample: string) =>
    request<{ cases: EdgeCase[]; more: boolean }>('POST', flowPath(id, `/samples/${part(sample)}/edge-cases`)),
  masks: (id: string) => request<FlowMasks>('GET', flowPath(id, '/masks')),
  /** Sets the masks if they still are at `revision`, and masks the stored samples; otherwise throws as {@link api.saveFlow} does. */
  setMasks: (id: string, masks: readonly Mask[], revision: number) =>
    request<FlowMasks & { changed: number }>('PUT', flowPath(id, '/masks'), {
      body: { masks },
      headers: { 'if-match': revisionTag(revision) },
    }),
  /** What a node's mapping must make, as somebody has laid it down; null while nobody has. */
  target: (id: string, node: string) => request<{ target: SavedTarget | null }>('GET', flowPath(id, `/targets/${part(node)}`)),
  setTarget: (id: string, node: string, target: TargetShape) =>
    request<{ target: SavedTarget }>('PUT', flowPath(id, `/targets/${part(node)}`), { body: target }),
  deleteTarget: (id: string, node: string) => request<void>('DELETE', flowPath(id, `/targets/${part(node)}`)),
  /** Reads what the place behind a node takes: the columns of a table, or the messages in a topic. */
  readTarget: (id: string, node: string) => request<TargetShape>('POST', flowPath(id, '/targets/read'), { body: { node } }),
  /** The comparison that counts for the draft; null where there is none. */
  comparison: (id: string) => request<Comparison | null>('GET', flowPath(id, '/comparison')),
  comparisonRun: (id: string, run: string) => request<Comparison>('GET', flowPath(id, `/comparison/${part(run)}`)),
  /** Starts a run of the draft and the deployed version over real messages; writes nothing. */
  compare: (id: string, scope: ComparisonScopeInput) => request<Comparison>('POST', flowPath(id, '/comparison'), { body: { scope } }),
  stopComparison: (id: string, run: string) => request<Comparison>('DELETE', flowPath(id, `/comparison/${part(run)}`)),
  decide: (id: string, run: string, signature: string, body: { expected: boolean; note: string }) =>
    request<Comparison>('PUT', flowPath(id, `/comparison/${part(run)}/groups/${part(signature)}`), { body }),
  deadLetters: (id: string, limit = 200) => request<DeadLetter[]>('GET', flowPath(id, `/dead-letters?limit=${limit}`)),
  /** Why messages failed, by cause; see shared/inbox.ts. */
  inbox: (query: InboxAsk) => request<InboxList>('GET', `/api/inbox?${searchOf(query)}`),
  /** Resolves when the inbox has everything that Kafka has now. */
  refreshInbox: () => request<void>('POST', '/api/inbox/refresh'),
  inboxCause: (cause: string) => request<InboxCauseDetail>('GET', `/api/inbox/causes/${part(cause)}`),
  markCause: (cause: string, body: { state?: 'known' | 'new' | 'muted' | 'unmuted'; owner?: string | null }) =>
    request<InboxCauseDetail>('PUT', `/api/inbox/causes/${part(cause)}`, { body }),
  inboxItems: (cause: string, query: { state?: string; search?: string; limit?: number; after?: string }) =>
    request<InboxItems>('GET', `/api/inbox/causes/${part(cause)}/items?${searchOf(query)}`),
  inboxLetter: (item: string) => request<InboxLetter>('GET', `/api/inbox/letter?item=${part(item)}`),
  checkFix: (cause: string, options: { signal?: AbortSignal } = {}) =>
    request<FixReport>('POST', `/api/inbox/causes/${part(cause)}/check`, options),
  suggestedFixes: (cause: string, options: { signal?: AbortSignal } = {}) =>
    request<SuggestedFix[]>('POST', `/api/inbox/causes/${part(cause)}/fixes`, options),
  overtaken: (cause: string, select: Selection, options: { signal?: AbortSignal } = {}) =>
    request<Overtaken>('POST', `/api/inbox/causes/${part(cause)}/overtaken`, { body: { select }, ...options }),
  retryLetters: (cause: string, body: InboxRetryInput) => request<Retry>('POST', `/api/inbox/causes/${part(cause)}/retry`, { body }),
  discardLetters: (cause: string, select: Selection, reason: string) =>
    request<{ messages: number }>('POST', `/api/inbox/causes/${part(cause)}/discard`, { body: { select, reason } }),
  recoverLetters: (cause: string, select: Selection) =>
    request<{ messages: number }>('POST', `/api/inbox/causes/${part(cause)}/recover`, { body: { select } }),
  retry: (id: string) => request<Retry>('GET', `/api/retries/${part(id)}`),
  stopRetry: (id: string) => request<Retry>('POST', `/api/retries/${part(id)}/stop`),
  parkedKeys: (id: string) => request<ShownParkedKey[]>('GET', flowPath(id, '/parked')),
  releases: (id: string) => request<ReleaseRun[]>('GET', flowPath(id, '/parked/releases')),
  releaseAllKeys: (id: string, body: ReleaseAllRequest) => request<ReleaseRun>('POST', flowPath(id, '/parked/release-all'), { body }),
  stopRelease: (id: string, sink: string) => request<ReleaseRun>('POST', flowPath(id, '/parked/release-all/stop'), { body: { sink } }),
  releaseKey: (id: string, body: unknown) => request<unknown>('POST', flowPath(id, '/parked/release'), { body }),

  /** How many messages came in when, and what the source topics still hold. */
  volume: (id: string, since: number, until: number, buckets: number) =>
    request<Volume>('GET', flowPath(id, `/volume?since=${since}&until=${until}&buckets=${buckets}`)),
  planReplay: (spec: ReplaySpec, options: { signal?: AbortSignal } = {}) =>
    request<ReplayPlan>('POST', flowPath(spec.flow, '/replays/plan'), { body: spec, ...options }),
  /** Runs some messages of the range and compares with what stands in the sinks' topics; writes nothing. */
  sampleReplay: (spec: ReplaySpec, messages: number, options: { signal?: AbortSignal } = {}) =>
    request<ReplaySample>('POST', flowPath(spec.flow, '/replays/sample'), { body: { spec, messages }, ...options }),
  startReplay: (spec: ReplaySpec, confirm?: number) =>
    request<Replay>('POST', flowPath(spec.flow, '/replays'), { body: { spec, ...(confirm !== undefined && { confirm }) } }),
  /** Starts looking for a message; ask {@link api.trace} how far it is. */
  findTrace: (query: Omit<TraceQuery, 'by'> & Partial<Pick<TraceQuery, 'by'>>) =>
    request<TraceSearch>('POST', '/api/traces', { body: query }),
  trace: (id: string) => request<TraceSearch>('GET', `/api/traces/${part(id)}`),
  stopTrace: (id: string) => request<TraceSearch>('DELETE', `/api/traces/${part(id)}`),
  /** Where a field goes through all deployed flows; without a node from every source. */
  lineage: (start: FieldStart) =>
    request<FieldGoes>(
      'GET',
      `/api/lineage?flow=${part(start.flow)}&field=${part(start.field)}${start.node === undefined ? '' : `&node=${part(start.node)}`}`,
    ),
  /** Where the data of a message stands. */
  standing: (id: string, origin: string) => request<Standing>('GET', flowPath(id, `/standing?origin=${part(origin)}`)),
  /** What became of the message that entered a flow at `topic/partition/offset`. */
  way: (id: string, origin: string) => request<TraceWay>('GET', flowPath(id, `/way?origin=${part(origin)}`)),
  replays: (flow?: string) => request<Replay[]>('GET', `/api/replays${flow === undefined ? '' : `?flow=${part(flow)}`}`),
  replay: (id: string) => request<Replay>('GET', `/api/replays/${part(id)}`),
  steerReplay: (id: string, action: 'pause' | 'resume' | 'stop') => request<Replay>('POST', `/api/replays/${part(id)}/${action}`),
  setReplayRate: (id: string, perSecond: number) => request<Replay>('PUT', `/api/replays/${part(id)}/rate`, { body: { perSecond } }),

  /** The past of a flow: counts and what happened, by time. */
  ledger: (id: string, since: number, until: number) => request<LedgerReport>('GET', ledgerFile(id, since, until, 'json')),
  /** Samples of what nodes have dropped of late, by node and reason. */
  filteredSamples: (id: string) => request<FilteredSamples[]>('GET', flowPath(id, '/ledger/filtered')),
  settleGap: (id: string, gap: string, reason: string) =>
    request<LedgerGap>('POST', flowPath(id, `/ledger/gaps/${part(gap)}/settle`), { body: { reason } }),
  timeline: (id: string, since: number, until: number) =>
    request<Timeline>('GET', flowPath(id, `/timeline?since=${Math.round(since)}&until=${Math.round(until)}`)),
  moment: (id: string, at: number) => request<Moment>('GET', flowPath(id, `/moment?at=${Math.round(at)}`)),
  momentMessages: (id: string, at: number) => request<MomentMessages>('GET', flowPath(id, `/moment/messages?at=${Math.round(at)}`)),

  /** Incidents: those that go on first, then the newest. */
  incidents: (query: { flow?: string; open?: boolean; limit?: number } = {}) =>
    request<Incident[]>('GET', `/api/incidents?${searchOf(query)}`),
  acknowledge: (id: string) => request<Incident>('POST', `/api/incidents/${part(id)}/acknowledge`),
  alertRules: () => request<AlertRule[]>('GET', '/api/alerts/rules'),
  /** Changes the rule of that id, or adds one. */
  saveRule: (rule: Omit<AlertRule, 'id' | 'mutedUntil'>, id?: string) =>
    request<AlertRule>(id === undefined ? 'POST' : 'PUT', `/api/alerts/rules${id === undefined ? '' : `/${part(id)}`}`, { body: rule }),
  deleteRule: (id: string) => request<void>('DELETE', `/api/alerts/rules/${part(id)}`),
  /** Tells nobody for so many minutes; 0 ends that. */
  muteRule: (id: string, minutes: number) => request<AlertRule>('POST', `/api/alerts/rules/${part(id)}/mute`, { body: { minutes } }),
  alertChannels: () => request<(AlertChannel & { health: ChannelHealth })[]>('GET', '/api/alerts/channels'),
  saveChannel: (channel: Omit<AlertChannel, 'id'>, id?: string) =>
    request<AlertChannel>(id === undefined ? 'POST' : 'PUT', `/api/alerts/channels${id === undefined ? '' : `/${part(id)}`}`, {
      body: channel,
    }),
  deleteChannel: (id: string) => request<void>('DELETE', `/api/alerts/channels/${part(id)}`),
  testChannel: (id: string) => request<void>('POST', `/api/alerts/channels/${part(id)}/test`),

  /** Comparisons of a flow, newest first. */
  reconciles: (id: string) => request<ReconcileReport[]>('GET', flowPath(id, '/reconciles')),
  reconcile: (id: string, report: string) => request<ReconcileReport>('GET', flowPath(id, `/reconciles/${part(report)}`)),
  startReconcile: (id: string, spec: ReconcileRequest) => request<ReconcileReport>('POST', flowPath(id, '/reconciles'), { body: spec }),
  /** Sends a list as it is and compares it with what came in. */
  uploadReconcile: (id: string, query: UploadQuery, list: Blob) =>
    request<ReconcileReport>('POST', flowPath(id, `/reconciles/upload?${searchOf(query)}`), { raw: list }),
  reconcileItems: (id: string, report: string, query: { state?: ReconcileState | undefined; after?: number; limit?: number }) =>
    request<ReconcileItem[]>('GET', flowPath(id, `/reconciles/${part(report)}/items?${searchOf(query)}`)),
  stopReconcile: (id: string, report: string) => request<ReconcileReport>('POST', flowPath(id, `/reconciles/${part(report)}/stop`)),
  /** Comparisons of a flow that repeat themselves. */
  schedules: (id: string) => request<ShownSchedule[]>('GET', flowPath(id, '/reconcile-schedules')),
  addSchedule: (id: string, schedule: ScheduleRequest) =>
    request<ShownSchedule>('POST', flowPath(id, '/reconcile-schedules'), { body: schedule }),
  changeSchedule: (id: string, schedule: string, input: ScheduleRequest) =>
    request<ShownSchedule>('PUT', flowPath(id, `/reconcile-schedules/${part(schedule)}`), { body: input }),
  pauseSchedule: (id: string, schedule: string, paused: boolean) =>
    request<ShownSchedule>('POST', flowPath(id, `/reconcile-schedules/${part(schedule)}/pause`), { body: { paused } }),
  runSchedule: (id: string, schedule: string) =>
    request<ReconcileReport>('POST', flowPath(id, `/reconcile-schedules/${part(schedule)}/run`)),
  deleteSchedule: (id: string, schedule: string) => request<void>('DELETE', flowPath(id, `/reconcile-schedules/${part(schedule)}`)),
  backfill: (id: string, report: string, body: BackfillInput) =>
    request<ReconcileReport>('POST', flowPath(id, `/reconciles/${part(report)}/backfill`), { body }),

  secrets: () => request<SecretInfo[]>('GET', '/api/secrets'),
  putSecret: (name: string, value: string) => request<SecretInfo>('PUT', `/api/secrets/${part(name)}`, { body: { value } }),
  deleteSecret: (name: string) => request<void>('DELETE', `/api/secrets/${part(name)}`),

  keys: () => request<KeyInfo[]>('GET', '/api/keys'),
  /** The answer holds the key itself, this once. */
  createKey: (name: string, role: Role) => request<KeyInfo & { key: string }>('POST', '/api/keys', { body: { name, role } }),
  deleteKey: (id: string) => request<void>('DELETE', `/api/keys/${part(id)}`),

  topics: () => request<TopicSummary[]>('GET', '/api/topics'),
  audit: (limit = 200) => request<AuditEntry[]>('GET', `/api/audit?limit=${limit}`),
};
