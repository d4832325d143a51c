import { describe, expect, it } from 'vitest';
import { piecesOf, piecesText } from '#shared/mapping/pieces.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { mappingFiles, open, row } from './files.ts';

/** The row `x` of a mapping in words. */
function words(code: string): string {
  const view = open(`{ "x": ${code} }`);
  return piecesText(piecesOf(row(view, 'x'), view.text));
}

describe('a rule in one line', () => {
  it.each([
    ['a.b', 'a.b'],
    ['$$.a', 'a'],
    ['"x y"', '“x y”'],
    ['9007199254740993', '9007199254740993'],
    ['a & " " & b', 'a + “ ” + b'],
    ['(a + b) * 2', '(a + b) × 2'],
    ['$uppercase($trim(a))', 'a then trim then upper case'],
    ['a & $trim(b)', 'a + (b then trim)'],
    ['$trim(a) & b', 'a then trim + b'],
    ['$round(a / 2) & " k"', '(a ÷ 2) then round + “ k”'],
    ['a ?? "none"', 'a if missing “none”'],
    ['a > 1 ? "big" : b < 2 ? "small"', 'when a > 1 then “big” or when b < 2 then “small”'],
    ['$sum(items.(price * qty))', 'sum of price × qty for each items'],
    ['$join(items.sku, ", ")', 'join items.sku with “, ”'],
    ['(items.sku)[0]', 'first of items.sku'],
    ['items[type = "A"].x', 'items.x where type = “A”'],
    ['[items[qty > 0]^(>price).{ "a": b }]', 'for each items where qty > 0 sorted by price descending'],
    ['[orders.($o := $; items.{ "a": b })]', 'for each orders for each items'],
    ['$lookup({"1": "a", "2": "b"}, status) ?? "c"', 'status then value table · 2 otherwise “c”'],
    ['$merge([a, { "b": c }])', 'everything of a, then the fields below'],
    ['a in ["x", "y"]', 'a is one of [“x”, “y”]'],
  ])('reads %s', (code, wanted) => {
    expect(words(code).replaceAll('["x", "y"]', '[“x”, “y”]').replaceAll(' ,', ',')).toBe(wanted);
  });

  it('shows what cannot be drawn as its code, cut to a line', () => {
    const view = open(`{ "x": $reduce([1, 2], function($a, $b) {\n $a + $b + ${'0 + '.repeat(40)} 1 }) }`);
    const [piece] = piecesOf(row(view, 'x'), view.text);
    expect(piece).toMatchObject({ kind: 'code', reason: 'uses $reduce' });
    expect(piece?.kind === 'code' && piece.text.length).toBe(60);
    expect(piece?.kind === 'code' && piece.text.includes('\n')).toBe(false);
  });

  it('is there for every rule of the realistic mappings', () => {
    for (const { text } of mappingFiles) {
      const view = open(text);
      for (const rule of allRules(view.root)) {
        if (rule.kind === 'object' || rule.kind === 'scope') continue;
        expect(piecesText(piecesOf(rule, text))).not.toBe('');
      }
    }
  });
});
