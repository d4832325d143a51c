import type { DeadLetter } from '#shared/api.ts';
import type { FlowStatus, Sample } from '#shared/events.ts';
import type { Handover } from '#shared/handover.ts';
import type { Position } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import type { FindBounds, FindHow, FindProgress, FindReport, SampleMessage } from '#shared/sample.ts';
import type { HookRequest, HookResponse } from '../sdk.ts';

/** What the HTTP side may ask of the running flows. The only door between the two. */
export interface Runtime {
  /**
   * Creates missing topics, drains what runs to a barrier, starts the plan from there. Resolves when the new worker
   * is running; rejects with one sentence when it cannot, and then the old version runs on.
   */
  deploy(plan: Plan, how?: DeployHow): Promise<DeployResult>;
  /** Drains and ends the flow's worker; resolves when it has stopped. Stopping a stopped flow is fine. */
  stop(flow: string): Promise<void>;
  /** Drops all that is known of a stopped flow that was deleted: it has no status and claims no webhook any more. */
  forget?(flow: string): void;
  /** Undefined for a flow that was never deployed since the start. */
  status(flow: string): FlowStatus | undefined;
  statuses(): FlowStatus[];
  /** Called at most once a second with the flows whose status changed. Returns the unsubscribe function. */
  onStatus(listener: (changed: FlowStatus[]) => void): () => void;
  /** The live tap: last messages seen at a port, newest first; empty when the flow does not run. */
  samples(flow: string, node: string, port: string): Promise<Sample[]>;
  /** Changes the share of a flow's canary without a restart, 0 to 1; 0 ends it. */
  setShare?(flow: string, share: number): Promise<void>;
  setPaused(flow: string, stage: string, paused: boolean): Promise<void>;
  deadLetters(flow: string, limit: number): Promise<DeadLetter[]>;
  /** Routes a request to the webhook source that claims its method and path; undefined when none does. */
  hook(request: HookRequest): Promise<HookResponse | undefined>;
  /** Largest body that the hook at this path takes, in bytes; undefined when there is none. */
  hookLimit(method: string, path: string): number | undefined;
  topics(): Promise<{ name: string; partitions: number; messages: number }[]>;
  /** Looks for messages of a topic, within bounds; joins no group, commits nothing. Undefined when there is no such topic. */
  findMessages(spec: FindSpec, signal: AbortSignal, onProgress?: (progress: FindProgress) => void): Promise<Finding | undefined>;
  /** The committed messages at these positions, in their order; those that are not there are left out. */
  messagesAt(positions: readonly Position[], signal: AbortSignal): Promise<ReadMessage[]>;
  /** True when Kafka answers and every flow that should run does. */
  ready(): Promise<{ ready: boolean; reasons: string[] }>;
  /** Drains everything. */
  close(): Promise<void>;
}

/** Who deploys, and a second version that takes a share of the messages, 0 to 1, since a time (ms since 1970). */
export interface DeployHow {
  who?: string;
  canary?: { plan: Plan; share: number; since: number };
}

export interface DeployResult {
  barrier: { group: string; topic: string; partition: number; offset: string }[];
  topicsCreated: string[];
  status: FlowStatus;
  /** Not kept as done yet: that is for whoever records the deployment. Absent when nothing was restarted. */
  handover?: Handover;
}

/** A record as a sample would hold it, and where it stands. */
export interface ReadMessage {
  /** `topic/partition/offset`. */
  position: string;
  message: SampleMessage & { timestamp: number };
  /** Dead letters: why it is one, and the position of the message that could not be processed. */
  dead?: { code: string; message: string; node: string; of: string };
}

/** What to look for in a topic. */
export interface FindSpec {
  topic: string;
  how: FindHow;
  /** Messages wanted. */
  count: number;
  bounds: FindBounds;
  /** Only messages of these times, in ms since 1970: at or after, and before. */
  since?: number;
  until?: number;
  /** Going on with a search: offsets per partition that it ended before. */
  before?: Readonly<Record<string, string>>;
}

/** What a search has found and looked at; messages are not masked. */
export type Finding = Omit<FindReport, 'messages'> & { messages: ReadMessage[] };
