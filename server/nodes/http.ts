import { createHash } from 'node:crypto';
import { type Dispatcher, request } from 'undici';
import type { Message, NodeContext, SinkMessage, WriteOutcome } from '../sdk.ts';
import { defineNode, MessageError, parseJson, RetriableError, stringifyJson, z } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';
import {
  authFields,
  authHeaders,
  checkAuth,
  failureOf,
  headersField,
  headerValue,
  parseUrl,
  readSome,
  refusalOf,
  shownUrl,
} from './http-call.ts';
import { limiter, writeInLanes } from './lanes.ts';
import { outboundAgent } from './outbound.ts';

const config = z.object({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST').meta({ label: 'Method', group: 'Basics' }),
  url: z.string().min(1).meta({
    label: 'URL',
    help: 'JSONata expression. A plain address stands in quotes.',
    widget: 'jsonata',
    placeholder: '"https://crm.example.com/customers/" & customer.id',
    group: 'Basics',
  }),
  body: z
    .string()
    .default('')
    .meta({
      label: 'Body',
      help: 'JSONata expression. Empty: the message as it is. Text is sent as text, anything else as JSON.',
      widget: 'jsonata',
      placeholder: '{ "name": customer.first & " " & customer.last }',
      group: 'Basics',
      showWhen: { field: 'method', is: ['POST', 'PUT', 'PATCH', 'DELETE'] },
    }),
  headers: headersField,
  ...authFields,
  idempotency: z
    .enum(['header', 'upsert', 'none'])
    .default('header')
    .meta({
      label: 'When a message is sent twice',
      help: 'After a crash the last messages are sent again. Say what the other side does with them.',
      group: 'Delivery',
      enumLabels: {
        header: 'It knows the idempotency key and answers as before',
        upsert: 'It writes the same record again (PUT by id)',
        none: 'It acts twice',
      },
    }),
  idempotencyHeader: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    .default('Idempotency-Key')
    .meta({
      label: 'Idempotency header',
      help: 'Carries a name of the message that is the same each time it is sent.',
      group: 'Delivery',
      showWhen: { field: 'idempotency', is: ['header'] },
    }),
  successStatuses: z
    .string()
    .default('200-299')
    .meta({
      label: 'Success',
      help: 'Answers that count as delivered: statuses and ranges, separated by commas.',
      group: 'Delivery',
      examples: ['200-299, 409'],
    }),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(300_000)
    .default(10_000)
    .meta({ label: 'Time limit', help: 'How long one call may take.', widget: 'duration', group: 'Delivery' }),
  concurrency: z.number().int().min(1).max(64).default(4).meta({
    label: 'Calls at a time',
    help: 'Messages of one key are still sent one after the other.',
    group: 'Delivery',
  }),
  followRedirects: z
    .boolean()
    .default(false)
    .meta({ label: 'Follow redirects', help: 'At most five, only to addresses that calls may reach.', group: 'Advanced' }),
});

type Config = z.output<typeof config>;

/** How much of an answer is read; the rest is cut off. */
const answerBytes = 64 * 1024;
const answerShown = 500;

