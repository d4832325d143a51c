import { describe, expect, it } from 'vitest';
import type { FlowStatus } from '#shared/events.ts';
import { ageOf, applyEvent, emptyLive } from '../../client/live-state.ts';

const status = (flow: string, total: number): FlowStatus => ({
  flow,
  state: 'running',
  health: { level: 'ok', sentence: 'Keeping up.' },
  restarts: 0,
  stages: [],
  nodes: {},
  balance: { in: total, delivered: total, filtered: 0, dead: 0, copies: 0, inFlight: 0, difference: 0 },
  at: 0,
});

describe('live state', () => {
  it('keeps the last status and a history for each flow, and leaves the other flows untouched', () => {
    const first = applyEvent(emptyLive, { type: 'status', flows: [status('a', 1), status('b', 2)] }, 1000);
    const second = applyEvent(first, { type: 'status', flows: [status('a', 5)] }, 2000);
    expect(second.flows.get('a')?.history.map((point) => point.balance.in)).toEqual([1, 5]);
    expect(second.flows.get('b')).toBe(first.flows.get('b'));
    expect(second.connection).toBe('live');
    expect(second.lastEventAt).toBe(2000);
    expect(first.flows.get('a')?.history).toHaveLength(1);
  });

  it('forgets a flow that was removed', () => {
    const before = applyEvent(emptyLive, { type: 'status', flows: [status('a', 1)] }, 1000);
    expect(applyEvent(before, { type: 'flow-removed', flow: 'a' }, 2000).flows.size).toBe(0);
  });

  it('notes the version of the server', () => {
    expect(applyEvent(emptyLive, { type: 'hello', at: 5, serverVersion: '0.1.0' }, 9).serverVersion).toBe('0.1.0');
  });
});

describe('age of live data', () => {
  it('is fresh up to five seconds and then says for how long nothing came', () => {
    expect(ageOf('live', 1000, 1500)).toEqual({ fresh: true, text: 'Live, as of 1 s ago' });
    expect(ageOf('live', 1000, 5000)).toEqual({ fresh: true, text: 'Live, as of 4 s ago' });
    expect(ageOf('lost', 1000, 13_000)).toEqual({ fresh: false, text: 'No news for 12 s' });
    expect(ageOf('lost', 1000, 301_000)).toEqual({ fresh: false, text: 'No news for 5 min' });
  });

  it('says that it waits, or that the server does not answer, before the first event', () => {
    expect(ageOf('connecting', undefined, 5).fresh).toBe(false);
    expect(ageOf('lost', undefined, 5).text).toContain('does not answer');
  });
});
