import { describe, expect, it } from 'vitest';
import type { FlowSummary } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { type FlowRow, idFor, matches, rowOf, sortRows, splitSentence, verdict } from '../../../client/pages/flow-groups.ts';

const row = (
  name: string,
  level: FlowStatus['health']['level'],
  state: FlowStatus['state'],
  sentence = '',
  incidents: Parameters<typeof rowOf>[2] = [],
): FlowRow => {
  const status: FlowStatus = {
    flow: name,
    state,
    health: { level, sentence },
    restarts: 0,
    stages: [],
    nodes: {},
    balance: { in: 0, delivered: 0, filtered: 0, dead: 0, copies: 0, inFlight: 0, difference: 0 },
    at: 0,
  };
  const flow: FlowSummary = { id: name, name, revision: 1, updatedAt: '', updatedBy: 'Mara Bell', nodes: 1, changed: false, status };
  return rowOf(flow, status, incidents);
};

describe('the list of flows', () => {
  it('puts the worst first and sorts equals by name', () => {
    const rows = [
      row('d', 'off', 'stopped'),
      row('c', 'ok', 'running'),
      row('b', 'warning', 'running'),
      row('a', 'error', 'failed'),
      row('a2', 'warning', 'running'),
    ];
    expect(sortRows(rows).map((each) => each.flow.name)).toEqual(['a', 'a2', 'b', 'c', 'd']);
  });

  it('says what is bad first', () => {
    const rows = [row('a', 'error', 'failed'), row('b', 'warning', 'running'), row('c', 'ok', 'running'), row('d', 'off', 'stopped')];
    expect(verdict(rows)).toEqual({ alarm: '1 failed, 1 needs a look', rest: '1 keeping up, 1 not running' });
    expect(verdict([row('c', 'ok', 'running')])).toEqual({ alarm: '', rest: '1 keeping up' });
  });

  it('puts a flow with an incident that goes on among those that need a look, by the gravest of its incidents', () => {
    const incidents = [
      { flow: 'quiet', kind: 'silent' },
      { flow: 'torn', kind: 'silent' },
      { flow: 'torn', kind: 'ledger-gap' },
      { flow: 'idle', kind: 'behind' },
    ] as const;
    const rows = [
      row('behind', 'warning', 'running', '', incidents),
      row('calm', 'ok', 'running', '', incidents),
      row('idle', 'off', 'stopped', '', incidents),
      row('quiet', 'ok', 'running', 'Keeping up', incidents),
      row('torn', 'ok', 'running', '', incidents),
    ];
    expect(rows.map(({ group, incident }) => `${group} ${incident}`)).toEqual([
      'look undefined',
      'up undefined',
      'look warning',
      'look warning',
      'look error',
    ]);
    expect(sortRows(rows).map(({ flow }) => flow.name)).toEqual(['torn', 'behind', 'idle', 'quiet', 'calm']);
    expect(verdict(rows)).toEqual({ alarm: '4 need a look', rest: '1 keeping up' });
  });

  it('finds a flow by any of its words', () => {
    const shop = row('Web shop orders', 'warning', 'running', 'ERP is retrying for 2 min');
    expect([matches(shop, ''), matches(shop, 'erp mara'), matches(shop, 'SHOP'), matches(shop, 'crm')]).toEqual([true, true, true, false]);
  });
});

describe('a health sentence', () => {
  it('shows in colour only what is wrong', () => {
    expect(splitSentence({ level: 'warning', sentence: 'ERP is retrying for 2 min; 4 waiting' })).toEqual({
      before: '',
      loud: 'ERP is retrying for 2 min;',
      after: ' 4 waiting',
    });
    expect(splitSentence({ level: 'warning', sentence: 'Keeping up, less than 1 s behind; 7 dead letters in the last hour' })).toEqual({
      before: 'Keeping up, less than 1 s behind; ',
      loud: '7 dead letters in the last hour',
      after: '',
    });
    expect(splitSentence({ level: 'ok', sentence: 'Keeping up, 1 s behind' }).loud).toBe('');
    expect(splitSentence({ level: 'error', sentence: 'It failed' }).loud).toBe('It failed');
  });
});

describe('the id of a new flow', () => {
  it('is made of the name', () => {
    expect(idFor('Bestellungen für Köln & Zürich', new Set())).toBe('bestellungen-fur-koln-zurich');
    expect(idFor('  ', new Set())).toBe('flow');
    expect(idFor('x'.repeat(200), new Set()).length).toBeLessThanOrEqual(60);
  });

  it('is never one that is taken', () => {
    expect(idFor('Orders', new Set(['orders', 'orders-2']))).toBe('orders-3');
  });
});
