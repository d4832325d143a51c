import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { compile, ExpressionError } from '#shared/jsonata/compile.ts';
import { type Place, placeText, valueAt } from '#shared/lineage/place.ts';
import { readsOfPlace } from '#shared/lineage/place-reads.ts';
import { previewer } from '#shared/mapping/preview.ts';
import type { SourcePath } from '#shared/mapping/reach.ts';
import type { TargetPath } from '#shared/mapping/target.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { inputOf, suite } from '../jsonata/suite.ts';
import { mappingFiles, open } from '../mapping/files.ts';
import { changedBeside, messagesFor } from './messages.ts';

/** `role path` of all that a place depends on. */
const reads = (text: string, place: TargetPath): string[] =>
  readsOfPlace(open(text), place).map(({ role, path }) => `${role} ${path.join('.')}`);

/** All places of a value at which something plain stands. */
function leaves(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || !(Array.isArray(value) || value.constructor === Object)) return [at];
  const inner = Array.isArray(value) ? value.map((item, i) => [i, item] as const) : Object.entries(value);
  return inner.flatMap(([name, item]) => leaves(item, [...at, name]));
}

const changing = /\$(?:now|millis|random|shuffle|eval)\b/;

describe('what a place of a result depends on', () => {
  it('is the field that is copied, with what is named below it', () => {
    expect(reads('{ "c": customer, "n": name }', ['c', 'town'])).toEqual(['copy customer.town']);
    expect(reads('{ "c": customer, "n": name }', ['n'])).toEqual(['copy name']);
    expect(reads('{ "n": name }', ['other'])).toEqual([]);
  });

  it('has the list, the filter and the field of a loop', () => {
    const text = '{ "lines": [items[qty > 0].{ "sku": sku, "sum": price * qty }], "no": id }';
    expect(reads(text, ['lines', 1, 'sum'])).toEqual(['loop items', 'condition items.qty', 'value items.price', 'value items.qty']);
    expect(reads(text, ['lines', null, 'sku'])).toEqual(['loop items', 'condition items.qty', 'copy items.sku']);
  });

  it('has every branch, and of a default both sides', () => {
    expect(reads('{ "a": x > 1 ? { "b": y } : { "b": z } }', ['a', 'b'])).toEqual(['condition x', 'copy y', 'copy z']);
    expect(reads('{ "a": y ?? z }', ['a'])).toEqual(['copy y', 'copy z']);
  });

  it('has what variables and own functions read', () => {
    expect(reads('( $c := customer; $f := function($x) { $x.first & last }; { "n": $f($c) } )', ['n'])).toEqual([
      'value customer.first',
      'value last',
    ]);
  });

  it('has every object of a merge that may make the field', () => {
    expect(reads('$merge([customer, { "id": no }])', ['id'])).toEqual(['copy customer.id', 'copy no']);
  });

  it('is all that counts: changing anything else leaves the value, in the realistic mappings', () => {
    let compared = 0;
    for (const { text } of mappingFiles) {
      if (changing.test(text)) continue;
      const view = open(text);
      const { preview } = previewer(view);
      // Rows that fail give nothing, and the others go on: made-up messages fit few rows.
      const make = (value: unknown) => parseJson(preview({ value, bindings: {} }).result ?? 'null');
      fc.assert(
        fc.property(messagesFor(view), fc.integer({ min: 1, max: 9 }), (message, salt) => {
          const made = make(message);
          const groups = new Map<string, { kept: SourcePath[]; places: Place[] }>();
          for (const place of leaves(made)) {
            const kept = readsOfPlace(view, place).map(({ path }) => path);
            const group = groups.get(JSON.stringify(kept)) ?? { kept: [...kept], places: [] };
            groups.set(JSON.stringify(kept), group);
            group.places.push(place);
          }
          for (const { kept, places } of groups.values()) {
            const other = make(changedBeside(message, kept, salt));
            for (const place of places) {
              compared++;
              expect(stringifyJson(valueAt(other, place)), placeText(place)).toBe(stringifyJson(valueAt(made, place)));
            }
          }
        }),
        { numRuns: 2, seed: 5 },
      );
    }
    console.info(`values compared: ${compared}`);
    expect(compared).toBeGreaterThan(500);
  }, 120_000);

  it('is all that counts in the cases of the language itself', () => {
    let compared = 0;
    const wrong: string[] = [];
    for (const one of Object.values(suite.groups).flat()) {
      if (!('result' in one) || changing.test(one.expr) || one.bindings !== undefined) continue;
      const view = viewOf(one.expr);
      if (!view.ok) continue;
      const input = inputOf(one);
      const expression = compile(one.expr, { speculation: 'off' });
      const made = attempt(() => expression.evaluate(input));
      if (made === undefined) continue;
      for (const place of leaves(made.value).slice(0, 20)) {
        const kept = readsOfPlace(view, place).map(({ path }) => path);
        const other = attempt(() => expression.evaluate(changedBeside(inputOf(one), kept, 3)));
        if (other === undefined) continue;
        compared++;
        if (stringifyJson(valueAt(other.value, place)) !== stringifyJson(valueAt(made.value, place)))
          wrong.push(`${one.name}: ${one.expr} at ${placeText(place)}, reads ${kept.map((path) => path.join('.')).join(', ')}`);
      }
    }
    console.info(`values compared: ${compared}`);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(500);
  }, 120_000);
});

/** What an expression makes; nothing where it fails. */
function attempt(evaluate: () => unknown): { value: unknown } | undefined {
  try {
    return { value: evaluate() };
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
