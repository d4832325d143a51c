import type { StageStatus } from '#shared/events.ts';
import type { FlowEvent } from '#shared/flow-event.ts';
import type { Stage } from '#shared/plan.ts';
import { stageName } from '#shared/stage-name.ts';

/** One thing that happened to a run, for the marks on every axis of time; the supervisor adds flow and version. */
export type Happening = Omit<FlowEvent, 'flow' | 'version'>;

type Titles = Parameters<typeof stageName>[1];
/** More of a cause says nothing on a mark; the log has all of it. */
const longest = 400;

/** The worker ended by an error; `final`: nobody starts it again but a person, so the flow has stopped by itself. */
export function crashed(message: string, final: boolean, at: number): Happening[] {
  const cause = message.length > longest ? `${message.slice(0, longest)}…` : message;
  const crash: Happening = { at, kind: 'crash', sentence: `The worker ended: ${cause}` };
  return final ? [crash, { at, kind: 'stop', sentence: `The flow failed and waits for a person: ${cause}` }] : [crash];
}

/** Partitions were given out anew. */
export function rebalanced(stage: Stage | undefined, types: Titles, at: number): Happening {
  return { at, kind: 'rebalance', sentence: `Partitions of ${stageName(stage, types)} were shared out anew (rebalance).` };
}

/** Stages that were not paused and are now, by themselves; a person's pause is told where it is asked for. */
export function pausedThemselves(
  before: readonly StageStatus[],
  after: readonly StageStatus[],
  asked: ReadonlySet<string>,
  stages: readonly Stage[],
  types: Titles,
  at: number,
): Happening[] {
  const were = new Set(before.flatMap(({ stage, state }) => (state === 'paused' ? [stage] : [])));
  return after.flatMap(({ stage, state, reason }): Happening[] => {
    if (state !== 'paused' || were.has(stage) || asked.has(stage)) return [];
    const name = stageName(
      stages.find(({ id }) => id === stage),
      types,
    );
    return [{ at, kind: 'pause', sentence: `${capital(name)} paused itself${reason === undefined ? '' : `: ${reason}`}` }];
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
