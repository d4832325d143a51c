import { STATUS_CODES } from 'node:http';
import { type Dispatcher, errors } from 'undici';
import { MessageError, type NodeContext, RetriableError, z } from '../sdk.ts';
import { AddressRefused } from './outbound.ts';

/** What the nodes that call web addresses share. `prefix` is the first part of their codes, by custom the node's type. */

/** Config fields of signing in. */
export const authFields = {
  auth: z
    .enum(['none', 'bearer', 'basic', 'header'])
    .default('none')
    .meta({
      label: 'Sign-in',
      group: 'Sign-in',
      enumLabels: { none: 'None', bearer: 'Bearer token', basic: 'User and password', header: 'Key in a header' },
    }),
  authSecret: z
    .string()
    .default('')
    .meta({
      label: 'Secret',
      help: 'Name of the stored token, password or key.',
      widget: 'secret',
      group: 'Sign-in',
      showWhen: { field: 'auth', is: ['bearer', 'basic', 'header'] },
    }),
  authUser: z
    .string()
    .default('')
    .meta({ label: 'User', group: 'Sign-in', showWhen: { field: 'auth', is: ['basic'] } }),
  authHeader: z
    .string()
    .default('X-Api-Key')
    .meta({ label: 'Header', group: 'Sign-in', showWhen: { field: 'auth', is: ['header'] } }),
};

interface AuthConfig {
  auth: 'none' | 'bearer' | 'basic' | 'header';
  authSecret: string;
  authUser: string;
  authHeader: string;
}

/** Config field of headers beside those of signing in. */
export const headersField = z
  .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'use letters, digits and dashes'), z.string().min(1))
  .default({})
  .meta({
    label: 'Headers',
    help: 'Header name and the JSONata expression of its value. Keep passwords and keys out of here: they belong under Sign-in.',
    widget: 'headers',
    group: 'Basics',
    examples: [{ 'X-Source': '"web shop"' }],
  });

/** Problems of the fields of signing in, for the type's `check`. */
export function checkAuth(config: AuthConfig): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  if (config.auth !== 'none' && config.authSecret === '')
    problems.push({ field: 'authSecret', message: 'Name the secret to sign in with.' });
  if (config.auth === 'basic' && config.authUser === '') problems.push({ field: 'authUser', message: 'Name the user to sign in as.' });
  return problems;
}

/** The header that signs in. @throws Error when the secret is missing or cannot stand in a header */
export function authHeaders(config: AuthConfig, context: NodeContext): Record<string, string> {
  if (config.auth === 'none') return {};
  const secret = context.secret(config.authSecret);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(secret)) {
    throw new Error(
      `The secret ${config.authSecret} holds a line break or another character that a header cannot carry. Store it again without.`,
    );
  }
  if (config.auth === 'bearer') return { authorization: `Bearer ${secret}` };
  if (config.auth === 'basic') return { authorization: `Basic ${Buffer.from(`${config.authUser}:${secret}`).toString('base64')}` };
  return { [config.authHeader.toLowerCase()]: secret };
}

/** The address that an expression gave. @throws MessageError `<prefix>/url-invalid` */
export function parseUrl(prefix: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new MessageError(
      `${prefix}/url-invalid`,
      `The URL expression gives ${JSON.stringify(value)?.slice(0, 200)}, which is not an http or https address.`,
    );
  }
  return url;
}

/** The address for people: without a password. */
export function shownUrl(url: URL): string {
  if (url.password === '') return url.href;
  const shown = new URL(url.href);
  shown.password = '***';
  return shown.href;
}

/** @throws MessageError `<prefix>/header-invalid` */
export function headerValue(prefix: string, name: string, value: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new MessageError(`${prefix}/header-invalid`, `The header ${name} would hold characters that a header cannot carry.`, {
      header: name,
    });
  }
  return value;
}

/** The beginning of a body as bytes; a longer one is not read to its end. */
export async function readSome(body: Dispatcher.ResponseData['body'], bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

/** Whether an answer means that the other side is not ready: the same call may succeed later. */
export function isBusy(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Answers of a busy side that say that the call was not worked on (RFC 9110; 425 is RFC 8470, 429 is RFC 6585). */
const refused = new Set([425, 429, 503]);

/** The error of an answer that is not a success; `text` is the beginning of its body. */
export function refusalOf(prefix: string, status: number, retryAfter: unknown, text: string): MessageError | RetriableError {
  const code = `${prefix}/${status}`;
  const sentence = `The other side answered ${status} ${STATUS_CODES[status] ?? 'unknown'}${text === '' ? '' : `: ${text}`}`;
  if (isBusy(status)) return new RetriableError(code, sentence, { afterMs: afterMs(retryAfter), unsure: !refused.has(status) });
  return new MessageError(code, sentence, { status, answer: text });
}

/** Retry-After in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3). At most a day. */
function afterMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

/** What became of a call that got no answer. @throws whatever is a bug */
export function failureOf(prefix: string, error: unknown, timeoutMs: number): MessageError | RetriableError {
  const cause = rootCause(error);
  if (cause instanceof AddressRefused) return new MessageError(`${prefix}/address-refused`, cause.message);
  if (cause instanceof errors.InvalidArgumentError)
    return new MessageError(`${prefix}/header-invalid`, `The call cannot be made: ${cause.message}.`);
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return new RetriableError(`${prefix}/timeout`, `No answer within ${timeoutMs} ms.`, { cause, unsure: true });
  }
  if (cause instanceof TypeError || cause instanceof RangeError || cause instanceof ReferenceError) throw error;
  const text = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : String(cause);
  return new RetriableError(`${prefix}/unreachable`, `The other side cannot be reached: ${text}.`, { cause, unsure: !neverSent(cause) });
}

/** Errors of making the connection: nothing of the call has left. */
function neverSent(cause: unknown): boolean {
  if (cause instanceof errors.ConnectTimeoutError) return true;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'].includes(code);
}

function rootCause(error: unknown): unknown {
  if (error instanceof AddressRefused) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}
