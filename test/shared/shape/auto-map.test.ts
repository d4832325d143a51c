import { describe, expect, test } from 'vitest';
import { sideOf } from '#shared/shape/auto-map/leaves.ts';
import { conceptsOf } from '#shared/shape/auto-map/names.ts';
import { autoMap, type Proposal } from '#shared/shape/auto-map.ts';
import { conversionOf } from '#shared/shape/conversions.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { pathText } from '#shared/shape/path.ts';
import { shapeAt } from '#shared/shape/shape.ts';
import { measure, readPairs, shapeOfGiven, sharesOf, sum } from './measure.ts';

const text = { type: 'string' };
const object = (properties: Record<string, unknown>) => ({ type: 'object', properties });
const map = (source: unknown, properties: Record<string, unknown>): Proposal[] =>
  autoMap(shapeOfSamples([source]).shape, shapeOfJsonSchema(object(properties)));
const brief = (proposals: Proposal[]) =>
  proposals.map(({ target, sources, confidence }) => [pathText(target), sources.map(pathText).join(' & '), confidence]);

describe('auto-map on pairs with gold answers', () => {
  test('keeps its promise on the blind pairs: sure is right, and most fields are found', () => {
    const shares = sharesOf(sum(readPairs('auto-map').map((pair) => measure(pair))));
    expect(shares.sure).toBeGreaterThanOrEqual(0.98);
    expect(shares.precision).toBeGreaterThanOrEqual(0.95);
    expect(shares.recall).toBeGreaterThanOrEqual(0.8);
  });

  test('every gold answer names places that the shapes have', () => {
    for (const folder of ['auto-map', 'tuning', 'apart'] as const) {
      for (const pair of readPairs(folder)) {
        const [source, target] = [shapeOfGiven(pair.source), shapeOfGiven(pair.target)];
        const places = (shape: typeof source) => (path: string) =>
          shapeAt(
            shape,
            path.split('.').flatMap((step) => (step.endsWith('[]') ? [step.slice(0, -2), null] : [step])),
          );
        for (const [path, answers] of Object.entries(pair.gold)) {
          expect(places(target)(path), `${pair.name}: ${path}`).toBeDefined();
          for (const answer of answers.flatMap((one) => one.split(' & ')))
            expect(places(source)(answer), `${pair.name}: ${answer}`).toBeDefined();
        }
      }
    }
  });

  test('maps every shape to itself, all but the columns that the database fills', () => {
    for (const pair of [...readPairs('auto-map'), ...readPairs('tuning')]) {
      for (const shape of [shapeOfGiven(pair.source), shapeOfGiven(pair.target)]) {
        const proposals = autoMap(shape, shape);
        const { leaves, lists } = sideOf(shape);
        const own = [...lists, ...leaves].filter((leaf) => leaf.shape.facts?.default === undefined).map(({ path }) => pathText(path));
        const found = proposals.filter(
          ({ sources, target, confidence }) => sources.length === 1 && sources[0]?.join() === target.join() && confidence === 'sure',
        );
        const texts = new Set(found.map(({ target }) => pathText(target)));
        expect(own.filter((path) => !texts.has(path))).toEqual([]);
      }
    }
  });

  test('gives the same proposals each time, each target once, with a sentence and known conversions', () => {
    for (const pair of readPairs('auto-map')) {
      const [source, target] = [shapeOfGiven(pair.source), shapeOfGiven(pair.target)];
      const proposals = autoMap(source, target);
      expect(autoMap(structuredClone(source), structuredClone(target))).toEqual(proposals);
      expect(new Set(proposals.map((one) => pathText(one.target))).size).toBe(proposals.length);
      for (const { reason, score, conversion } of proposals) {
        expect(reason).toMatch(/^"?[A-Z"].*\.$/);
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThanOrEqual(1);
        if (conversion !== undefined) expect(conversionOf(conversion)).toBeDefined();
      }
    }
  });
});

