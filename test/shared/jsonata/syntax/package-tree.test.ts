import { describe, expect, it } from 'vitest';
import { parse } from '#shared/jsonata/ast.ts';
import { toPackageTree } from '#shared/jsonata/syntax/package-tree.ts';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';
import { expression, type Random, randomFrom } from '../random.ts';
import { suite } from '../suite.ts';
import { attempt, difference, semantic, unlike } from './compare.ts';

const texts = Object.values(suite.groups)
  .flat()
  .map((one) => one.expr);

/** The texts of which our tree is another than the package's, with the reason. */
const different = (all: string[]): string[] =>
  all.flatMap((text) => {
    const why = difference(text);
    return why === undefined ? [] : [`${text}: ${why}`];
  });

const many = (count: number, make: () => string): string[] => Array.from({ length: count }, make);

describe('the tree of the package', () => {
  it('comes out of every expression of the conformance suite, or the same error at the same position', () => {
    expect(texts).toHaveLength(1035);
    expect(different(texts)).toEqual([]);
  });

  it('is refused by the suite only for the checks that the package makes after reading', () => {
    const late = texts.filter((text) => 'error' in attempt(() => parse(text)) && 'value' in attempt(() => parseSyntax(text)));
    const codes = late.map((text) => attempt(() => toPackageTree(parseSyntax(text)))).flatMap((one) => ('error' in one ? [one.error] : []));
    expect(codes).toHaveLength(late.length);
    expect(late.length).toBeGreaterThan(5);
    for (const code of codes) expect(semantic).toContain(code.slice(0, 5));
  });

  it('comes out of random expressions', () => {
    const random = randomFrom(1);
    expect(different(many(2000, () => expression(random, 4)))).toEqual([]);
  });

  it('comes out of random chains of steps, filters, bindings, sorts, groups and parents', () => {
    const random = randomFrom(2);
    expect(different(many(8000, () => chain(random)))).toEqual([]);
  });

  it('is refused for random tokens with the same error at the same position', () => {
    const random = randomFrom(3);
    const soup = (): string => Array.from({ length: 1 + random.below(9) }, () => random.pick(pieces)).join(random.pick([' ', '', '\n']));
    expect(different(many(8000, soup).filter(comparable))).toEqual([]);
  });

  it('has signatures, regular expressions and texts of any characters as the package reads them, or refuses them alike', () => {
    const random = randomFrom(10);
    const inside = (letters: string): string => Array.from({ length: random.below(9) }, () => random.pick([...letters])).join('');
    const signature = (): string => `1 + function($x)<${inside('<><>(())snblafjox--??+:: ,"')}>{1}`;
    const regex = (): string => `[1, $f(/${inside('ab/\\\\()[]{}.*i')}/${inside('imx')})]`;
    const string = (): string => `{'k': "${inside('a\\\\\\nu00e9"\'/🚀\n')}"}`;
    const all = [signature, regex, string].flatMap((make) => many(3000, make)).filter(comparable);
    const [read, refused] = [true, false].map((want) => all.filter((text) => want === 'value' in attempt(() => parseSyntax(text))));
    expect(read?.length).toBeGreaterThan(1000);
    expect(refused?.length).toBeGreaterThan(1000);
    expect(different(all)).toEqual([]);
  });

  it('is told from one that differs in a single field', () => {
    const tree = parse('x.a@$v[0].b');
    const ours = (text: string): unknown => toPackageTree(parseSyntax(text));
    expect(unlike(ours('x.a@$v[0].b'), tree, 'tree')).toBeUndefined();
    for (const other of ['x.a@$v[1].b', 'x.a@$w[0].b', 'x.a@$v[0].c', 'x.a[0].b', 'x.a@$v[0].b[]', 'x .a@$v[0].b']) {
      expect(unlike(ours(other), tree, 'tree'), other).toBeDefined();
    }
  });
});

const bases =
  'a|a.b|(a.b)|(a; b.c)|[a, %]|%|*|**|$|$v|"s"|{"k": %.x}|and|$f(%.a, ?)|$f(a)|function($x){a}|-%|-5|/x/i|(%)|function($x[])<n:n>{$x.$f()}|()|λ(){a ? $f(): ($f(1); $g(%))}'.split(
    '|',
  );
const endings =
  '[] [0] [0][] [%.a] [%.%.a=%] @$v #$i ^(a) ^(>%.a,b) {a:b} {%.a:%.%.b} .% .%.% .(%.b) .b .b.c .[a] .{"x":%.%} .* .** ~>$f(%) ??1 ?:% ?%:a.% +% (%) .$f(%.a) :=1 [[1..%]] ."s"'.split(
    ' ',
  );

function chain(random: Random): string {
  let text = random.pick(bases);
  for (let i = random.below(7); i > 0; i--) text = random.chance(0.1) ? `(${text})` : text + random.pick(endings);
  return random.chance(0.2) ? `${random.pick(bases)}.${text}` : text;
}

const pieces =
  '. [ ] { } ( ) , @ # ; : ? + - * / % | = < > ^ ** .. := != <= >= ~> ?: ?? and or in & ! ~ a b `q function λ $ $$ $v 1 2.5 "s" \'t\' true null /re/ ( ) [] ^( { "k": |$|{}| /*c*/ /* "\\u00e9" "\\x" 1e999'.split(
    ' ',
  );

/**
 * Whether the errors of a text can be the same: the package has no position for a regular expression that JavaScript
 * refuses, and of a step S0213 and an end S0207 in one text it sees the step first.
 */
function comparable(text: string): boolean {
  const ours = attempt(() => parseSyntax(text));
  if ('value' in ours) return true;
  return !ours.error.startsWith('M1008') && !(ours.error.startsWith('S0207') && /(2\.5|true|null|1)/.test(text));
}
