import type { Node } from '../ast.ts';
import { compileParser } from '../json/parser.ts';
import { isCopied, type Projection, projectionOf } from '../json/projection.ts';
import { readsBeside } from '../reads.ts';
import { compileWritten, type FastOptions } from './compile.ts';
import { copiesIn } from './copies.ts';

/** An expression from JSON text to JSON text. */
export interface TextExpression {
  /**
   * The part of the message that the expression asks for; only {@link TextExpression.evaluate} can make sense of it.
   * @throws SyntaxError for text that is not JSON
   */
  parse(text: string, utf8?: Uint8Array): unknown;
  /** The JSON text of the value for what `parse` gave; undefined for nothing. @throws LEAVE, or anything else, as generated code does */
  evaluate(input: unknown, bindings: Record<string, unknown> | undefined): string | undefined;
  usesRun: boolean;
}

/**
 * Generates code that parses no more of a text than the expression reads, copies as text what it only copies, and
 * writes its output without building it. Undefined where that is not covered.
 */
export function compileText(ast: Node, options: FastOptions, outside: (name: string) => boolean): TextExpression | undefined {
  const { projection, copied } = planOf(ast, outside);
  const parse = compileParser(projection);
  const made = parse && compileWritten(ast, options, copied);
  return parse && made && { parse, evaluate: made.evaluate as TextExpression['evaluate'], usesRun: made.usesRun };
}

/** What to parse, and which nodes of the tree find their value as text. A place that is looked at anywhere is parsed. */
function planOf(ast: Node, outside: (name: string) => boolean): { projection: Projection; copied: Set<Node> } {
  const copied = copiesIn(ast);
  for (;;) {
    const places = new Map([...copied].map((node) => [node, new Set<string>()]));
    const reads = readsBeside(ast, places, outside);
    if (reads === 'everything') return { projection: { take: 'whole' }, copied: new Set() };
    const paths = new Map([...places].map(([node, found]) => [node, [...found].map((place) => JSON.parse(place) as string[])]));
    const projection = projectionOf(reads, [...paths.values()].flat());
    const kept = [...paths].filter(([, found]) => found.length > 0 && found.every((path) => isCopied(projection, path)));
    if (kept.length === copied.size) return { projection, copied };
    for (const node of [...copied]) if (!kept.some(([other]) => other === node)) copied.delete(node);
  }
}
