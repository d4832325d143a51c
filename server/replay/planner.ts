import type { ReplayPlan, ReplaySample, ReplaySpec } from '#shared/replay.ts';
import type { ReplayOptions } from './options.ts';
import { planOf } from './options.ts';
import { rangeOf } from './range.ts';
import { length, type Stretch } from './stretches.ts';

/** Plans a replay. What is wrong with the spec is a problem of the plan, not a rejection. */
export async function makePlan(
  options: ReplayOptions,
  spec: ReplaySpec,
  signal: AbortSignal,
): Promise<{ plan: ReplayPlan; stretches: Stretch[] }> {
  const plan = await planOf(options, spec.flow, spec.version);
  const range = await rangeOf(options, spec, plan, signal);
  const messages = length(range.stretches);
  return {
    stretches: range.stretches,
    plan: {
      spec,
      messages,
      exact: false,
      bytes: 0,
      seconds: spec.perSecond > 0 ? Math.ceil(messages / spec.perSecond) : Math.ceil(messages / 5000),
      gone: range.gone,
      sinks: [],
      overtaken: { keys: 0, messages: 0, examples: [] },
      downstream: [],
      problems: range.problems,
      needsReason: false,
    },
  };
}

/** A dry run over a sample. */
export async function sampleOf(_options: ReplayOptions, _spec: ReplaySpec, _messages: number, _signal: AbortSignal): Promise<ReplaySample> {
  return { messages: 0, same: 0, changed: 0, failing: 0, fresh: 0, examples: [] };
}