/** HTTP sink: one call for each message, in order within a key. */
export default defineNode({
  type: 'http',
  version: 1,
  kind: 'sink',
  title: 'HTTP',
  summary: 'Calls a web address for each message.',
  category: 'Web',
  icon: 'arrow-right-left',
  keywords: ['rest', 'api', 'webhook', 'post', 'call', 'json'],
  docs: `Sends each message to a web address. Messages of one key are sent one after the other, and none overtakes one that has to wait.

| answer | then |
| --- | --- |
| 2xx (or as *Success* says) | delivered |
| 408, 425, 429, 5xx, no answer, time limit | the message waits and is sent again; \`Retry-After\` is kept |
| 3xx, unless followed, and every other 4xx | the message fails with \`http/<status>\` and the first ${answerShown} characters of the answer |

Private, loopback and link-local addresses are refused (\`http/address-refused\`) unless an administrator allows them; the check is made on the address that the connection really goes to.

Other codes: \`http/url-invalid\`, \`http/header-invalid\`, \`http/body-invalid\`, \`http/too-many-redirects\`; waited for: \`http/unreachable\`, \`http/timeout\`, \`http/stopping\`.`,
  config,
  guarantee: { field: 'idempotency', cases: { header: 'idempotency-key', upsert: 'upsert' }, otherwise: 'none' },
  check(config) {
    const problems = checkAuth(config);
    if (!parseStatuses(config.successStatuses))
      problems.push({ field: 'successStatuses', message: 'Write statuses such as 200-299 or 200, 204, 409.' });
    return problems;
  },
  prepare(config, context) {
    const build = requestBuilder(config, context);
    return (message) => {
      const { url, options } = build(message);
      const shown = shownUrl(url);
      const { method, headers, body } = options;
      return {
        what: `${method} ${shown}`,
        data: { method, url: shown, headers, ...(body !== null && { body: bodyShown(body, headers) }) },
      };
    };
  },
  create(config, context) {
    const succeeds = parseStatuses(config.successStatuses);
    if (!succeeds) throw new Error(`“${config.successStatuses}” is not a list of statuses such as 200-299, 409.`);
    const build = requestBuilder(config, context);
    const agent = outboundAgent({
      allowPrivate: context.allowPrivate,
      connections: config.concurrency,
      connectTimeoutMs: Math.min(config.timeoutMs, 10_000),
    });

    // Partitions are written side by side; the limit is for all of them, and the time limit counts from the call itself.
    const inTurn = limiter(config.concurrency);

    async function send(message: SinkMessage, signal: AbortSignal): Promise<WriteOutcome> {
      if (signal.aborted) return new RetriableError('http/stopping', 'The stage is stopping; the call was not made.');
      const limit = AbortSignal.timeout(config.timeoutMs);
      try {
        let call = build(message);
        for (let hop = 0; ; hop++) {
          const answer = await request(call.url, { ...call.options, dispatcher: agent, signal: AbortSignal.any([signal, limit]) });
          if (succeeds?.(answer.statusCode)) {
            // The status says that it is delivered, whatever becomes of the rest of the answer.
            await answer.body.dump({ limit: answerBytes }).catch(() => undefined);
            return undefined;
          }
          const location = answer.headers.location;
          if (!config.followRedirects || typeof location !== 'string' || !redirects.includes(answer.statusCode))
            return await refusal(answer);
          await answer.body.dump({ limit: answerBytes });
          if (hop === 5) return new MessageError('http/too-many-redirects', `${call.url.origin} redirects more than five times.`);
          call = redirected(call, answer.statusCode, location);
        }
      } catch (error) {
        if (error instanceof MessageError) return error;
        return failure(error, signal, config);
      }
    }

    return {
      async write(batch, signal) {
        const outcomes = await writeInLanes(batch.messages, {
          concurrency: config.concurrency,
          stopsAll: holdsUpAll,
          write: (message) => inTurn(() => send(message, signal)),
        });
        return outcomes.some((outcome) => outcome !== undefined) ? outcomes : undefined;
      },
      close: () => agent.close(),
    };
  },
});

const redirects = [301, 302, 303, 307, 308];

interface Call {
  url: URL;
  options: { method: Dispatcher.HttpMethod; headers: Record<string, string>; body: string | Uint8Array | null };
}

/** Compiles the expressions once; the function makes the call of one message and throws MessageError when it cannot. */
function requestBuilder(config: Config, context: NodeContext): (message: SinkMessage) => Call {
  const url = compileNodeExpression(config.url, context, 'http');
  const body = config.body.trim() === '' ? (message: Message) => message.value : compileNodeExpression(config.body, context, 'http');
  const headers = Object.entries(config.headers).map(([name, text]) => [name, compileNodeExpression(text, context, 'http')] as const);
  const authorization = authHeaders(config, context);
  return (message) => {
    const sent: Record<string, string> = { accept: 'application/json, */*;q=0.5', 'user-agent': 'Millrace' };
    const trace = message.headers.traceparent;
    if (typeof trace === 'string') sent.traceparent = trace;
    for (const [name, evaluate] of headers) {
      const value = textOf(evaluate(message));
      if (value !== null) sent[name.toLowerCase()] = headerValue('http', name, value);
    }
    if (config.idempotency === 'header') sent[config.idempotencyHeader.toLowerCase()] = idempotencyKey(message, context);
    const payload = config.method === 'GET' ? null : encode(body(message));
    if (payload && sent['content-type'] === undefined) sent['content-type'] = payload.type;
    return {
      url: parseUrl('http', url(message)),
      options: { method: config.method, headers: { ...sent, ...authorization }, body: payload?.bytes ?? null },
    };
  };
}

