import { parse } from '../jsonata/ast.ts';
import { ExpressionError } from '../jsonata/error.ts';
import { compileExact, type ExactRun, outward } from '../jsonata/exact.ts';
import { messageLimits } from '../jsonata/limits.ts';
import { parseSyntax } from '../jsonata/syntax/parse.ts';
import { probed, type Replacements } from './preview/probe.ts';
import { type Noted, recorderFor, type Seen } from './preview/recorder.ts';
import { countInto, outcomeOf, type RowCount, type RowOutcome, type RowReport, reportsOf, textOf } from './preview/report.ts';
import { rowsOfFailure, rowsOfResult } from './preview/result-rows.ts';
import { slicesOf } from './preview/slices.ts';
import { projectRoot } from './project/rule.ts';
import { type OpenView, ruleAt, ruleById } from './view.ts';

/** A message as the mapping sees it: its value, and the names beside it without their dollar sign. */
export interface PreviewMessage {
  value: unknown;
  bindings: Readonly<Record<string, unknown>>;
}

/** How a message fared: `nothing` where no row failed and the mapping gave nothing all the same. */
export type MessageOutcome = 'passed' | 'failed' | 'nothing';

/** What a mapping made of one message. */
export interface MessagePreview {
  outcome: MessageOutcome;
  /** As JSON text; where rows failed, what the others made. */
  result?: string;
  rows: RowReport[];
}

/** A mapping ready to be looked at message by message; it remembers nothing of them. */
export interface Previewer {
  /** What the rows of the mapping make of a message: right as far as the rows agree with the whole, which {@link Previewer.preview} makes sure of. */
  look(message: PreviewMessage): MessagePreview;
  /** What the engine makes of a message within the bounds of a flow, and what every row adds to it. */
  preview(message: PreviewMessage): MessagePreview;
  /** Adds what the rows make of a message to the counts, by rule id. */
  count(message: PreviewMessage, counts: Map<string, RowCount>): MessageOutcome;
}

/** Rows that fail where that cannot be caught in their place are found one after the other. */
const mostRounds = 10;
/** What gives another value each time. */
const changing = /\$(?:now|millis|random|shuffle|eval)\b/;

/** A mapping as far as it is looked at: a view of it is more than that. */
export type Rows = Pick<OpenView, 'text' | 'root' | 'syntax'>;

