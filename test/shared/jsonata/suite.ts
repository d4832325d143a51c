import { readFileSync } from 'node:fs';

/** One case of the language's conformance suite; exactly one of the last four says what must come out. */
export interface SuiteCase {
  name: string;
  expr: string;
  data?: unknown;
  /** A named data set as input; null for none. */
  dataset?: string | null;
  bindings?: Record<string, unknown>;
  timelimit?: number;
  depth?: number;
  result?: unknown;
  undefinedResult?: boolean;
  code?: string;
  token?: string;
  error?: Record<string, unknown>;
}

interface Suite {
  datasets: Record<string, unknown>;
  groups: Record<string, SuiteCase[]>;
}

/** The cases, as they came with the language's own tests (MIT, see the licence beside them). */
export const suite = JSON.parse(readFileSync(new URL('./suite/cases.json', import.meta.url), 'utf8')) as Suite;

/** A fresh copy of the input of a case. */
export function inputOf(one: SuiteCase): unknown {
  if ('data' in one) return structuredClone(one.data);
  return one.dataset == null ? undefined : structuredClone(suite.datasets[one.dataset]);
}

/** Equal as the suite means it: arrays by index, objects by enumerable keys, NaN equals NaN, -0 differs from 0. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** Runs a case with an evaluator and says in what it differs, or nothing when it holds. */
export function judge(one: SuiteCase, evaluate: (one: SuiteCase, input: unknown) => unknown): string | undefined {
  let value: unknown;
  try {
    value = evaluate(one, inputOf(one));
  } catch (error) {
    return judgeError(one, error as Record<string, unknown>);
  }
  if ('result' in one) return sameValue(value, one.result) ? undefined : `gave ${show(value)} for ${show(one.result)}`;
  if (one.undefinedResult) return value === undefined ? undefined : `gave ${show(value)} for nothing`;
  return `gave ${show(value)} for an error ${one.code ?? show(one.error)}`;
}

function judgeError(one: SuiteCase, error: Record<string, unknown>): string | undefined {
  const wanted: Record<string, unknown> = one.error ?? (one.code === undefined ? {} : { code: one.code });
  const expected = one.error !== undefined || one.code !== undefined;
  if (!expected) return `threw ${show(error.code ?? (error.stack as string))} ${String(error.message)}`;
  for (const [key, want] of Object.entries(wanted)) {
    if (!sameValue(error[key], want)) return `error's ${key} is ${show(error[key])} for ${show(want)}`;
  }
  if (one.token !== undefined && error.token !== one.token) return `error's token is ${show(error.token)} for ${one.token}`;
  return undefined;
}

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 300);
