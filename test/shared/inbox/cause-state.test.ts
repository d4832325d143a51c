import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CauseEvent, causeEvents, causeStates, nextState } from '#shared/inbox/cause-state.ts';

const following = (...events: CauseEvent[]) => events.reduce(nextState, 'new' as (typeof causeStates)[number]);

describe('the state of a cause', () => {
  it('is one of the known ones after any events', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...causeEvents)), (events) => {
        expect(causeStates).toContain(following(...events));
      }),
    );
  });

  it('goes from new over a fix that holds and a retry to solved, and comes back when a message fails again', () => {
    expect(following('looked-at')).toBe('known');
    expect(following('fix-holds')).toBe('fix-ready');
    expect(following('fix-holds', 'retry-started')).toBe('retrying');
    expect(following('fix-holds', 'retry-started', 'emptied')).toBe('solved');
    expect(following('fix-holds', 'retry-started', 'emptied', 'retry-ended', 'arrived')).toBe('known');
    expect(following('emptied', 'arrived')).toBe('back-again');
    expect(following('emptied', 'arrived', 'looked-at')).toBe('known');
  });

  it('is no fix any more when the check fails, and not solved when something is recovered', () => {
    expect(following('fix-holds', 'fix-fails')).toBe('known');
    expect(following('emptied', 'reopened')).toBe('known');
  });

  it('stays muted whatever comes until somebody unmutes it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...causeEvents.filter((event) => event !== 'unmuted'))), (events) => {
        expect(following('muted', ...events)).toBe('muted');
      }),
    );
    expect(following('muted', 'unmuted')).toBe('known');
  });
});
