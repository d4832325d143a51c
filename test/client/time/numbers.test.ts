import { describe, expect, it } from 'vitest';
import { type Flow, flowSchema } from '#shared/flow.ts';
import { emptyMinute, type LedgerMinute } from '#shared/ledger-minutes.ts';
import type { Moment } from '#shared/moment.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { momentInWords, numbersOf } from '../../../client/time/numbers.ts';

const types = new Map<string, Pick<NodeTypeInfo, 'kind'>>([
  ['webhook', { kind: 'source' }],
  ['map', { kind: 'transform' }],
  ['http', { kind: 'sink' }],
]);
const flow = (nodes: [string, string][]): Flow =>
  flowSchema.parse({ format: 1, id: 'shop', name: 'Shop', nodes: nodes.map(([id, type]) => ({ id, type })) });
const nine = Date.parse('2026-03-02T09:00:00Z');
const minute: LedgerMinute = {
  ...emptyMinute(nine),
  in: 43,
  sent: { erp: 40 },
  delivered: { erp: 38 },
  filtered: { map: { 'country≠EU': 2 } },
  dead: { map: { 'map/failed': 1 }, erp: { 'http/400': 1 } },
  parked: { erp: 1 },
  behindMs: 2100,
};

describe('the numbers of a minute', () => {
  it('stand at the node that they are about', () => {
    const numbers = numbersOf(
      flow([
        ['in', 'webhook'],
        ['map', 'map'],
        ['erp', 'http'],
        ['new', 'http'],
      ]),
      types,
      minute,
    );
    expect(numbers.get('in')?.line).toBe('43 in');
    expect(numbers.get('map')).toMatchObject({ line: '2 filtered', dead: 1, filtered: 2, causes: { 'map/failed': 1 } });
    expect(numbers.get('erp')).toMatchObject({ line: '38 delivered, 40 sent, 1 parked', dead: 1 });
    expect(numbers.get('new')).toMatchObject({ line: '0 delivered', dead: 0 });
  });

  it('are not made up: not of one of two sources, and not where nothing was counted', () => {
    const two = numbersOf(
      flow([
        ['a', 'webhook'],
        ['b', 'webhook'],
        ['erp', 'http'],
      ]),
      types,
      minute,
    );
    expect(two.get('a')?.line).toBeUndefined();
    expect(
      numbersOf(
        flow([
          ['a', 'webhook'],
          ['erp', 'http'],
        ]),
        types,
        undefined,
      ).get('erp')?.line,
    ).toBeUndefined();
  });
});

describe('a moment in words', () => {
  const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);
  const moment: Moment = {
    flow: 'shop',
    at: nine,
    state: 'running',
    version: 2,
    deployedBy: 'Mira',
    deployedAt: nine - 300_000,
    counted: true,
    minute,
    events: [],
  };

  it('says version, who, what came, what failed and how far behind it was', () => {
    expect(momentInWords(moment, clock)).toBe(
      'At 09:00 version 2 was live, deployed 08:55 by Mira. In that minute 43 messages came in, 38 were delivered, 2 filtered, 2 failed. It was 2.1 s behind.',
    );
  });

  it('tells a quiet minute from one that nobody counted', () => {
    const { minute: _minute, ...quiet } = moment;
    expect(momentInWords(quiet, clock)).toContain('No message came in that minute.');
    const before = momentInWords({ ...quiet, counted: false, countedSince: nine + 600_000 }, clock);
    expect(before).toContain('was not counted by the minute');
    expect(before).toContain('only since 09:10');
  });

  it('says that there was no version yet, or that it stood still', () => {
    const { version: _version, ...none } = moment;
    expect(momentInWords(none, clock)).toBe('At 09:00 the flow had not been deployed yet.');
    expect(momentInWords({ ...moment, minute: { ...minute, behindMs: 3 } }, clock)).toContain('It kept up, less than 1 s behind.');
    expect(momentInWords({ ...moment, state: 'failed' }, clock)).toContain('version 2 had failed and stood still');
  });
});
