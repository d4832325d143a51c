import { ExpressionError } from '../error.ts';
import { pathOfNodes, tokenBefore } from './locate.ts';
import { parseSyntax } from './parse.ts';
import { isExpression } from './tree.ts';

/**
 * The smallest sub-expression that an error is about: `x + "y"` for the position behind its `+`. An error's position is
 * the END of the token at fault: of the operator, of a call's `(`, of a whole name or literal. For a range the text of
 * `from..to`. Where the text cannot be parsed, the line of the position, without the white space around it; where
 * there is no token before the position, the whole text.
 */
export function subExpression(text: string, position: number): string {
  let syntax: ReturnType<typeof parseSyntax>;
  try {
    syntax = parseSyntax(text);
  } catch (error) {
    if (error instanceof ExpressionError) return lineAt(text, position);
    throw error;
  }
  const token = tokenBefore(syntax, position);
  if (token === undefined) return text.trim();
  const node = pathOfNodes(syntax, token.start).findLast((one) => isExpression(one) || one.kind === 'range') ?? syntax.root;
  return text.slice(node.start, node.end);
}

function lineAt(text: string, position: number): string {
  const at = Math.max(0, Math.min(position, text.length) - 1);
  const start = text.slice(0, at).lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', at);
  return text.slice(start, end < 0 ? text.length : end).trim();
}
