import { caller } from './function-value.ts';
import type { Limits } from './limits.ts';
import type { Environment } from './options.ts';
import { run, startRun } from './run.ts';

/** Begins an evaluation, which may stand inside another; answers what {@link endRun} needs to put back. */
export function beginRun(limits: Limits, timeout: number, nesting: number, float: boolean, environment?: Environment): unknown {
  const outer = run.active ? { ...run } : undefined;
  startRun(limits, timeout, nesting, float, environment);
  return outer;
}

/** Puts the state back of the evaluation inside which this one was, or lets go of the message. */
export function endRun(outer: unknown): void {
  if (outer !== undefined) Object.assign(run, outer);
  else {
    run.active = false;
    // So that nothing of the message is held on to.
    caller.frame = null;
  }
}
