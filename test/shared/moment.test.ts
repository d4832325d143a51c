import { describe, expect, it } from 'vitest';
import type { FlowEvent } from '#shared/flow-event.ts';
import { emptyMinute, type LedgerMinute } from '#shared/ledger-minutes.ts';
import { minuteOf, nextMark, spanAt, stateAt, timelinePoints, timelineStep, versionSpans, withinTimeline } from '#shared/moment.ts';

const minute = 60_000;
const nine = Date.parse('2026-03-02T09:00:00Z');
const at = (minutes: number): number => nine + minutes * minute;
const event = (minutes: number, kind: FlowEvent['kind'], more: Partial<FlowEvent> = {}): FlowEvent => ({
  flow: 'shop',
  at: at(minutes),
  kind,
  sentence: kind,
  ...more,
});
const counted = (minutes: number, change: Partial<LedgerMinute>): LedgerMinute => ({ ...emptyMinute(at(minutes)), ...change });

describe('an axis of time', () => {
  it('keeps every message of its minutes when it is coarser than they are', () => {
    const minutes = Array.from({ length: 300 }, (_, index) =>
      counted(index, { in: index, delivered: { erp: index, log: 1 }, dead: { map: { 'map/failed': index % 3 } }, behindMs: index }),
    );
    for (const step of [minute, 7 * minute, 60 * minute]) {
      const points = timelinePoints(minutes, nine, at(300), step);
      const sum = (name: 'in' | 'delivered' | 'dead') => points.reduce((all, point) => all + point[name], 0);
      expect(points).toHaveLength(Math.ceil((300 * minute) / step));
      expect(sum('in')).toBe((299 * 300) / 2);
      expect(sum('delivered')).toBe((299 * 300) / 2 + 300);
      expect(sum('dead')).toBe(300);
      expect(points.at(-1)?.behindMs).toBe(299);
      expect(points.map((point) => point.at)).toEqual(points.map((_, index) => nine + index * step));
    }
  });

  it('leaves out minutes beside it and steps in which nothing happened', () => {
    const minutes = [counted(-1, { in: 9 }), counted(0, { in: 1 }), counted(45, { in: 2 }), counted(60, { in: 9 })];
    expect(timelinePoints(minutes, nine, at(60), 15 * minute)).toEqual([
      { at: nine, in: 1, delivered: 0, filtered: 0, dead: 0 },
      { at: at(45), in: 2, delivered: 0, filtered: 0, dead: 0 },
    ]);
  });

  it('never has more than 720 points, and is by the minute as long as that is possible', () => {
    expect(timelineStep(0, 720 * minute)).toBe(minute);
    expect(timelineStep(0, 721 * minute)).toBe(2 * minute);
    for (const days of [1, 7, 30, 400]) {
      const step = timelineStep(nine, nine + days * 1440 * minute);
      expect((days * 1440 * minute) / step).toBeLessThanOrEqual(720);
      expect(step % minute).toBe(0);
    }
  });

  it('holds moments within itself, and to whole minutes', () => {
    const axis = { since: nine, until: at(60) };
    expect(withinTimeline(at(30) + 12_345, axis)).toBe(at(30));
    expect(withinTimeline(at(99), axis)).toBe(at(59));
    expect(withinTimeline(at(-99), axis)).toBe(nine);
  });

  it('jumps from mark to mark in both directions, and to its ends where there is none', () => {
    const axis = { since: nine, until: at(60), events: [event(20, 'deploy'), event(20.5, 'crash'), event(40, 'stop')] };
    expect(nextMark(axis, nine, 1)).toBe(at(20));
    expect(nextMark(axis, at(20), 1)).toBe(at(40));
    expect(nextMark(axis, at(40), 1)).toBe(at(59));
    expect(nextMark(axis, at(40), -1)).toBe(at(20));
    expect(nextMark(axis, at(20), -1)).toBe(nine);
  });
});

describe('what was live', () => {
  const events = [
    event(0, 'deploy', { version: 1, who: 'Ann' }),
    event(20, 'deploy', { version: 2, who: 'Mira' }),
    event(25, 'crash'),
    event(30, 'stop', { who: 'Mira' }),
    event(40, 'deploy', { version: 1, who: 'Ann' }),
    event(50, 'stop'),
  ];

  it('tells the version of a moment, also of one that was deployed twice', () => {
    const spans = versionSpans(events);
    expect(spans).toEqual([
      { version: 1, from: nine, until: at(20), who: 'Ann' },
      { version: 2, from: at(20), until: at(40), who: 'Mira' },
      { version: 1, from: at(40), who: 'Ann' },
    ]);
    expect(spanAt(spans, at(-1))).toBeUndefined();
    expect([0, 19, 20, 39, 40, 400].map((one) => spanAt(spans, at(one))?.version)).toEqual([1, 1, 2, 2, 1, 1]);
  });

  it('tells whether it ran, was stopped by a person, or had failed', () => {
    expect([-5, 10, 26, 35, 45, 55].map((one) => stateAt(events, at(one)))).toEqual([
      'unknown',
      'running',
      'running',
      'stopped',
      'running',
      'failed',
    ]);
    expect(stateAt(events, at(29) + 59_999)).toBe('running');
  });

  it('begins a minute where the clock does', () => {
    expect(minuteOf(at(3) + 59_999)).toBe(at(3));
  });
});
