import { describe, expect, it } from 'vitest';
import { parseSyntax, type Syntax } from '#shared/jsonata/syntax/parse.ts';
import { childrenOf, isExpression, type Span, type SyntaxNode } from '#shared/jsonata/syntax/tree.ts';
import { expression, type Random, randomFrom } from '../random.ts';
import { suite } from '../suite.ts';
import { attempt, difference, unlike } from './compare.ts';

const parsed = (text: string): Syntax[] => {
  const one = attempt(() => parseSyntax(text));
  return 'value' in one ? [one.value] : [];
};
const suiteTrees = Object.values(suite.groups)
  .flat()
  .flatMap((one) => parsed(one.expr));
const randomTrees = (seed: number, count: number): Syntax[] => {
  const random = randomFrom(seed);
  const trees = Array.from({ length: count }, () => expression(random, 3)).flatMap(parsed);
  // The package refuses a regular expression behind `(` or `)`, which the generator writes now and then.
  expect(trees.length).toBeGreaterThan(count * 0.95);
  return trees;
};

function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

describe('white space and comments between tokens', () => {
  it('change no tree, and every comment is kept at its place', () => {
    const random = randomFrom(4);
    for (const { text, tokens, root } of randomTrees(5, 3000)) {
      const spread = spreadOut(random, text, tokens);
      const syntax = parseSyntax(spread.text);
      expect(syntax.comments.map(({ start, end }) => spread.text.slice(start, end))).toEqual(spread.comments);
      expect(kinds(syntax.root)).toEqual(kinds(root));
      expect(difference(spread.text), spread.text).toBeUndefined();
    }
  });

  it('are all that lies between tokens', () => {
    for (const { text, tokens, comments } of [...suiteTrees, ...randomTrees(6, 1000)]) {
      let at = 0;
      for (const { start, end } of [...tokens, ...comments].sort((a, b) => a.start - b.start)) {
        expect(text.slice(at, start)).toMatch(/^[ \t\n\r\v]*$/);
        at = end;
      }
      expect(text.slice(at).trim()).toBe('');
    }
  });
});

describe('the span of a node', () => {
  it('holds the spans of its children in the order of the text, and its brackets', () => {
    for (const { text, root } of [...suiteTrees, ...randomTrees(7, 2000)]) {
      for (const node of nodesOf(root)) {
        let at = node.start;
        for (const child of childrenOf(node)) {
          expect(child.start).toBeGreaterThanOrEqual(at);
          expect(child.end).toBeLessThanOrEqual(node.end);
          at = child.end;
        }
        if ('open' in node) expect(['()', '[]', '{}', '||']).toContain(text.charAt(node.open) + text.charAt(node.close));
        if (node.kind === 'path') expect(node.dots.map((dot) => text.charAt(dot))).toEqual(node.steps.slice(1).map(() => '.'));
        expect(text.slice(node.start, node.end)).toBe(text.slice(node.start, node.end).trim());
      }
    }
  });

  it('is a text that parses to the same node by itself', () => {
    let slices = 0;
    for (const { text, root } of [...suiteTrees.filter(({ text }) => text.length < 2000), ...randomTrees(8, 1500)]) {
      for (const node of nodesOf(root)) {
        if (!isExpression(node)) continue;
        slices++;
        const alone = parseSyntax(text.slice(node.start, node.end)).root;
        expect(unlike(moved(alone, node.start), node, text.slice(node.start, node.end))).toBeUndefined();
      }
    }
    expect(slices).toBeGreaterThan(20_000);
  });
});

const kinds = (root: SyntaxNode): string[] => [...nodesOf(root)].map((node) => node.kind);

/** A copy of a node with all its offsets moved. */
function moved(value: unknown, by: number, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => moved(item, by, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, moved(item, by, name)]));
  }
  return typeof value === 'number' && key !== 'value' ? value + by : value;
}

const gaps = [' ', '\n', '\t', '\r\n', '  ', '\v'];
const remarks = ['/**/', '/* a */', '/*"*/', '/* // \n * b */', "/*'`*/", '/***/', '/* ) ] } */', '/*/ü👩‍🚀*/'];

/** The tokens of a text again, with other white space and comments between them; a gap that was there stays one. */
function spreadOut(random: Random, text: string, tokens: readonly Span[]): { text: string; comments: string[] } {
  const comments: string[] = [];
  let result = '';
  let previous = 0;
  for (const { start, end } of [...tokens, { start: text.length, end: text.length }]) {
    const parts = Array.from({ length: random.below(3) }, () => random.pick(random.chance(0.5) ? gaps : remarks));
    if (parts.length === 0 && start > previous) parts.push(random.pick(gaps));
    comments.push(...parts.filter((part) => part.startsWith('/')));
    result += parts.join('') + text.slice(start, end);
    previous = end;
  }
  return { text: result, comments };
}
