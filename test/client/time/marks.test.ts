import { expect, it } from 'vitest';
import type { FlowEvent } from '#shared/flow-event.ts';
import { gathered, gravest } from '../../../client/time/marks.ts';

const event = (at: number, kind: FlowEvent['kind']): FlowEvent => ({ flow: 'shop', at, kind, sentence: kind });

it('makes one mark of events that would lie over each other, and loses none', () => {
  const events = [event(90, 'stop'), event(10, 'deploy'), event(11, 'crash'), event(50, 'pause')];
  const marks = gathered(events, (at) => at, 2);
  expect(marks.map(({ place, events: all }) => [place, all.map(({ kind }) => kind)])).toEqual([
    [10, ['deploy', 'crash']],
    [50, ['pause']],
    [90, ['stop']],
  ]);
});

it('shows the gravest of them', () => {
  expect(gravest([event(1, 'rebalance'), event(2, 'deploy'), event(3, 'crash')]).kind).toBe('crash');
  expect(gravest([event(1, 'resume')]).kind).toBe('resume');
});
