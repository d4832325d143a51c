import { describe, expect, it } from 'vitest';
import { standingCsv } from '#shared/lineage/export.ts';
import { type StandingPlace, sumStandings } from '#shared/lineage/standing.ts';
import { messagesIn, standingPath } from '../../../client/trace/trace-path.ts';

const place = (more: Partial<StandingPlace>): StandingPlace => ({
  ...{ kind: 'topic', flow: 'shop', flowName: 'Shop', where: 'orders', sentence: 'It stands there.', certainty: 'sure' },
  ...more,
});

describe('where the data of several messages stands', () => {
  it('names a place once, however many messages and flows led to it', () => {
    const read = place({ flow: 'stock', flowName: 'Stock', where: 'lines', position: 'lines/0/1' });
    const written = place({ where: 'lines', position: 'lines/0/1' });
    const sum = sumStandings([
      { places: [written, place({ position: 'orders/0/1' })], notes: ['a'] },
      { places: [read, place({ position: 'orders/0/2' })], notes: ['a', 'b'] },
    ]);
    expect(sum.places.map(({ position }) => position)).toEqual(['lines/0/1', 'orders/0/1', 'orders/0/2']);
    expect(sum.notes).toEqual(['a', 'b']);
    expect(sum.counts.map(({ where, places }) => `${where} ${places}`)).toEqual(['orders 2', 'lines 1']);
  });

  it('counts what a system outside took twice as two, and systems first', () => {
    const crm = (from: string) => place({ kind: 'outside', where: 'CRM', from, key: 'P-1', at: 5 });
    const sum = sumStandings([{ places: [place({ position: 'orders/0/1' }), crm('c/0/1'), crm('c/0/2'), crm('c/0/1')], notes: [] }]);
    expect(sum.counts.map(({ kind, places }) => `${kind} ${places}`)).toEqual(['outside 2', 'topic 1']);
    expect(standingCsv(sum).split('\r\n')).toHaveLength(sum.places.length + 2);
  });

  it('keeps the messages in its address', () => {
    const messages = [
      { flow: 'shop', origin: 'orders/0/1' },
      { flow: 'stock', origin: 'a:b/3/4' },
    ];
    const [path = '', query = ''] = standingPath(messages).split('?');
    expect([path, messagesIn(new URLSearchParams(query), 'shop')]).toEqual(['/lineage/shop', messages]);
    expect(messagesIn(new URLSearchParams('origin=orders/0/1'), 'shop')).toEqual([messages[0]]);
    expect(messagesIn(new URLSearchParams('field=x&of=:x'), 'shop')).toEqual([]);
  });
});
