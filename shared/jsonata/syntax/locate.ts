import type { Token } from './lexer.ts';
import type { Syntax } from './parse.ts';
import { childrenOf, type Span, type SyntaxNode } from './tree.ts';

/**
 * The nodes that hold the character at an offset, from the root to the innermost; empty where the offset is outside
 * the root. At the end of the text the last character counts.
 */
export function pathOfNodes(syntax: Syntax, offset: number): SyntaxNode[] {
  const at = offset === syntax.text.length ? offset - 1 : offset;
  const path: SyntaxNode[] = [];
  for (let next: SyntaxNode | undefined = within(syntax.root, at) ? syntax.root : undefined; next !== undefined; ) {
    path.push(next);
    next = childrenOf(next).find((child) => within(child, at));
  }
  return path;
}

/** The innermost node that holds the character at an offset; nothing outside the root. */
export function nodeAt(syntax: Syntax, offset: number): SyntaxNode | undefined {
  return pathOfNodes(syntax, offset).at(-1);
}

/** The comments directly before a node: those after the last token that stands before it. */
export function commentsBefore(syntax: Syntax, node: Span): Span[] {
  const previous = tokenBefore(syntax, node.start)?.end ?? 0;
  const first = firstWith(syntax.comments, (comment) => comment.start >= previous);
  return syntax.comments.slice(
    first,
    firstWith(syntax.comments, (comment) => comment.start >= node.start),
  );
}

/** The last token that ends at or before an offset. */
export function tokenBefore(syntax: Syntax, offset: number): Token | undefined {
  return syntax.tokens[firstWith(syntax.tokens, (token) => token.end > offset) - 1];
}

/** The first token that starts at or after an offset: after the end of an item, its comma or the closing bracket. */
export function tokenAfter(syntax: Syntax, offset: number): Token | undefined {
  return syntax.tokens[firstWith(syntax.tokens, (token) => token.start >= offset)];
}

const within = (span: Span, at: number): boolean => span.start <= at && at < span.end;

/** The index of the first item of a sorted list that passes; the length when none does. */
function firstWith<T>(sorted: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(sorted[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
