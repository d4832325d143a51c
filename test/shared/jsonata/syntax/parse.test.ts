import { describe, expect, it } from 'vitest';
import { ExpressionError } from '#shared/jsonata/error.ts';
import { toPackageTree } from '#shared/jsonata/syntax/package-tree.ts';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';
import { MAX_LEVELS } from '#shared/jsonata/syntax/reader.ts';
import { childrenOf, type SyntaxNode } from '#shared/jsonata/syntax/tree.ts';
import { randomFrom } from '../random.ts';
import { attempt, difference } from './compare.ts';

/** A tree in short: kind, text, and the children in brackets. */
function outline(text: string): string {
  const of = (node: SyntaxNode): string => {
    const children = childrenOf(node).map(of);
    return children.length > 0 ? `${node.kind}(${children.join(' ')})` : `${node.kind}:${text.slice(node.start, node.end)}`;
  };
  return of(parseSyntax(text).root);
}

const errorOf = (text: string): string => {
  const one = attempt(() => parseSyntax(text));
  return 'error' in one ? one.error : 'none';
};

describe('a tree', () => {
  it.each([
    ['a.b.c', 'path(name:a name:b name:c)'],
    ['`a b`.and', 'path(name:`a b` name:and)'],
    ['a.b[0][]', 'path(name:a keep(filter(name:b number:0)))'],
    ['$$.a{k: v}', 'group(path(variable:$$ name:a) pair(name:k name:v))'],
    ['a^(>b, c).d', 'path(sort(name:a term(name:b) term(name:c)) name:d)'],
    ['a@$v.b#$i', 'path(focus(name:a variable:$v) index(name:b variable:$i))'],
    ['%.*.**', 'path(parent:% wildcard:* descendant:**)'],
    ['$f(1, ?)', 'partial(variable:$f number:1 placeholder:?)'],
    ['function($x)<n:n>{$x}', 'lambda(name:function variable:$x signature:<n:n> variable:$x)'],
    ['a ~> |b|c, "d"|', 'apply(name:a transform(name:b name:c string:"d"))'],
    ['($a := 1; $a)', 'block(bind(variable:$a number:1) variable:$a)'],
    ['a ? b : c ?? d', 'condition(name:a name:b coalesce(name:c name:d))'],
    ['a ?: b', 'default(name:a name:b)'],
    ['[1..3, /x/i]', 'array(range(number:1 number:3) regex:/x/i)'],
    ['{"a": -b, "c": null}', 'object(pair(string:"a" minus(name:b)) pair(string:"c" value:null))'],
    ['1 + 2 * 3 - 4', 'binary(binary(number:1 binary(number:2 number:3)) number:4)'],
    ['a in b and c', 'binary(binary(name:a name:b) name:c)'],
  ])('of %s is %s', (text, tree) => {
    expect(outline(text)).toBe(tree);
  });

  it('knows the places of brackets and separators', () => {
    const text = '  { "a" : 1 , "b":2 } ';
    const { root, tokens } = parseSyntax(text);
    expect(root).toMatchObject({ kind: 'object', start: 2, end: 21, open: 2, close: 20 });
    expect(root).toMatchObject({
      pairs: [
        { start: 4, end: 11, colon: 8, key: { start: 4, end: 7 } },
        { start: 14, end: 19 },
      ],
    });
    expect(tokens.map(({ start, end }) => text.slice(start, end))).toEqual(['{', '"a"', ':', '1', ',', '"b"', ':', '2', '}']);
  });

  it('has the values of literals without their marks', () => {
    expect(parseSyntax('"a\\n\\u00fc"').root).toMatchObject({ value: 'a\nü' });
    expect(parseSyntax('1.5e3').root).toMatchObject({ value: 1500 });
    expect(parseSyntax('/a[/]b/im').root).toMatchObject({ pattern: 'a[/]b', flags: 'im' });
    expect(parseSyntax('`a b`').root).toMatchObject({ value: 'a b', quoted: true });
    expect([parseSyntax('$').root, parseSyntax('$$').root]).toMatchObject([{ name: '' }, { name: '$' }]);
  });

  it('takes a slash for a division behind a value and for a regular expression elsewhere', () => {
    expect(outline('a / b / c')).toBe('binary(binary(name:a name:b) name:c)');
    expect(outline('$f(/b/, c)')).toBe('call(variable:$f regex:/b/ name:c)');
  });
});

