import type { FieldDifference } from './difference.ts';

/** What came of running tests; plain data, shown in the studio, printed by the command line and kept for the gate. */

/** A field that is not as expected, and in which of the messages. */
export interface TestDifference extends FieldDifference {
  /** Ordinal of the message, from 0: among those that left the node, or for `missing` whole messages among the expected. */
  message?: number;
}

/** What of an expectation was looked at. */
export type CheckSubject =
  | 'node'
  | 'messages'
  | 'equals'
  | 'contains'
  | 'fields'
  | 'keys'
  | 'partitions'
  | 'headers'
  | 'schema'
  | 'branch'
  | 'dead-letters'
  | 'filtered';

/** One thing that was looked at. */
export interface TestCheck {
  /** Ordinal of the expectation in the case. */
  expectation: number;
  node?: string;
  subject: CheckSubject;
  passed: boolean;
  /** Plain words: what is as expected, or what is not. */
  sentence: string;
  differences: TestDifference[];
}

/** A node, or one of the ports between which it chooses. */
export interface TestPlace {
  node: string;
  port?: string;
}

export interface FlowTestResult {
  /** The case's file without its ending. */
  id: string;
  name: string;
  state: 'passed' | 'failed';
  /** Why it failed, or what was compared. */
  sentence: string;
  checks: TestCheck[];
  /** The places that its messages came by, and the others. */
  reached: TestPlace[];
  unreached: TestPlace[];
  ms: number;
}

/** What all tests of a run reach together, and what people said need not be reached. */
export interface Coverage {
  nodes: { all: number; reached: number };
  branches: { all: number; reached: number };
  /** Reached by no case and not waived. */
  unreached: TestPlace[];
  waived: (TestPlace & { reason: string })[];
}

export interface FlowTestRun {
  /** Hash of the logic that was tested: results say nothing about another one. */
  hash: string;
  at: string;
  by: string;
  results: FlowTestResult[];
  coverage: Coverage;
  ms: number;
}

/** Of a run: how many cases, how many failed. */
export function countOf(results: readonly FlowTestResult[]): { all: number; passed: number; failed: number } {
  const passed = results.filter(({ state }) => state === 'passed').length;
  return { all: results.length, passed, failed: results.length - passed };
}
