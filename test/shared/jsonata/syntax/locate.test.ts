import { describe, expect, it } from 'vitest';
import { commentsBefore, nodeAt, pathOfNodes, tokenAfter, tokenBefore } from '#shared/jsonata/syntax/locate.ts';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';

const text = '{ /* one */ "a": x.y & "!", /* two */ /* three */\n  "b": $f( 1 ) } /* end */';
const syntax = parseSyntax(text);

describe('the nodes at an offset', () => {
  it('go from the root to the innermost', () => {
    const kinds = pathOfNodes(syntax, text.indexOf('y')).map((node) => node.kind);
    expect(kinds).toEqual(['object', 'pair', 'binary', 'path', 'name']);
  });

  it('end with the node whose own sign or white space stands there', () => {
    const kindAt = (sign: string): string | undefined => nodeAt(syntax, text.indexOf(sign))?.kind;
    expect(kindAt('&')).toBe('binary');
    expect(kindAt('.y')).toBe('path');
    expect(kindAt(':')).toBe('pair');
    expect(kindAt(',')).toBe('object');
    expect(kindAt(' 1')).toBe('call');
  });

  it('are none outside the root, and the last one at the very end of the text', () => {
    expect(pathOfNodes(syntax, text.indexOf('end'))).toEqual([]);
    expect(nodeAt(parseSyntax(' a'), 0)).toBeUndefined();
    expect(nodeAt(parseSyntax('a.bc'), 4)).toMatchObject({ kind: 'name', value: 'bc' });
    expect(nodeAt(syntax, -1)).toBeUndefined();
  });
});

describe('the comments before a node', () => {
  const remarks = (offset: number): string[] => {
    const pair = pathOfNodes(syntax, offset).find((node) => node.kind === 'pair');
    return pair === undefined ? [] : commentsBefore(syntax, pair).map(({ start, end }) => text.slice(start, end));
  };

  it('are those after the token before it', () => {
    expect(remarks(text.indexOf('"a"'))).toEqual(['/* one */']);
    expect(remarks(text.indexOf('"b"'))).toEqual(['/* two */', '/* three */']);
  });

  it('are none where a token stands between', () => {
    const call = nodeAt(syntax, text.indexOf('$f('));
    expect(call && commentsBefore(syntax, call)).toEqual([]);
    expect(commentsBefore(parseSyntax('/* a */ b'), { start: 8, end: 9 })).toHaveLength(1);
  });
});

describe('the tokens around an offset', () => {
  it('are found by their ends', () => {
    const at = text.indexOf(' "b"');
    expect(tokenBefore(syntax, at)).toMatchObject({ id: ',' });
    expect(tokenAfter(syntax, at)).toMatchObject({ kind: 'string', value: 'b' });
    expect(tokenBefore(syntax, 0)).toBeUndefined();
    expect(tokenAfter(syntax, text.length)).toBeUndefined();
  });
});