describe('a text that is no expression', () => {
  it.each([
    ['', 'S0207 at 0'],
    ['1 +', 'S0207 at 3'],
    ['a b', 'S0201 at 3'],
    ['(a', 'S0203 at 2'],
    ['[a}', 'S0202 at 3'],
    ['"a', 'S0101 at 2'],
    ['a /* b', 'S0106 at 2'],
    ['a ! b', 'S0204 at 3'],
    ['1 := 2', 'S0212 at 1'],
    ['function(x){1}', 'S0208 at 10'],
    ['function($x)<q<n>>{1}', 'S0401 at 15'],
    ['/(/', 'S0302 at 3'],
    ['/?/', 'M1008 at 3'],
  ])('%j is refused with %s', (text, error) => {
    expect(errorOf(text)).toBe(error);
    // The package does not say where a regular expression is that JavaScript refuses.
    expect(difference(text)).toBe(error.startsWith('M1008') ? `${error} for M1008 at 0` : undefined);
  });

  it('of any characters never leads to another kind of error', () => {
    const random = randomFrom(9);
    const letters = [...'()[]{}<>^%@#$.,;:?!~*/+-=&|\\"\'` \n\t1230.5eabandorfunctionλ\u00a0é\u0000\ud800'];
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: random.below(25) }, () => random.pick(letters)).join('');
      if (errorOf(text) !== 'none') refused++;
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});

describe('nesting', () => {
  const deep: [string, (n: number) => string][] = [
    ['parentheses', (n) => `${'('.repeat(n)}a${')'.repeat(n)}`],
    ['open parentheses', (n) => '('.repeat(n)],
    ['arrays', (n) => '['.repeat(n) + ']'.repeat(n)],
    ['objects', (n) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`],
    ['signs', (n) => `${'-'.repeat(n)}a`],
    ['sums', (n) => `a${'+a'.repeat(n)}`],
    ['filters', (n) => `a${'[0]'.repeat(n)}`],
    ['filters in filters', (n) => `${'a['.repeat(n)}0${']'.repeat(n)}`],
    ['choices', (n) => `${'a?b:'.repeat(n)}c`],
    ['functions', (n) => `${'function(){'.repeat(n)}1${'}'.repeat(n)}`],
    ['transforms', (n) => `a${'~>|a|{}|'.repeat(n)}`],
    ['bindings', (n) => `${'$a:='.repeat(n)}1`],
  ];

  it.each(deep)('of 10,000 %s is an error', (_, make) => {
    expect(errorOf(make(10_000))).toMatch(/^D1011 at \d+$/);
  });

  it.each(deep.filter(([name]) => name !== 'open parentheses'))('of some hundred %s is none', (_, make) => {
    const syntax = parseSyntax(make(MAX_LEVELS / 2 - 10));
    expect(toPackageTree(syntax)).toHaveProperty('type');
  });

  it('is not what a long path, list or row of comments is', () => {
    for (const text of [`a${'.b'.repeat(20_000)}`, `[${'a,'.repeat(20_000)}a]`, `${'/*c*/'.repeat(20_000)}a`])
      expect(errorOf(text)).toBe('none');
  });

  it('is an error that says where', () => {
    expect(() => parseSyntax('('.repeat(5000))).toThrow(ExpressionError);
    expect(errorOf('('.repeat(5000))).toBe(`D1011 at ${MAX_LEVELS}`);
  });
});
