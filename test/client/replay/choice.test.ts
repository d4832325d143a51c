import { describe, expect, it } from 'vitest';
import { noChoice, type ReplayChoice, readChoice, readRanges, replayPath, specOf, writeChoice } from '../../../client/replay/choice.ts';

const known = { flow: 'shop', flowName: 'Web shop', version: 3, sinks: ['erp', 'crm'] };
const choice = (change: Partial<ReplayChoice>): ReplayChoice => ({
  ...noChoice,
  by: 'time',
  since: 1000,
  until: 2000,
  target: 'compare',
  ...change,
});

describe('the address of a replay', () => {
  it('gives back every choice that was written into it', () => {
    const full: ReplayChoice = {
      by: 'version',
      since: 5,
      until: 9,
      ranges: 'orders/0 5-9\norders/1 0-3',
      handled: 2,
      feed: 'erp',
      keys: ['a,b', 'ü&=', ''].slice(0, 2),
      positions: ['orders/0/7', 'orders/1@8'],
      list: 'l1',
      onlyFailed: true,
      onlyDifferent: true,
      version: 4,
      sinks: ['erp'],
      target: 'real',
      overtaken: 'send',
      ids: 'new',
      perSecond: 250,
      pauseAt: 5,
      name: 'Yesterday morning',
    };
    expect(readChoice(new URLSearchParams(writeChoice(full).toString()))).toEqual(full);
    expect(readChoice(new URLSearchParams(writeChoice(noChoice).toString()))).toEqual(noChoice);
    expect(readChoice(writeChoice({ ...full, sinks: [] })).sinks).toEqual([]);
  });

  it('is short where little is chosen', () => {
    expect(replayPath('shop')).toBe('/flows/shop/replay');
    expect(replayPath('shop', { by: 'version', handled: 7, onlyDifferent: true })).toBe(
      '/flows/shop/replay?by=version&handled=7&different=1',
    );
  });

  it('takes named messages alone for the range, as links from a trace give them', () => {
    expect(readChoice(new URLSearchParams('positions=orders/0/7'))).toMatchObject({ by: 'offsets', positions: ['orders/0/7'] });
    expect(readChoice(new URLSearchParams('by=time&at=orders/0/7')).by).toBe('time');
  });

  it('counts what it does not understand as not chosen', () => {
    expect(readChoice(new URLSearchParams('by=moon&since=soon&target=mars&rate=-1&pause=900'))).toEqual({ ...noChoice, pauseAt: 100 });
  });
});

describe('the replay of a choice', () => {
  it('runs the live version to all sinks unless somebody chooses otherwise', () => {
    expect(specOf(choice({}), known).spec).toMatchObject({
      flow: 'shop',
      name: 'Replay of Web shop',
      range: { by: 'time', since: 1000, until: 2000 },
      filter: {},
      version: 3,
      sinks: ['erp', 'crm'],
      target: 'compare',
      pauseAtErrorShare: 0.2,
    });
    expect(specOf(choice({ version: 2, sinks: ['crm', 'gone'], pauseAt: 0 }), known).spec).toMatchObject({
      version: 2,
      sinks: ['crm'],
      pauseAtErrorShare: 1,
    });
  });

  it('says what is still to be chosen, part by part', () => {
    const missing = (change: Partial<ReplayChoice>, version: number | undefined = 3) =>
      specOf(choice(change), { ...known, version }).missing;
    expect(missing({ by: undefined })).toEqual({ what: 'Choose which messages you mean.' });
    expect(missing({ until: undefined })?.what).toContain('Choose a time');
    expect(missing({ until: 500 })?.what).toContain('ends before');
    expect(missing({ by: 'version' })?.what).toContain('Choose the version');
    expect(missing({ by: 'history' })?.what).toContain('Choose the sink');
    expect(missing({ by: 'offsets' })?.what).toContain('at least one range');
    expect(missing({ positions: ['orders'] })?.what).toContain('“orders” is no position');
    expect(missing({ target: undefined })).toEqual({ where: 'Choose where the results go.' });
    expect(missing({ sinks: [] })).toEqual({ where: 'Tick at least one sink.' });
    expect(specOf(choice({}), { ...known, version: undefined }).missing?.what).toContain('never deployed');
  });

  it('reads ranges of offsets, and takes positions for ranges when there are no others', () => {
    expect(readRanges(' my.orders/0 5 - 9\n\nmy.orders/12 0–18446744073709551 ')).toEqual({
      ranges: [
        { topic: 'my.orders', partition: 0, from: '5', to: '9' },
        { topic: 'my.orders', partition: 12, from: '0', to: '18446744073709551' },
      ],
    });
    expect(readRanges('orders 5-9').wrong).toBe('orders 5-9');
    expect(readRanges('orders/0 9-5').wrong).toBe('orders/0 9-5');
    const { spec } = specOf(choice({ by: 'offsets', positions: ['a/0/9', 'a/0@7', 'b/1/3'] }), known);
    expect(spec?.range).toEqual({
      by: 'offsets',
      ranges: [
        { topic: 'a', partition: 0, from: '7', to: '9' },
        { topic: 'b', partition: 1, from: '3', to: '3' },
      ],
    });
    expect(spec?.filter.positions).toHaveLength(3);
  });

  it('passes filters on, and names itself by them', () => {
    const { spec } = specOf(
      choice({ by: 'version', handled: 2, since: undefined, until: undefined, onlyDifferent: true, keys: ['7'] }),
      known,
    );
    expect(spec).toMatchObject({
      name: 'What version 2 of Web shop handled, only what differs',
      range: { by: 'version', version: 2 },
      filter: { keys: ['7'], onlyDifferent: true },
    });
  });
});