/** JSON as data, which is easier to compare; other text as it is, bytes as base64. */
function bodyShown(body: string | Uint8Array, headers: Record<string, string>): unknown {
  if (typeof body !== 'string') return { base64: Buffer.from(body).toString('base64') };
  // A header of the config may call any text JSON.
  return headers['content-type'] === 'application/json' && /^\s*[[{]/.test(body) ? parseJson(body) : body;
}

/**
 * The same at every delivery of the message, and of no other: two sinks may call one application, and a topic that was
 * made anew counts from 0 again, which the message's own time tells apart.
 */
function idempotencyKey(message: SinkMessage, context: NodeContext): string {
  const key = `${context.flow}/${context.node}/${message.id}@${message.timestamp}`;
  // Applications take 255 characters as a rule; topic names alone may have 249.
  return key.length <= 200 ? key : createHash('sha256').update(key).digest('hex');
}

function encode(value: unknown): { bytes: string | Uint8Array; type: string } | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return { bytes: value, type: 'application/octet-stream' };
  if (typeof value === 'string') return { bytes: value, type: 'text/plain; charset=utf-8' };
  const json = stringifyJson(value);
  if (json === undefined) throw new MessageError('http/body-invalid', 'The body expression gives something that JSON cannot hold.');
  return { bytes: json, type: 'application/json' };
}

/** The call that a redirect asks for (RFC 9110, 15.4): 303 becomes GET; credentials stay with the origin they are for. */
function redirected(call: Call, status: number, location: string): Call {
  if (!URL.canParse(location, call.url.href))
    throw new MessageError(
      'http/url-invalid',
      `${call.url.origin} redirects to ${JSON.stringify(location.slice(0, 200))}, which is not an address.`,
    );
  const url = parseUrl('http', new URL(location, call.url.href).href);
  const asGet = status === 303 || ((status === 301 || status === 302) && call.options.method === 'POST');
  const { 'content-type': type, ...rest } = call.options.headers;
  const kept = asGet || type === undefined ? rest : { ...rest, 'content-type': type };
  // Which header holds a key only the config knows, so to another origin go none but the harmless ones.
  const headers =
    url.origin === call.url.origin ? kept : Object.fromEntries(Object.entries(kept).filter(([name]) => harmless.includes(name)));
  return { url, options: { method: asGet ? 'GET' : call.options.method, headers, body: asGet ? null : call.options.body } };
}
const harmless = ['accept', 'user-agent', 'content-type', 'idempotency-key', 'traceparent'];

/** The outcome of an answer that is not a success. */
async function refusal(answer: Dispatcher.ResponseData): Promise<WriteOutcome> {
  const text = (await readSome(answer.body, answerBytes)).toString('utf8').slice(0, answerShown);
  return refusalOf('http', answer.statusCode, answer.headers['retry-after'], text);
}

function failure(error: unknown, signal: AbortSignal, config: Config): WriteOutcome {
  // Whatever it was: the message comes again.
  if (signal.aborted) return new RetriableError('http/stopping', 'The stage is stopping; whether the call arrived is not known.');
  return failureOf('http', error, config.timeoutMs);
}

/** A busy or unreachable other side concerns every message, not only those of one key. */
function holdsUpAll(error: RetriableError): boolean {
  return error.code === 'http/429' || error.code === 'http/unreachable' || error.code === 'http/stopping' || error.afterMs !== undefined;
}

/** `200-299, 409` as a test; undefined when the text is not such a list. */
export function parseStatuses(text: string): ((status: number) => boolean) | undefined {
  const ranges: [number, number][] = [];
  for (const part of text.split(',')) {
    const match = /^\s*([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?\s*$/.exec(part);
    if (!match) return undefined;
    ranges.push([Number(match[1]), Number(match[2] ?? match[1])]);
  }
  return (status) => ranges.some(([from, to]) => status >= from && status <= to);
}
