import { describe, expect, it } from 'vitest';
import { compile } from '#shared/jsonata/compile.ts';

const reads: [text: string, paths: string[] | 'everything'][] = [
  ['customer.address.city', ['customer.address.city']],
  ['items[qty > 1].{"s": sku}', ['items.qty', 'items.sku']],
  ['{"a": a.b, "n": $count(items)}', ['a.b', 'items']],
  ['($x := customer; $x.name)', ['customer.name']],
  ['$map(items, function($v){$v.sku & other})', ['items.sku', 'other']],
  ['items ~> $filter(function($v){$v.qty > 1}) ~> $map(function($i){$i.sku})', ['items.qty', 'items.sku']],
  ['$reduce(items, function($sum, $i){$sum + $i.qty}, 0)', ['items.qty']],
  ['items@$l.shipments@$s[$s.sku = $l.sku].{"q": $l.qty}', ['items.qty', 'items.sku', 'shipments.sku']],
  ['items.attributes.{"s": %.sku}', ['items.attributes', 'items.sku']],
  ['items#$i.$i', ['items']],
  ['items.("one")', ['items']],
  ['items^(price).sku', ['items.price', 'items.sku']],
  ['items{sku: $sum(qty)}', ['items.qty', 'items.sku']],
  ['($f := function(){$g.z}; $g := a; $f())', ['a.z']],
  ['name.$uppercase()', ['name']],
  ['$fromMillis(placed, "[Y0001]")', ['placed']],
  ['$$.id & $now()', ['id']],
  ['customer ~> |address|{"a": other}|', ['customer']],
  ['1 + 1', []],
  ['$', 'everything'],
  ['**.sku', 'everything'],
  ['$eval("a")', 'everything'],
  ['$uppercase()', 'everything'],
  ['$custom(id)', 'everything'],
];

describe('the paths that an expression reads', () => {
  for (const [text, paths] of reads) {
    it(`of ${text} are ${paths === 'everything' ? paths : paths.join(', ') || 'none'}`, () => {
      const found = compile(text).reads;
      expect(found === 'everything' ? found : found.map((path) => path.join('.')).sort()).toEqual(paths);
    });
  }

  it('do not include the context of a registered function that does not take it', () => {
    const functions = { plain: { call: (id: unknown) => id }, taking: { call: (id: unknown) => id, signature: '<x-:x>' } };
    expect(compile('$plain(id)', { functions }).reads).toEqual([['id']]);
    expect(compile('$taking()', { functions }).reads).toBe('everything');
  });
});
