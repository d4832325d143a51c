import { describe, expect, it } from 'vitest';
import { healthOf } from '#server/runtime/health.ts';
import { addEntry, balanceOf, emptyTotals } from '#server/runtime/totals.ts';
import { runEvents, runStates, runTransitions } from '#shared/events.ts';
import type { LedgerEntry } from '#shared/ledger.ts';

describe('the run states', () => {
  it('answer every event in every state', () => {
    for (const state of runStates) for (const event of runEvents) expect(runStates).toContain(runTransitions[state][event]);
  });
  it('never leave failed but by a start or a stop', () => {
    for (const event of runEvents) if (event !== 'start' && event !== 'drain') expect(runTransitions.failed[event]).toBe('failed');
  });
  it('reach stopped from every state by drain and then ended', () => {
    for (const state of runStates) expect(runTransitions[runTransitions[state].drain].ended).toBe('stopped');
  });
});

describe('the totals', () => {
  const entry = (stage: string, more: Partial<LedgerEntry>): LedgerEntry => ({
    flow: 'f',
    version: 1,
    stage,
    topic: 't',
    partition: 0,
    from: '0',
    to: '9',
    at: 1000,
    in: 10,
    delivered: {},
    dead: {},
    filtered: {},
    copies: 0,
    nodes: {},
    ...more,
  });

  it('balance over both halves of the way, with what waits in between as in flight', () => {
    const totals = emptyTotals();
    addEntry(
      totals,
      entry('transform', {
        delivered: { crm: 8 },
        dead: { map: { x: 1 } },
        filtered: { paid: { no: 1 } },
        nodes: { in: { in: 10, out: { out: 10 } }, crm: { in: 8, out: {} } },
      }),
    );
    addEntry(
      totals,
      entry('deliver-crm', { in: 5, delivered: { crm: 4 }, dead: { crm: { 'http/422': 1 } }, nodes: { crm: { in: 5, out: {} } } }),
    );
    expect(balanceOf(totals, new Set())).toEqual({ in: 10, copies: 0, delivered: 4, filtered: 1, dead: 2, inFlight: 3, difference: 0 });
    expect(totals.nodes.crm).toMatchObject({ in: 5, delivered: 4, dead: { 'http/422': 1 } });
  });

  it('show what an entry leaves unexplained', () => {
    const totals = emptyTotals();
    addEntry(totals, entry('transform', { delivered: { crm: 8 } }));
    expect(balanceOf(totals, new Set(['crm'])).difference).toBe(2);
  });
});

describe('the health sentence', () => {
  const facts = {
    state: 'running' as const,
    version: 1,
    lastError: undefined,
    stages: [],
    label: (id: string) => (id === 'erp' ? 'ERP' : id),
    recentDead: 0,
    difference: 0,
    now: 200_000,
  };
  it('says who is retrying, for how long, and that nothing is lost', () => {
    const stages = [{ stage: 'deliver-erp', kind: 'deliver' as const, node: 'erp', state: 'retrying' as const, since: 80_000, lag: 4 }];
    expect(healthOf({ ...facts, stages })).toEqual({ level: 'warning', sentence: 'ERP is retrying for 2 min; 4 waiting; nothing lost' });
  });
  it('says keeping up with an age when all is well', () => {
    expect(healthOf(facts)).toEqual({ level: 'ok', sentence: 'Keeping up, less than 1 s behind' });
  });
});
