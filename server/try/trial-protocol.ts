import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { Recording } from './calls.ts';
import type { TrialInput } from './input.ts';

/** What a Try is opened with; data that crosses to its thread. */
export interface TrialSpec {
  plan: Plan;
  /** How calls of nodes are answered: JSON text of `CallMode` by node id. */
  calls: string;
  recordings: readonly Recording[];
  /** Nodes whose calls may really be made, and which get the true values of secrets. */
  mayCall: readonly string[];
  /** All secrets. Nodes that may not call get `***` in the place of one, and none leaves in a result. */
  secrets: Record<string, string>;
  /** The clock of expressions; left out, each message's own time. */
  now?: number;
  seed: number;
  /** Most characters of one value as JSON; what is longer is cut and marked. Left out: none is cut. */
  valueLimit?: number;
  /** Only what sinks would have written, and inputs that could not be read; counts and failures stay complete. */
  sinksOnly?: boolean;
  /** How long each node took stands at its arrivals, in ms. */
  timed?: boolean;
  /** Take over what the Try before of this flow made of the same inputs; `inputs` names them, by their content. */
  remember?: { inputs: string };
}

/** What every Try of a server shares; a thread is started with it. */
export interface TrialSurroundings {
  nodeFolders: string[];
  filesFolder: string;
  bindings: Record<string, unknown>;
  allowPrivate: string[];
}

/** Server → thread. */
export type ToTrial =
  | { type: 'open'; spec: TrialSpec }
  /** `each`: every outcome is sent at once, so that those before an endless loop are known. */
  | { type: 'run'; inputs: TrialInput[]; each: boolean }
  | { type: 'close' };

/** Thread → server. Values cross as JSON text, which keeps every digit. */
export type FromTrial =
  | { type: 'opened'; reused: string[] }
  | { type: 'refused'; problems: Problem[] }
  /** JSON text of `TrialOutcome[]`; `done` when all inputs of a `run` have been sent. */
  | { type: 'outcomes'; text: string; done: boolean }
  /** The answer of a real call, to be kept. */
  | { type: 'recorded'; recording: Recording }
  | { type: 'closed' }
  /** A fault of the Try itself. */
  | { type: 'failed'; message: string };

/** Where the thread is: written by it, read when it can say nothing any more. */
export const place = { input: 0, node: 1, length: 2 } as const;
