import type { FlowEvent, FlowEventKind } from '#shared/flow-event.ts';

/** Events that stand so near to each other on an axis that their marks would lie over each other, as one mark. */
export function gathered(
  events: readonly FlowEvent[],
  place: (at: number) => number,
  apart: number,
): { place: number; events: FlowEvent[] }[] {
  const marks: { place: number; events: FlowEvent[] }[] = [];
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const at = place(event.at);
    const last = marks.at(-1);
    if (last !== undefined && at - last.place < apart) last.events.push(event);
    else marks.push({ place: at, events: [event] });
  }
  return marks;
}

const weight: FlowEventKind[] = ['incident', 'crash', 'deploy', 'canary', 'stop', 'replay', 'pause', 'retry', 'resume', 'rebalance'];

/** The event of several that matters most, whose icon stands for them. */
export function gravest(events: readonly FlowEvent[]): FlowEvent {
  const [first] = [...events].sort((a, b) => weight.indexOf(a.kind) - weight.indexOf(b.kind));
  if (first === undefined) throw new Error('A mark without an event.');
  return first;
}
