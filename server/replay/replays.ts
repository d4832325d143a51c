import type { Replay, ReplayPlan, ReplaySample, ReplaySpec } from '#shared/replay.ts';
import type { Volume } from '#shared/replay-schemas.ts';

/** Replays of past ranges of a flow. One runs in a thread of its own and goes on by itself after a restart of the server. */
export interface Replays {
  /** What a replay would do, before anything runs. Reads without a group, writes nothing. The signal ends it. */
  plan(spec: ReplaySpec, signal: AbortSignal): Promise<ReplayPlan>;
  /** Runs the version over a sample of the range and compares with what stands in the sinks' topics. */
  sample(spec: ReplaySpec, messages: number, signal: AbortSignal): Promise<ReplaySample>;
  /**
   * Plans (unless the same was planned a moment ago) and starts. Durable from its resolution on. Rejects with ReplayRefused
   * when the plan has errors, or the reason or the typed number is missing.
   */
  start(spec: ReplaySpec, confirm: number | undefined, who: string): Promise<Replay>;
  /** How it stands now. Rejects with StoreError `unknown`. */
  get(id: string): Promise<Replay>;
  /** Newest first, at most 200. */
  list(flow?: string): Promise<Replay[]>;
  /** These three resolve when it is so. Pausing what is paused is fine; what has ended stays as it is. */
  pause(id: string): Promise<Replay>;
  resume(id: string): Promise<Replay>;
  stop(id: string): Promise<Replay>;
  /** Changes the rate, also while it runs. Messages per second; 0: as fast as it goes. */
  setRate(id: string, perSecond: number): Promise<Replay>;
  /** How many messages came in when; cheap, by offsets. */
  volume(flow: string, since: number, until: number, buckets: number): Promise<Volume>;
  /** Called with each replay whose state or counts have changed, at most a few times a second. */
  onChanged(listener: (replay: Replay) => void): () => void;
  /** Ends the threads; what was under way goes on at the next start. */
  close(): Promise<void>;
}

/** Why a replay does not start: each problem with its sentence. */
export class ReplayRefused extends Error {
  readonly problems: ReplayPlan['problems'];
  constructor(problems: ReplayPlan['problems']) {
    super(problems.map(({ message }) => message).join(' '));
    this.name = 'ReplayRefused';
    this.problems = problems;
  }
}
