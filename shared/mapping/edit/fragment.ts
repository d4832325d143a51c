import { ExpressionError } from '../../jsonata/error.ts';
import { pathOfNodes } from '../../jsonata/syntax/locate.ts';
import { parseSyntax } from '../../jsonata/syntax/parse.ts';
import { type Expression, isExpression, type Span, type SyntaxNode } from '../../jsonata/syntax/tree.ts';
import { type OpenView, problemOf } from '../view.ts';
import { type Edited, edited, type Refusal, refused, type Splice } from './edit.ts';

/** A text that is an expression by itself. */
export interface Fragment {
  code: string;
  root: Expression;
}

/** Reads what was typed or generated for a place in a mapping. */
export function fragmentOf(code: string): { ok: true; fragment: Fragment } | { ok: false; refusal: Refusal } {
  try {
    return { ok: true, fragment: { code, root: parseSyntax(code).root } };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refused('syntax', error.sentence, problemOf(code, error));
  }
}

/** What kind of place a node stands in: one that takes any expression, or one in which some need brackets. */
export type Place = 'free' | 'branch' | 'test' | 'operand' | 'step';

/** The place of the outermost node that has a span; nothing where no node has it. */
export function placeOf(view: OpenView, span: Span): Place | undefined {
  const path = pathOfNodes(view.syntax, span.start);
  const at = path.findIndex((node) => node.start === span.start && node.end === span.end && isExpression(node));
  const node = path[at];
  return node === undefined ? undefined : placeIn(path[at - 1], node);
}

function placeIn(parent: SyntaxNode | undefined, node: SyntaxNode): Place {
  switch (parent?.kind) {
    case 'condition':
      if (node === parent.then) return 'branch';
      return node === parent.condition ? 'test' : 'free';
    case 'default':
    case 'coalesce':
      return node === parent.right ? 'free' : 'operand';
    case 'binary':
    case 'apply':
    case 'minus':
      return 'operand';
    case 'path':
      return 'step';
    case 'filter':
      return node === parent.condition ? 'free' : 'step';
    case 'keep':
    case 'group':
    case 'sort':
    case 'focus':
    case 'index':
      return 'step';
    case 'call':
    case 'partial':
      return node === parent.callee ? 'step' : 'free';
    default:
      return 'free';
  }
}

const steps = new Set(['name', 'variable', 'call', 'block', 'object', 'parent', 'wildcard']);
const operands = new Set([...steps, 'string', 'number', 'value', 'regex', 'array', 'path', 'filter', 'keep', 'group']);

/** The text of an expression as it may stand in a place: with brackets where it needs them. */
export function codeFor({ code, root }: Fragment, place: Place): string {
  const fits = {
    free: true,
    // A condition without its other branch would take the colon that follows, and a default the question mark.
    branch: !takes(':', root),
    test: !takes('?', root),
    operand: operands.has(root.kind),
    step: steps.has(root.kind),
  };
  return fits[place] ? code : `(${code})`;
}

/** Whether an expression would take a sign that follows it as its own. */
function takes(sign: ':' | '?', node: Expression): boolean {
  switch (node.kind) {
    case 'condition':
      return sign === '?' || node.otherwise === undefined || takes(sign, node.otherwise);
    case 'default':
    case 'coalesce':
      return sign === '?' || takes(sign, node.right);
    case 'binary':
    case 'apply':
      return takes(sign, node.right);
    case 'bind':
      return sign === '?' || takes(sign, node.value);
    case 'minus':
      return takes(sign, node.operand);
    default:
      return false;
  }
}

/**
 * Puts an expression in the place of the node that has a span; brackets are added where the place needs them.
 * All else stays as it is. Serves any chip as well as whole rules.
 */
export function replacePart(view: OpenView, span: Span, code: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  const place = placeOf(view, span);
  if (place === undefined) return refused('row', 'There is no expression of its own at that place.');
  const insert = codeFor(read.fragment, place);
  return edited(view.text, leastSplices(view.text, span, insert), [wholeOf(read.fragment, insert, span.start)]);
}

/** Where the new text embeds the old one, only what stands around it is put in. */
function leastSplices(text: string, span: Span, insert: string): Splice[] {
  const old = text.slice(span.start, span.end);
  const at = old === '' ? -1 : insert.indexOf(old);
  if (at < 0) return [{ ...span, insert }];
  return wrapSpan(span, insert.slice(0, at), insert.slice(at + old.length)).filter((splice) => splice.insert !== '');
}

/** Where an inserted expression must be found again; remarks around it do not belong to it. */
export function wholeOf({ code, root }: Fragment, insert: string, at: number): Span {
  return insert === code ? { start: at + root.start, end: at + root.end } : { start: at, end: at + insert.length };
}

/** Puts text directly before and after a span, without touching it. */
export function wrapSpan(span: Span, before: string, after: string): Splice[] {
  return [
    { start: span.start, end: span.start, insert: before },
    { start: span.end, end: span.end, insert: after },
  ];
}
