import { request } from 'undici';
import type { Headers, Message, NodeContext } from '../sdk.ts';
import { defineNode, MessageError, parseJson, RetriableError, z } from '../sdk.ts';
import { createAnswerCache } from './answer-cache.ts';
import { compileNodeExpression, textOf } from './expression.ts';
import {
  authFields,
  authHeaders,
  checkAuth,
  failureOf,
  headersField,
  headerValue,
  isBusy,
  parseUrl,
  readSome,
  refusalOf,
  shownUrl,
} from './http-call.ts';
import { outboundAgent } from './outbound.ts';

const config = z.object({
  url: z.string().min(1).meta({
    label: 'URL',
    help: 'JSONata expression. A plain address stands in quotes. Use $encodeUrlComponent for what may hold spaces or slashes.',
    widget: 'jsonata',
    placeholder: '"https://crm.example.com/customers/" & customer.id',
    group: 'Basics',
  }),
  field: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^.[\]]+(\.[^.[\]]+)*$/, 'write a field name, or names with dots between them')
    .default('lookup')
    .meta({
      label: 'Put the answer under',
      help: 'Field of the message; what stands there is replaced.',
      group: 'Basics',
      examples: ['customer.details'],
    }),
  pick: z
    .string()
    .default('')
    .meta({
      label: 'Part of the answer',
      help: 'JSONata expression over the answer. Empty: all of it.',
      widget: 'jsonata',
      group: 'Basics',
      examples: ['data[0].{ "name": name, "segment": segment }'],
    }),
  whenMissing: z
    .enum(['error', 'empty', 'leave'])
    .default('error')
    .meta({
      label: 'When there is nothing (404)',
      group: 'Basics',
      enumLabels: { error: 'The message fails', empty: 'The field becomes null', leave: 'The message goes on as it is' },
    }),
  headers: headersField,
  ...authFields,
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(5000)
    .meta({ label: 'Time limit', help: 'How long one call may take.', widget: 'duration', group: 'Delivery' }),
  cacheMs: z.number().int().min(0).max(86_400_000).default(60_000).meta({
    label: 'Keep answers for',
    help: 'The same address is not asked again for so long. 0 asks for every message.',
    widget: 'duration',
    group: 'Delivery',
  }),
  cacheEntries: z.number().int().min(1).max(100_000).default(1000).meta({
    label: 'Answers kept',
    help: 'The one that was not used for longest goes first. Together they take 16 MB at most.',
    group: 'Advanced',
  }),
  openInTry: z.boolean().default(false).meta({
    label: 'Everybody may call it in a Try',
    help: 'Developers and admins may anyway. It counts once a version with these settings is deployed.',
    group: 'Advanced',
  }),
});

type Config = z.output<typeof config>;
const code = 'http-lookup';

/** Most bytes of an answer. */
const answerBytes = 1024 * 1024;
const answerShown = 500;

/** What the other side said, as a recording of it holds it. */
interface Answer {
  status: number;
  /** Parsed JSON, else text; of a refusal the beginning of its text. */
  body: unknown;
}

