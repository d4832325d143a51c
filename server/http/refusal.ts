import type { z } from 'zod';
import type { ProblemDetails } from '#shared/api.ts';
import type { Problem } from '#shared/problem.ts';
import { RetriableError } from '../sdk.ts';
import { StoreError, type StoreErrorCode } from '../store/store-error.ts';

/** A request that is answered with an error. `message` is the sentence the person or script gets. */
export class Refusal extends Error {
  readonly status: number;
  /** Lower case with slashes, stable, for scripts. */
  readonly code: string;
  readonly problems: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;
  /** With 412: the revision that stands. */
  readonly revision: number | undefined;
  constructor(
    status: number,
    code: string,
    message: string,
    more: { problems?: readonly Problem[]; headers?: Record<string, string>; revision?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.problems = more.problems ?? [];
    this.headers = more.headers ?? {};
    this.revision = more.revision;
  }
}

/** RFC 9110's phrases for the statuses that we send. */
const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Cannot be processed',
  428: 'Precondition required',
  429: 'Too many at once',
  500: 'Internal error',
  503: 'Not available',
  507: 'Out of space',
};

/** The body of an error answer (RFC 9457). Refusals without problems of their own get one of their code and sentence. */
export function problemDetails(refusal: Refusal): ProblemDetails & { revision?: number } {
  const own: Problem = { code: refusal.code, severity: 'error', message: refusal.message };
  return {
    type: `urn:millrace:${refusal.code.replaceAll('/', ':')}`,
    title: titles[refusal.status] ?? 'Error',
    status: refusal.status,
    detail: refusal.message,
    problems: refusal.problems.length > 0 ? [...refusal.problems] : [own],
    ...(refusal.revision !== undefined && { revision: refusal.revision }),
  };
}

const retryAfter = { 'retry-after': '5' };

const storeRefusals: Record<StoreErrorCode, { status: number; code: string; headers?: Record<string, string> }> = {
  invalid: { status: 400, code: 'request/invalid' },
  unknown: { status: 404, code: 'request/unknown' },
  exists: { status: 409, code: 'request/exists' },
  stale: { status: 412, code: 'request/stale' },
  full: { status: 507, code: 'store/full' },
  locked: { status: 503, code: 'store/locked', headers: retryAfter },
  unavailable: { status: 503, code: 'store/unavailable', headers: retryAfter },
  sealed: { status: 409, code: 'secret/sealed' },
  limit: { status: 409, code: 'request/limit' },
};

/**
 * Makes a refusal of anything thrown while a request was answered. What is nobody's refusal is a bug of ours: 500, and
 * nothing of its message leaves the server.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof StoreError) {
    const { status, code, headers } = storeRefusals[error.code];
    return new Refusal(status, code, error.message, { cause: error, revision: error.revision, ...(headers && { headers }) });
  }
  if (error instanceof RetriableError || (error instanceof Error && error.name === 'KafkaUnreachable')) {
    return new Refusal(503, 'kafka/unreachable', error.message, { headers: retryAfter, cause: error });
  }
  if (error instanceof Error && error.name === 'TrialBusy') {
    return new Refusal(503, 'try/busy', error.message, { headers: retryAfter, cause: error });
  }
  // Express's own: a path that does not decode.
  if (error instanceof Error && 'status' in error && error.status === 400) {
    return new Refusal(400, 'request/malformed', 'The request cannot be read: its path or headers are malformed.', { cause: error });
  }
  return new Refusal(500, 'server/bug', 'Something went wrong inside Millrace. The log of the server says what.', { cause: error });
}

/** Errors of the language are bugs; the runtime speaks to people with plain errors. */
const bugs = [TypeError, RangeError, ReferenceError, SyntaxError, EvalError, URIError];

/** Runs something of the runtime; its plain errors are sentences for people and become 409 with this code. */
export async function asked<T>(code: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const known = refusalOf(error);
    if (known.status !== 500 || !(error instanceof Error) || bugs.some((bug) => error instanceof bug)) throw error;
    throw new Refusal(409, code, error.message, { cause: error });
  }
}

/** The 400 of a request that its schema does not take: one problem per place. */
export function invalid(where: 'body' | 'query', issues: readonly z.core.$ZodIssue[]): Refusal {
  const problems = issues.map((issue): Problem => {
    const field = issue.path.map(String).join('.');
    const place = field === '' ? (where === 'body' ? 'The body' : 'The query') : field;
    return { code: `${where}/invalid`, severity: 'error', message: `${place}: ${issue.message}.`, ...(field !== '' && { field }) };
  });
  return new Refusal(400, `${where}/invalid`, problems.map((problem) => problem.message).join(' '), { problems });
}
