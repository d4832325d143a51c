import { describe, expect, it } from 'vitest';
import { open } from './files.ts';

/** What a row reads: `role path` of each of its lines. */
function reads(text: string, target: string): string[] {
  return open(text)
    .lines.filter((line) => line.row === `${target}#0`)
    .map(({ role, path }) => `${role} ${path.join('.')}`);
}

describe('the lines of a row', () => {
  it('are absolute paths through loops, and say which one is the whole row', () => {
    const text = '{ "l": [order.items[qty > 0]^(price).{ "sku": sku, "t": price * qty, "id": $$.id, "up": %.no }] }';
    expect(reads(text, 'l')).toEqual(['loop order.items', 'condition order.items.qty', 'condition order.items.price']);
    expect(reads(text, 'l[].sku')).toEqual(['copy order.items.sku']);
    expect(reads(text, 'l[].t')).toEqual(['value order.items.price', 'value order.items.qty']);
    expect(reads(text, 'l[].id')).toEqual(['copy id']);
    expect(reads(text, 'l[].up')).toEqual(['copy order.no']);
  });

  it('go through $map, $filter, $sort, $reduce and $each', () => {
    expect(reads('{ "a": $map(items, function($v) { { "s": $v.sku } }) }', 'a[].s')).toEqual(['copy items.sku']);
    expect(reads('{ "a": $filter(items, function($v) { $v.ok }).sku }', 'a')).toEqual(['value items.sku', 'value items.ok']);
    expect(reads('{ "a": $sort(items, function($l, $r) { $l.p > $r.p }).q }', 'a')).toEqual(['value items.q', 'value items.p']);
    expect(reads('{ "a": $reduce(items, function($s, $i) { $s + $i.qty }, 0) }', 'a')).toContain('value items.qty');
    expect(reads('{ "a": $each(map, function($v, $k) { $v.x }) }', 'a[]')).toEqual(['copy map.x']);
  });

  it('go through variables and helpers, nested ones too', () => {
    const text = '( $c := order.customer; $n := function($p) { $p.first & $q }; $q := $c.last; { "n": $n($c), "t": $c.town, "k": $n } )';
    expect(reads(text, 'n')).toEqual(['value order.customer.first', 'value order.customer.last']);
    expect(reads(text, 't')).toEqual(['copy order.customer.town']);
    expect(
      open(text)
        .uses.filter(({ row }) => row === 'n#0')
        .map(({ of }) => of),
    ).toEqual(['$n#0', '$c#0']);
  });

  it('go through objects that the mapping makes, and through joins', () => {
    expect(reads('( $o := { "k": a.b }; { "x": $o.k } )', 'x')).toEqual(['copy a.b']);
    const join = '{ "j": orders@$o.people@$p[$p.id = $o.by].{ "no": $o.no, "name": $p.name } }';
    expect(reads(join, 'j')).toEqual(['loop orders', 'loop people', 'condition people.id', 'condition orders.by']);
    expect([reads(join, 'j[].no'), reads(join, 'j[].name')]).toEqual([['copy orders.no'], ['copy people.name']]);
  });

  it('are there for every operand, condition and what cannot be drawn', () => {
    expect(reads('{ "a": b & c & $string(d) }', 'a')).toEqual(['value b', 'value c', 'value d']);
    expect(reads('{ "a": b > 1 ? c : d }', 'a')).toEqual(['condition b']);
    expect(reads('{ "a": $ ~> |list|{ "x": y }| }', 'a')).toEqual(['value ', 'value list.y']);
    expect(reads('{ "a": $substring(?, 0, n) }', 'a')).toEqual(['value n']);
  });

  it('are those of the value at hand where a function takes it by itself', () => {
    expect(reads('{ "a": name.$uppercase() }', 'a')).toEqual(['value name']);
    expect(reads('{ "a": name.$contains("x") }', 'a')).toEqual(['value name']);
  });

  it('end for a function that calls itself', () => {
    const text = '( $f := function($u) { $append($u.name, $u.units.$f($)) }; { "all": $f(root) } )';
    expect(reads(text, 'all')).toContain('value root.name');
  });
});