/** HTTP lookup: asks a web address for each message and puts the answer into it. */
export default defineNode({
  type: 'http-lookup',
  version: 1,
  kind: 'transform',
  title: 'HTTP lookup',
  summary: 'Asks a web address for more about each message.',
  category: 'Web',
  look: 'enrich',
  icon: 'globe',
  keywords: ['enrich', 'get', 'rest', 'api', 'call', 'fetch', 'join', 'json', 'reference data'],
  docs: `Sends a GET request for each message and puts the answer, JSON or text, into a field of it. It only reads: a Try answers it from a recording, with a fixed value, or really.

| answer | then |
| --- | --- |
| 2xx | its content stands under the field |
| 404 | as *When there is nothing* says |
| 408, 425, 429, 5xx, no answer, time limit | the partition waits and asks again; \`Retry-After\` is kept |
| 3xx and every other 4xx | the message fails with \`http-lookup/<status>\` and the first ${answerShown} characters of the answer |

**Kept answers** are asked for again after the time you give, so a change on the other side shows at most so much later. Each running worker keeps its own. Errors are never kept.

**Order:** messages of a partition wait for each other, so a slow other side slows the flow down. Keep answers, or look things up where there are few messages.

Private, loopback and link-local addresses are refused (\`http-lookup/address-refused\`) unless an administrator allows them.

Other codes: \`http-lookup/url-invalid\`, \`http-lookup/header-invalid\`, \`http-lookup/not-an-object\` (the message has no fields), \`http-lookup/not-json\`, \`http-lookup/too-large\` (more than 1 MB), \`http-lookup/nothing\` (*Part of the answer* gives nothing); waited for: \`http-lookup/unreachable\`, \`http-lookup/timeout\`.`,
  config,
  check: checkAuth,
  openInTry: (config) => config.openInTry,
  create(config, context) {
    const build = callBuilder(config, context);
    const pick = config.pick.trim() === '' ? undefined : compileNodeExpression(config.pick, context, code);
    const path = config.field.split('.');
    const now = context.environment?.now ?? Date.now;
    const cache = createAnswerCache<Answer>({ entries: config.cacheEntries, characters: 8_000_000, ms: config.cacheMs, now });
    const agent = outboundAgent({
      allowPrivate: context.allowPrivate,
      connections: 16,
      connectTimeoutMs: Math.min(config.timeoutMs, 10_000),
    });
    const authorization = authHeaders(config, context);

    async function perform({ url, headers }: Call): Promise<Answer> {
      try {
        const signal = AbortSignal.timeout(config.timeoutMs);
        const answer = await request(url, { method: 'GET', headers: { ...headers, ...authorization }, dispatcher: agent, signal });
        const bytes = await readSome(answer.body, answerBytes + 1);
        const retryAfter = answer.headers['retry-after'];
        const { statusCode: status } = answer;
        if (bytes.length > answerBytes && status < 300)
          throw new MessageError(`${code}/too-large`, `The answer of ${shownUrl(url)} is larger than ${answerBytes / 1024 / 1024} MB.`);
        const text = bytes.toString('utf8');
        if (isBusy(status)) throw refusalOf(code, status, retryAfter, text.slice(0, answerShown));
        return { status, body: status < 300 ? contentOf(text, answer.headers['content-type']) : text.slice(0, answerShown) };
      } catch (error) {
        if (error instanceof MessageError || error instanceof RetriableError) throw error;
        throw failureOf(code, error, config.timeoutMs);
      }
    }

    function merged(message: Message, answer: Answer): Message {
      if (answer.status === 404) {
        if (config.whenMissing === 'leave') return message;
        if (config.whenMissing === 'empty') return { ...message, value: withField(message.value, path, null) };
      }
      if (answer.status < 200 || answer.status > 299) {
        throw refusalOf(code, answer.status, undefined, textOf(answer.body) ?? '');
      }
      const picked = pick ? pick({ ...message, value: answer.body }) : answer.body;
      if (picked === undefined || typeof picked === 'function')
        throw new MessageError(
          `${code}/nothing`,
          '“Part of the answer” gives nothing for this answer. Look at what came, or give it a default.',
        );
      return { ...message, value: withField(message.value, path, picked) };
    }

    return {
      process(message, emit) {
        requireObject(message.value);
        const call = build(message);
        const known = cache.get(call.key);
        if (known !== undefined) {
          emit(merged(message, known));
          return;
        }
        const { url, headers, key } = call;
        return context
          .call({ what: `GET ${shownUrl(url)}`, readsOnly: true, request: { method: 'GET', url: shownUrl(url), headers } }, () =>
            perform(call),
          )
          .then((answer) => {
            if (answer.status === 404 || answer.status < 300) cache.set(key, answer);
            emit(merged(message, answer));
          });
      },
      close: () => agent.close(),
    };
  },
});

interface Call {
  url: URL;
  /** Without those of signing in. */
  headers: Record<string, string>;
  /** Equal for calls that get equal answers. */
  key: string;
}

/** Compiles the expressions once; the function makes the call of one message and throws MessageError when it cannot. */
function callBuilder(config: Config, context: NodeContext): (message: Message) => Call {
  const url = compileNodeExpression(config.url, context, code);
  const headers = Object.entries(config.headers).map(([name, text]) => [name, compileNodeExpression(text, context, code)] as const);
  return (message) => {
    const sent: Headers & Record<string, string> = { accept: 'application/json, */*;q=0.5', 'user-agent': 'Millrace' };
    for (const [name, evaluate] of headers) {
      const value = textOf(evaluate(message));
      if (value !== null) sent[name.toLowerCase()] = headerValue(code, name, value);
    }
    const address = parseUrl(code, url(message));
    return { url: address, headers: sent, key: JSON.stringify([address.href, sent]) };
  };
}

/** JSON where it is, else text. @throws MessageError `http-lookup/not-json` */
function contentOf(text: string, type: unknown): unknown {
  try {
    return text === '' ? null : parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const isJson = typeof type === 'string' && /[/+]json\b/i.test(type);
    if (isJson) throw new MessageError(`${code}/not-json`, `The answer says that it is JSON and is not: ${error.message}.`);
    return text;
  }
}

function requireObject(value: unknown): asserts value is Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return;
  }
  throw new MessageError(
    `${code}/not-an-object`,
    'The message is not an object, so there is no field to put the answer under. Map it to an object before.',
  );
}

/** A copy with another value at a path; what is no object on the way is replaced by one. */
function withField(value: unknown, [name = '', ...rest]: readonly string[], content: unknown): Record<string, unknown> {
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  return {
    ...object,
    [name]: rest.length === 0 ? content : withField(Object.hasOwn(object, name) ? object[name] : undefined, rest, content),
  };
}
