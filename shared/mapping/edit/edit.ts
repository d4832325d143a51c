import { parse } from '../../jsonata/ast.ts';
import { ExpressionError } from '../../jsonata/error.ts';
import { pathOfNodes } from '../../jsonata/syntax/locate.ts';
import type { Span } from '../../jsonata/syntax/tree.ts';
import { type OpenView, problemOf, type ViewProblem, viewOf } from '../view.ts';

/** A piece of the text and what takes its place. */
export interface Splice extends Span {
  insert: string;
}

/** Why a gesture was not done. */
export interface Refusal {
  code:
    | 'syntax' // what was typed is no expression
    | 'result' // the text would not parse, or would mean something else: a bug of the gesture
    | 'row' // no row has that id, or it is of the wrong kind for the gesture
    | 'name' // the name is taken, or is none
    | 'used' // a variable that something uses
    | 'ambiguous'; // the gesture could mean several places
  /** One plain sentence. */
  message: string;
  /** Where the problem is in what was typed (`syntax`) or in the text that would have come out (`result`). */
  problem?: ViewProblem;
}

/** What a gesture did: the new text, its view, and the splices of the OLD text that lead there, in their order. */
export type Edited = { ok: true; text: string; splices: Splice[]; view: OpenView } | { ok: false; refusal: Refusal };

export function refused(code: Refusal['code'], message: string, problem?: ViewProblem): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, message, ...(problem ? { problem } : {}) } };
}

/** The text with its splices done. @throws Error when two of them overlap */
export function spliced(text: string, splices: readonly Splice[]): string {
  let done = '';
  let at = 0;
  for (const { start, end, insert } of inOrder(splices)) {
    if (start < at) throw new Error('Two splices of one gesture overlap.');
    done += text.slice(at, start) + insert;
    at = end;
  }
  return done + text.slice(at);
}

const inOrder = (splices: readonly Splice[]): Splice[] => [...splices].sort((a, b) => a.start - b.start || a.end - b.end);

/**
 * Does the splices and judges the result with the language's own parser: a text that does not parse is refused.
 * @param whole pieces of the new text that must be whole expressions in it, so that nothing typed takes its surroundings apart
 */
export function edited(text: string, splices: readonly Splice[], whole: readonly Span[] = []): Edited {
  const ordered = inOrder(splices);
  const result = spliced(text, ordered);
  try {
    parse(result);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return refused('result', `The mapping would not be readable any more: ${error.sentence}`, problemOf(result, error));
  }
  const view = viewOf(result);
  if (!view.ok) return refused('result', `The mapping would not be readable any more: ${view.problem.message}`, view.problem);
  const broken = whole.find(({ start, end }) => !pathOfNodes(view.syntax, start).some((node) => node.start === start && node.end === end));
  if (broken !== undefined) return refused('result', 'The rule would be read together with what stands around it.');
  return { ok: true, text: result, splices: ordered, view };
}

/** The one splice between what two texts have in common at their beginning and at their end; none for equal texts. */
export function splicesBetween(from: string, to: string): Splice[] {
  if (from === to) return [];
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start++;
  let end = 0;
  while (end < Math.min(from.length, to.length) - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return [{ start, end: from.length - end, insert: to.slice(start, to.length - end) }];
}