describe('auto-map', () => {
  test('does not confuse the billing address with the shipping address', () => {
    const address = (city: string) => ({ city, zip: '10115' });
    const source = { billing: address('Ulm'), shipping: address('Trier') };
    expect(brief(map(source, { shipToCity: text, invoiceAddress: object({ postalCode: text }), returnCity: text }))).toEqual([
      ['shipToCity', 'shipping.city', 'sure'],
      ['invoiceAddress.postalCode', 'billing.zip', 'sure'],
    ]);
  });

  test('does not take the name of a product for that of a customer', () => {
    expect(map({ product: { name: 'Mug' } }, { customerName: text })).toEqual([]);
  });

  test('maps a list to a list and the items below it', () => {
    const source = { positions: [{ articleNo: 'a', qty: 2 }], note: 'x' };
    const lines = { type: 'array', items: object({ sku: text, quantity: { type: 'number' }, colour: text }) };
    const proposals = map(source, { lines, remark: text });
    expect(brief(proposals)).toEqual([
      ['lines', 'positions', 'sure'],
      ['lines[].sku', 'positions[].articleNo', 'sure'],
      ['lines[].quantity', 'positions[].qty', 'sure'],
      ['remark', 'note', 'sure'],
    ]);
    expect(proposals[1]?.loop).toEqual({ target: ['lines'], source: ['positions'] });
  });

  test('never maps a field inside a list to one outside, nor a list to a single value', () => {
    expect(map({ items: [{ sku: 'a' }] }, { sku: text })).toEqual([]);
    expect(map({ sku: 'a' }, { items: { type: 'array', items: object({ sku: text }) } })).toEqual([]);
  });

  test('puts a full name together, and offers a part of a name only as a hint', () => {
    const joined = map({ customer: { firstName: 'A', lastName: 'B' } }, { customerName: text });
    expect(joined[0]).toMatchObject({
      kind: 'join',
      parts: [{ source: ['customer', 'firstName'] }, { text: ' ' }, { source: ['customer', 'lastName'] }],
      reason: '"customerName" can be put together from "firstName" and "lastName".',
    });
    const split = map({ customer: { name: 'A B' } }, { customer: object({ firstName: text }) });
    expect(split[0]).toMatchObject({ kind: 'split', confidence: 'maybe', template: '$substringBefore(x, " ")' });
  });

  test('proposes nothing of an impossible kind or look', () => {
    expect(
      map({ email: 'nobody', total: 'free', ready: true }, { email: { type: 'string', format: 'email' }, total: { type: 'number' } }),
    ).toEqual([]);
  });

  test('names the conversion that a pair needs', () => {
    const proposals = map(
      { total: '19.90', createdAt: '2026-01-01T10:00:00Z' },
      { total: { type: 'number' }, createdOn: { type: 'string', format: 'date' } },
    );
    expect(proposals.map(({ conversion }) => conversion)).toEqual(['toNumber', 'toDate']);
  });

  test('does not call sure what the values speak against', () => {
    const [proposal] = map({ status: 'paid' }, { status: { enum: ['A', 'B'] } });
    expect(proposal).toMatchObject({ confidence: 'likely', reason: 'Both are called "status"; the values differ and need a value table.' });
  });

  test('handles odd shapes: roots that are lists or plain, empty, recursive, names of other scripts', () => {
    expect(autoMap({ kinds: [] }, { kinds: [] })).toEqual([]);
    expect(autoMap(shapeOfSamples(['x']).shape, shapeOfSamples([[1]]).shape)).toEqual([]);
    expect(brief(map({ 注文: 'a', __proto__x: 1, constructor: 'c' }, { 注文: text, constructor: text }))).toEqual([
      ['`注文`', '`注文`', 'sure'],
      ['constructor', 'constructor', 'sure'],
    ]);
  });

  test('compares hundreds of fields with hundreds in bounded time', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [
        `section${i % 20}`,
        Object.fromEntries(Array.from({ length: 15 }, (_, j) => [`customerOrder${j}Date`, `v${i}`])),
      ]),
    );
    const shape = shapeOfSamples([wide]).shape;
    const started = performance.now();
    expect(autoMap(shape, shape).length).toBeGreaterThan(100);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('names', () => {
  test.each([
    ['VATNumber', ['vatid']],
    ['cust_nm', ['customer', 'name']],
    ['auftragsnummer', ['order', 'number']],
    ['Straße', ['street']],
    ['zipCode', ['zip']],
    ['lastname', ['lastname']],
    ['lineItems', ['line']],
    ['from', ['startdate']],
    ['xyzzy', ['xyzzy']],
  ])('%s is read as %j', (name, concepts) => {
    expect(conceptsOf(name)).toEqual(concepts);
  });
});
