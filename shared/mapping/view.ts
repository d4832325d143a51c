import { ExpressionError } from '../jsonata/error.ts';
import { parseSyntax, type Syntax } from '../jsonata/syntax/parse.ts';
import type { Span } from '../jsonata/syntax/tree.ts';
import { codeIn } from './chip.ts';
import { type Line, linesOf, type Use } from './lines.ts';
import { projectRoot } from './project/rule.ts';
import { allRules, chipsOf, type Rule, rulesIn } from './rule.ts';

/** A mapping as rows. All spans are offsets into `text`. */
export interface OpenView {
  ok: true;
  text: string;
  root: Rule;
  comments: Span[];
  /** What each row reads, in the order of the rows. */
  lines: Line[];
  /** Which rows name which variables and helpers. */
  uses: Use[];
  syntax: Syntax;
}

/** A text that is no expression (yet): keep showing the last good view. */
export interface FailedView {
  ok: false;
  text: string;
  problem: ViewProblem;
}

/** Why a text cannot be shown; `position` is an offset, line and column count from 1. */
export interface ViewProblem {
  code: string;
  message: string;
  position: number;
  line: number;
  column: number;
}

export type View = OpenView | FailedView;

/** The rows of a mapping. Never throws: a text that does not parse gives a failed view, a blank one too (code S0207). */
export function viewOf(text: string): View {
  let syntax: Syntax;
  try {
    syntax = parseSyntax(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, text, problem: problemOf(text, error) };
  }
  const root = projectRoot(syntax);
  return { ok: true, text, root, comments: syntax.comments, ...linesOf(root, syntax.root), syntax };
}

/** An error of a parser as data. */
export function problemOf(text: string, error: ExpressionError): ViewProblem {
  const position = Math.min(error.position ?? 0, text.length);
  const before = text.slice(0, position).split('\n');
  const message = error.sentence;
  return { code: error.code, message, position, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The rule with an id. */
export function ruleById(view: Pick<OpenView, 'root'>, id: string): Rule | undefined {
  for (const rule of allRules(view.root)) if (rule.id === id) return rule;
  return undefined;
}

/** The rules from the root to the one with an id; empty where there is none. */
export function pathToRule(view: OpenView, id: string): Rule[] {
  const path: Rule[] = [];
  const search = (rule: Rule): boolean => {
    path.push(rule);
    if (rule.id === id || rulesIn(rule).some(search)) return true;
    path.pop();
    return false;
  };
  search(view.root);
  return path;
}

/** The innermost rule whose text holds an offset: the row of an error, or of the cursor. */
export function ruleAt(view: Pick<OpenView, 'root'>, offset: number): Rule | undefined {
  let found: Rule | undefined;
  for (const rule of allRules(view.root)) if (rule.span.start <= offset && offset < rule.span.end) found = rule;
  return found;
}

/** Why a row is not wholly drawn, as words that follow "it"; nothing where it is. Rows below it do not count. */
export function opaqueReason(rule: Rule): string | undefined {
  for (const chip of chipsOf(rule)) {
    const found = codeIn(chip);
    if (found !== undefined) return found.reason;
  }
  return undefined;
}
