import type { DeadLetter, TryRequest, TryResult } from '#shared/api.ts';
import type { FlowStatus, Sample } from '#shared/events.ts';
import type { Flow } from '#shared/flow.ts';
import type { Plan } from '#shared/plan.ts';
import type { HookRequest, HookResponse } from '../sdk.ts';

/** What the HTTP side may ask of the running flows. The only door between the two. */
export interface Runtime {
  /**
   * Creates missing topics, drains what runs to a barrier, starts the plan from there. Resolves when the new worker
   * is running; rejects with one sentence when it cannot, and then the old version runs on.
   */
  deploy(plan: Plan): Promise<DeployResult>;
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
  setPaused(flow: string, stage: string, paused: boolean): Promise<void>;
  deadLetters(flow: string, limit: number): Promise<DeadLetter[]>;
  /** Routes a request to the webhook source that claims its method and path; undefined when none does. */
  hook(request: HookRequest): Promise<HookResponse | undefined>;
  /** Largest body that the hook at this path takes, in bytes; undefined when there is none. */
  hookLimit(method: string, path: string): number | undefined;
  /** Runs the document over messages: writes nothing, commits nothing, calls nothing outside. */
  tryFlow(flow: Flow, request: TryRequest): Promise<TryResult>;
  topics(): Promise<{ name: string; partitions: number; messages: number }[]>;
  /** True when Kafka answers and every flow that should run does. */
  ready(): Promise<{ ready: boolean; reasons: string[] }>;
  /** Drains everything. */
  close(): Promise<void>;
}

export interface DeployResult {
  barrier: { group: string; topic: string; partition: number; offset: string }[];
  topicsCreated: string[];
  status: FlowStatus;
}
