import type { FlowTestResult } from '#shared/flow-test/result.ts';
import type { GateSectionId, GateVerdict } from '#shared/gate.ts';
import type { Level } from '../ui/status.tsx';

/** Look and word of a verdict. */
export const verdictLooks: Record<GateVerdict, { level: Level; word: string }> = {
  ok: { level: 'ok', word: 'Fine' },
  warning: { level: 'warning', word: 'Look at this' },
  blocked: { level: 'error', word: 'Blocks the deploy' },
  'not-needed': { level: 'off', word: 'Not needed' },
};

/** Titles of the gate's parts. */
export const sectionTitles: Record<GateSectionId, string> = {
  checks: 'Checks',
  tests: 'Tests',
  coverage: 'Coverage',
  comparison: 'What would change',
  approval: 'Approval',
};

/** Where a test stands in the studio: beside its result, it may be running, or its result may be of another draft. */
export type TestState = 'passed' | 'failed' | 'running' | 'stale' | 'not-run';

export const stateLooks: Record<TestState, { level: Level; word: string }> = {
  passed: { level: 'ok', word: 'Passed' },
  failed: { level: 'error', word: 'Failed' },
  running: { level: 'info', word: 'Running' },
  stale: { level: 'off', word: 'Changed since' },
  'not-run': { level: 'off', word: 'Not run' },
};

/** The state of a result that is about what is on screen. */
export const stateOf = (result: FlowTestResult | undefined): TestState => result?.state ?? 'not-run';