/** The rows of a text, without what they read; nothing for a text that is no expression. */
export function rowsIn(text: string): Rows | undefined {
  try {
    const syntax = parseSyntax(text);
    return { text, syntax, root: projectRoot(syntax) };
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** The rows of a slice of a mapping, ready to be looked at; nothing where they cannot be. */
type Slice = (message: PreviewMessage) => Seen | undefined;

/** What was compiled of the slices of the last mapping, by text. Belongs to one editor of one mapping. */
export type KnownSlices = Map<string, Slice>;

/** What rows made of a message, as they report it. Valid until the next one is looked at. */
interface Looked {
  value: unknown;
  /** Made in one evaluation, with one budget. */
  atOnce: boolean;
  failed: boolean;
  /** Whether the evaluation came to its end in a row, because the budget was used up. */
  ended: boolean;
  reports(): RowReport[];
  countInto(counts: Map<string, RowCount>): void;
}

/**
 * Prepares a mapping to be looked at. Never throws: a mapping that cannot be compiled fails for every message.
 * @param known for who looks at many texts of one mapping, one after the other: the slices of the last, of which those that
 * have not changed are taken; they are replaced by those of this one. Without it the mapping is looked at as a whole
 */
export function previewer(view: Rows, known?: KnownSlices): Previewer {
  let whole: ExactRun | ExpressionError | undefined;
  const rows = rowsOf(view);
  const slices = known && knownSlices(view, known);
  const looked = (message: PreviewMessage): Looked | undefined => {
    const found = slices === undefined || Array.isArray(message.value) ? undefined : together(view, slices, message);
    if (found !== undefined) return found;
    const seen = rows(message);
    return (
      seen && {
        value: seen.value,
        atOnce: true,
        failed: seen.failed,
        ended: seen.recorder.ended(),
        reports: () => reportsOf(seen),
        countInto: (counts) => countInto(counts, seen),
      }
    );
  };
  const evaluate = ({ value, bindings }: PreviewMessage): Noted => {
    whole ??= compiled(view.text, messageLimits);
    const run = whole;
    return run instanceof ExpressionError ? { error: run } : attempt(() => run(value, { ...bindings }));
  };
  const checked = (message: PreviewMessage, seen: Looked | undefined): MessagePreview => {
    const made = evaluate(message);
    if ('error' in made) {
      if (seen === undefined || !seen.failed) return { outcome: 'failed', rows: rowsOfFailure(view, made.error) };
      const result = textOf(seen.value);
      return { outcome: 'failed', ...(result === undefined ? {} : { result }), rows: seen.reports() };
    }
    const result = textOf(made.value);
    const outcome = result === undefined ? 'nothing' : 'passed';
    // Should a row not be what it is in the whole, then only what can be read from the whole is shown.
    const agree = seen !== undefined && !seen.failed && (changing.test(view.text) || textOf(seen.value) === result);
    const reports = agree ? seen.reports() : rowsOfResult(view, made.value);
    return { outcome, ...(result === undefined ? {} : { result }), rows: reports };
  };
  return {
    look(message) {
      const seen = looked(message);
      if (seen === undefined) return checked(message, seen);
      const result = textOf(seen.value);
      const outcome = seen.failed ? 'failed' : result === undefined ? 'nothing' : 'passed';
      return { outcome, ...(result === undefined ? {} : { result }), rows: seen.reports() };
    },
    preview: (message) => checked(message, looked(message)),
    count(message, counts) {
      const seen = looked(message);
      if (seen && !seen.ended && (seen.failed || seen.atOnce)) {
        seen.countInto(counts);
        return seen.failed ? 'failed' : outcomeFor(seen.value);
      }
      // Probes take steps too, and slices have a budget each: whether it is enough, only the whole can tell.
      const made = evaluate(message);
      if (!seen?.ended || 'error' in made) seen?.countInto(counts);
      return 'error' in made ? 'failed' : outcomeFor(made.value);
    },
  };
}

const outcomeFor = (value: unknown): MessageOutcome => (value === undefined || typeof value === 'function' ? 'nothing' : 'passed');

/** The slices of a mapping, with what is compiled of them already; nothing where it has none, or one of them is no mapping. */
function knownSlices(view: Rows, known: KnownSlices): Slice[] | undefined {
  const texts = slicesOf(view);
  const made = texts?.map((text): [string, Slice | undefined] => {
    const before = known.get(text);
    if (before !== undefined) return [text, before];
    const rows = rowsIn(text);
    return [text, rows && rowsOf(rows)];
  });
  known.clear();
  const slices = made?.flatMap(([text, slice]) => {
    if (slice === undefined) return [];
    known.set(text, slice);
    return [slice];
  });
  return slices !== undefined && slices.length === texts?.length ? slices : undefined;
}

/** What the rows of all slices make of a message. Those of variables report in each slice, and are told once. */
function together({ root }: Rows, slices: readonly Slice[], message: PreviewMessage): Looked | undefined {
  const all: Seen[] = [];
  for (const slice of slices) {
    const seen = slice(message);
    if (seen === undefined || (!seen.failed && !isObject(seen.value))) return undefined;
    all.push(seen);
  }
  const value = Object.fromEntries(all.flatMap((seen) => (isObject(seen.value) ? Object.entries(seen.value) : [])));
  return {
    value,
    atOnce: false,
    failed: all.some(({ failed }) => failed),
    ended: all.some(({ recorder }) => recorder.ended()),
    reports() {
      const told = new Map<string, RowReport>();
      for (const seen of all) for (const report of reportsOf(seen)) if (!told.has(report.rule)) told.set(report.rule, report);
      const whole = told.get(root.id);
      // The root of a mapping with variables reports what each slice made.
      if (whole?.results.length === 1) whole.results = [{ at: [], result: outcomeOf({ value }) }];
      return [...told.values()];
    },
    countInto(counts) {
      const told = new Set<string>();
      for (const seen of all) countInto(counts, seen, told);
    },
  };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rows of a mapping, reporting; nothing where they cannot, because the whole cannot be evaluated either. */
function rowsOf(view: Rows): (message: PreviewMessage) => Seen | undefined {
  const known = new Map<string, ReturnType<typeof probedWith>>();
  const withHoles = (holes: ReadonlyMap<string, ExpressionError>) => {
    const key = [...holes.keys()].join('\n');
    const made = known.get(key) ?? probedWith(view, new Map([...holes.keys()].map((rule) => [rule, 'null'])));
    known.set(key, made);
    return made;
  };
  return (message) => {
    const holes = new Map<string, ExpressionError>();
    for (let round = 0; round <= mostRounds; round++) {
      const { expression, recorder, probed: text } = withHoles(holes);
      if (expression instanceof ExpressionError) return undefined;
      recorder.clear();
      const made = attempt(() => expression(message.value, { ...message.bindings, ...recorder.bindings }));
      if ('value' in made) {
        const failed = holes.size > 0 || recorder.failed();
        return { value: made.value, failed, probes: text.probes, loops: text.loops, recorder, holes };
      }
      // What was seen until the budget was used up is there, and the row in which it was.
      if (recorder.ended()) return { value: undefined, failed: true, probes: text.probes, loops: text.loops, recorder, holes };
      // A position stands behind the token that it is about.
      const position = made.error.position;
      const row = position === undefined ? undefined : ruleAt(view, Math.max(0, text.origin(position) - 1));
      if (row === undefined || holes.has(row.id)) return undefined;
      holes.set(row.id, made.error);
    }
    return undefined;
  };
}

function probedWith(view: Rows, replacements: Replacements) {
  const text = probed(view, replacements);
  return { probed: text, recorder: recorderFor(text), expression: compiled(text.text, messageLimits) };
}

/**
 * What an expression would give in the place of a row, or at the root where no row is named: with the item, variables and
 * helpers that it would see there. `items` chooses the items of the loops around it; nothing where the place is not reached.
 */
export function evaluateIn(
  view: Rows | undefined,
  rule: string | undefined,
  code: string,
  message: PreviewMessage,
  items: ReadonlyMap<string, number> = new Map(),
): RowOutcome {
  const alone = compiled(code, messageLimits);
  if (alone instanceof ExpressionError) return outcomeOf({ error: alone });
  if (view === undefined || rule === undefined || ruleById(view, rule) === undefined) {
    return outcomeOf(attempt(() => alone(message.value, { ...message.bindings })));
  }
  const { probed: text, recorder, expression } = probedWith(view, new Map([[rule, code]]));
  if (expression instanceof ExpressionError) return outcomeOf({ error: expression });
  const made = attempt(() => expression(message.value, { ...message.bindings, ...recorder.bindings }));
  let found: Noted | undefined;
  recorder.each((probe, at, noted) => {
    const { rule: of, loops } = text.probes[probe] ?? { rule: '', loops: [] };
    if (of === rule && loops.every((loop, i) => (items.get(loop) ?? 0) === at[i])) found = noted;
  });
  return outcomeOf(found ?? ('error' in made ? made : { value: undefined }));
}

/** On the exact back end alone, without what only generated code needs: a text lives until the next keystroke. */
function compiled(text: string, limits: typeof messageLimits): ExactRun | ExpressionError {
  try {
    return compileExact(text, parse(text), { limits });
  } catch (error) {
    const known = outward(error, text);
    if (known instanceof ExpressionError) return known;
    throw known;
  }
}

function attempt(evaluate: () => unknown): Noted {
  try {
    return { value: evaluate() };
  } catch (error) {
    if (error instanceof ExpressionError) return { error };
    throw error;
  }
}
