import type { Node } from '../ast.ts';
import { compileParser } from '../json/parser.ts';
import { isCopied, type Projection, projectionOf } from '../json/projection.ts';
import { readsBeside } from '../reads.ts';
import { compileWritten, type EvaluateText, type FastOptions } from './compile.ts';
import { copiesIn } from './copies.ts';
import { NotGiven } from './written.ts';

/**
 * Generates code that parses no more of a text than the expression reads, copies as text what it only copies, and
 * writes its output without building it. Undefined where that is not covered.
 */
export function compileText(
  ast: Node,
  options: FastOptions,
  outside: (name: string) => boolean,
  again: EvaluateText,
): EvaluateText | undefined {
  const copied = copiesIn(ast);
  for (;;) {
    const parse = compileParser(projectionFor(ast, copied, outside));
    if (parse === undefined) return undefined;
    try {
      return compileWritten(ast, options, copied, parse, again)?.evaluate;
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      copied.delete(error.node);
    }
  }
}

/** What to parse. A place that is looked at anywhere is parsed, so what would be copied from there is taken out of `copied`. */
function projectionFor(ast: Node, copied: Set<Node>, outside: (name: string) => boolean): Projection {
  for (;;) {
    const places = new Map([...copied].map((node) => [node, new Set<string>()]));
    const reads = readsBeside(ast, places, outside);
    if (reads === 'everything') {
      copied.clear();
      return { take: 'whole' };
    }
    const paths = new Map([...places].map(([node, found]) => [node, [...found].map((place) => JSON.parse(place) as string[])]));
    const projection = projectionOf(reads, [...paths.values()].flat());
    const before = copied.size;
    for (const [node, found] of paths) {
      if (found.length === 0 || !found.every((path) => isCopied(projection, path))) copied.delete(node);
    }
    if (copied.size === before) return projection;
  }
}
