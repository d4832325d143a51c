import type { FlowTest } from '../flow-test.ts';
import type { Problem } from '../problem.ts';
import type { CallMode, TrialMessage } from '../trial.ts';
import type { Waiver } from './coverage.ts';
import type { Coverage, FlowTestResult } from './result.ts';

/** What the routes of tests say; see `flow-test-routes.ts` of the server. */

/** A result with when and by whom it came about. */
export interface DatedResult extends FlowTestResult {
  at: string;
  by: string;
}

/** A case in a list. */
export interface FlowTestInfo {
  /** The case's file without its ending. */
  id: string;
  name: string;
  /** Goes up by one with every save; also the ETag. */
  revision: number;
  samples: number;
  updatedAt: string;
  updatedBy: string;
  /** What it gave on the draft as it is stored now; missing when it was not run on it. */
  result?: DatedResult;
}

/** All tests of a flow, and how they stand on its stored draft. */
export interface FlowTestList {
  /** Hash of the draft's logic. */
  hash: string;
  tests: FlowTestInfo[];
  waivers: Waiver[];
  /** Of all tests together; missing while some were not run on this draft. */
  coverage?: Coverage;
}

export interface FlowTestRecord {
  id: string;
  revision: number;
  test: FlowTest;
  updatedAt: string;
  updatedBy: string;
}

/** Asks for a case that expects what comes of these messages now. */
export interface CaptureRequest {
  name: string;
  note?: string;
  /** Ids of samples of the workspace. */
  samples?: string[];
  /** Messages in Kafka, `topic/partition/offset`; of a dead letter the message that it holds is taken. */
  positions?: string[];
  /** Messages that stand nowhere. */
  messages?: TrialMessage[];
  /** The source they enter at; left out, the source of their topic. */
  node?: string;
  now?: number;
  seed?: number;
  calls?: Record<string, CallMode>;
  /** The document to try; left out, the stored draft. */
  flow?: unknown;
}

/** A case to be looked over before it is saved. */
export interface CaptureResult {
  test: FlowTest;
  /** What it gives now: it passes, or compares nothing. */
  result: FlowTestResult;
  /** Fields that change from run to run; they are ignored in the case. */
  volatile: { node: string; paths: string[] }[];
  /** What people call the nodes of the document that was tried. */
  labels: Record<string, string>;
  /** Positions at which nothing stands any more. */
  missing: string[];
  /** Places that masking has changed. */
  masked: number;
  problems: Problem[];
}
