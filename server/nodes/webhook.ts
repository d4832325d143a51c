import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Headers, HookRequest, HookResponse, Message, NodeContext, Position, SourceContext, SourceEvent } from '../sdk.ts';
import { defineNode, MessageError, parseJson, z } from '../sdk.ts';
import { eventWindow } from './event-window.ts';
import { compileNodeExpression, textOf } from './expression.ts';

const config = z.object({
  path: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9_~-][A-Za-z0-9_.~-]*(\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*$/, 'write it without a leading slash, such as shop/orders')
    .meta({ label: 'Path', help: 'The address is <this server>/hooks/<path>.', placeholder: 'shop/orders', group: 'Basics' }),
  method: z.enum(['POST', 'PUT']).default('POST').meta({ label: 'Method', group: 'Basics' }),
  format: z
    .enum(['json', 'text', 'bytes'])
    .default('json')
    .meta({
      label: 'Bodies are',
      group: 'Basics',
      enumLabels: { json: 'JSON', text: 'Text', bytes: 'Raw bytes' },
    }),
  key: z.string().default('').meta({
    label: 'Key',
    help: 'JSONata expression over the body. Messages of one key keep their order.',
    widget: 'jsonata',
    placeholder: 'customer.id',
    group: 'Basics',
  }),
  signature: z
    .enum(['none', 'hmac-sha256'])
    .default('none')
    .meta({
      label: 'Signature',
      help: 'Without one, whoever knows the address can post.',
      group: 'Signature',
      enumLabels: { none: 'None', 'hmac-sha256': 'HMAC-SHA256 of the body' },
    }),
  secret: z
    .string()
    .default('')
    .meta({
      label: 'Secret',
      help: 'Name of the stored secret.',
      widget: 'secret',
      group: 'Signature',
      showWhen: { field: 'signature', is: ['hmac-sha256'] },
    }),
  previousSecret: z
    .string()
    .default('')
    .meta({
      label: 'Previous secret',
      help: 'Also accepted, for the time in which the sender changes over.',
      widget: 'secret',
      group: 'Signature',
      showWhen: { field: 'signature', is: ['hmac-sha256'] },
    }),
  signatureHeader: z
    .string()
    .min(1)
    .default('X-Signature')
    .meta({
      label: 'Header',
      group: 'Signature',
      examples: ['X-Hub-Signature-256', 'X-Shopify-Hmac-Sha256'],
      showWhen: { field: 'signature', is: ['hmac-sha256'] },
    }),
  signatureEncoding: z
    .enum(['hex', 'base64'])
    .default('hex')
    .meta({ label: 'Encoding', group: 'Signature', showWhen: { field: 'signature', is: ['hmac-sha256'] } }),
  signaturePrefix: z
    .string()
    .default('')
    .meta({
      label: 'Prefix',
      help: 'What stands before the signature in the header.',
      placeholder: 'sha256=',
      group: 'Signature',
      showWhen: { field: 'signature', is: ['hmac-sha256'] },
    }),
  eventId: z
    .enum(['none', 'header', 'expression'])
    .default('none')
    .meta({
      label: 'Event id',
      help: 'Senders repeat an event when an answer is lost. By its id it is taken once.',
      group: 'Repeated events',
      enumLabels: { none: 'None', header: 'In a header', expression: 'In the body' },
    }),
  eventIdHeader: z
    .string()
    .min(1)
    .default('X-Event-Id')
    .meta({
      label: 'Header',
      group: 'Repeated events',
      examples: ['X-Shopify-Webhook-Id'],
      showWhen: { field: 'eventId', is: ['header'] },
    }),
  eventIdExpression: z
    .string()
    .default('')
    .meta({
      label: 'Expression',
      widget: 'jsonata',
      placeholder: 'id',
      group: 'Repeated events',
      showWhen: { field: 'eventId', is: ['expression'] },
    }),
  windowMinutes: z
    .number()
    .int()
    .min(1)
    .max(10_080)
    .default(60)
    .meta({
      label: 'Remember for',
      help: 'Minutes in which the same id counts as a repetition.',
      group: 'Repeated events',
      showWhen: { field: 'eventId', is: ['header', 'expression'] },
    }),
  maxBytes: z
    .number()
    .int()
    .min(1)
    .max(20 * 1024 * 1024)
    .default(512 * 1024)
    .meta({ label: 'Largest body', help: 'Bytes; a larger one is answered 413.', group: 'Limits' }),
  rejectMalformed: z
    .boolean()
    .default(false)
    .meta({
      label: 'Refuse what is not JSON',
      help: 'Answered 400. Otherwise it is accepted and becomes a dead letter with its bytes.',
      group: 'Limits',
      showWhen: { field: 'format', is: ['json'] },
    }),
});

type Config = z.output<typeof config>;

/** The header that carries the sender's event id into the topic, from which the window is rebuilt at a start. */
const eventIdHeader = 'millrace-event-id';

/** Webhook source: answers 200 only when the event is durable. */
export default defineNode({
  type: 'webhook',
  version: 1,
  kind: 'source',
  title: 'Webhook',
  summary: 'Takes events that another system posts.',
  category: 'Web',
  icon: 'webhook',
  keywords: ['http', 'post', 'hook', 'receive', 'api', 'push'],
  docs: `Answers \`200 {"accepted": true, "position": "topic/partition/offset"}\` after the event is durable, so that a sender who repeats what was not answered loses nothing. The body is kept byte for byte.

| answer | when |
| --- | --- |
| 200 \`{"duplicate": true}\` | an event of the same id was taken before |
| 400 | not JSON, and *Refuse what is not JSON* is on |
| 401 | the signature is missing or wrong |
| 405 · 413 | other method · body too large |
| 503 | the event could not be made durable; send it again |

Refusals are counted by reason: \`signature\`, \`malformed\`, \`too-large\`, \`method\`, \`duplicate\`, \`unavailable\`.`,
  config,
  unique: { field: 'path', what: 'webhook path' },
  format: (config) => config.format,
  hook: (config) => ({ method: config.method, path: config.path, maxBytes: config.maxBytes }),
  check(config) {
    const problems: { field: string; message: string; severity?: 'warning' }[] = [];
    if (config.signature !== 'none' && config.secret === '')
      problems.push({ field: 'secret', message: 'Name the secret that signatures are made with.' });
    if (config.signature === 'none')
      problems.push({ field: 'signature', message: 'Without a signature whoever knows the address can post.', severity: 'warning' });
    if (config.eventId === 'expression' && config.eventIdExpression.trim() === '')
      problems.push({ field: 'eventIdExpression', message: 'Write the expression that finds the id.' });
    return problems;
  },
  event(config, context) {
    const read = eventReader(config, context);
    return (body) => read({ method: config.method, path: config.path, query: {}, headers: {}, body }).event;
  },
  async create(config, context) {
    const isSigned = signatureCheck(config, context);
    const read = eventReader(config, context);
    const window = eventWindow(config.windowMinutes * 60_000);
    if (config.eventId !== 'none') {
      for await (const event of context.recall(Date.now() - config.windowMinutes * 60_000)) {
        const id = event.headers[eventIdHeader];
        if (typeof id === 'string') window.remember(id, event.timestamp);
      }
    }

    const refuse = (status: number, reason: string, error: string, headers: Record<string, string> = {}): HookResponse => {
      context.refused(reason);
      return json(status, { error }, headers);
    };

    return {
      async handle(request, emit) {
        if (request.method !== config.method)
          return refuse(405, 'method', `This webhook takes ${config.method}.`, { allow: config.method });
        if (request.body.length > config.maxBytes)
          return refuse(413, 'too-large', `The body has ${request.body.length} bytes; ${config.maxBytes} are allowed.`);
        if (!isSigned(request)) return refuse(401, 'signature', `The signature in ${config.signatureHeader} is missing or wrong.`);
        const { event, id, malformed } = read(request);
        if (malformed && config.rejectMalformed) return refuse(400, 'malformed', 'The body is not JSON.');
        const produce = () => emit(event);
        try {
          const position = id ? await window.once(id, produce) : await produce();
          if (position) return json(200, { accepted: true, position: formatPosition(position) });
          context.refused('duplicate');
          return json(200, { duplicate: true });
        } catch (error) {
          context.log.error('An event could not be made durable; the sender was told to send it again.', { error: String(error) });
          return refuse(503, 'unavailable', 'The event could not be stored. Send it again.', { 'retry-after': '5' });
        }
      },
    };
  },
});

/** What a request becomes: the event with its key and headers, and the sender's id of it. */
function eventReader(
  config: Config,
  context: NodeContext,
): (request: HookRequest) => { event: SourceEvent; id: string | null; malformed: boolean } {
  const compile = (text: string) => (text.trim() === '' ? undefined : compileNodeExpression(text, context, 'webhook'));
  const key = compile(config.key);
  const idOf = config.eventId === 'expression' ? compile(config.eventIdExpression) : undefined;
  return (request) => {
    const message = asMessage(request, config);
    const text = (find: ((message: Message) => unknown) | undefined) => (find && message ? textOr(find, message, context) : null);
    const id = config.eventId === 'header' ? (request.headers[config.eventIdHeader.toLowerCase()] ?? null) : text(idOf);
    const headers: Headers = {
      ...(request.headers.traceparent ? { traceparent: request.headers.traceparent } : {}),
      ...(id ? { [eventIdHeader]: id } : {}),
    };
    return { event: { key: text(key), value: request.body, headers }, id, malformed: message === undefined };
  };
}

/** Compares in constant time, so that the answer does not tell how much of a guess was right. */
function signatureCheck(config: Config, context: SourceContext): (request: HookRequest) => boolean {
  if (config.signature === 'none') return () => true;
  const secrets = [config.secret, config.previousSecret].filter((name) => name !== '').map((name) => context.secret(name));
  const name = config.signatureHeader.toLowerCase();
  return (request) => {
    const header = request.headers[name]?.trim();
    if (!header?.startsWith(config.signaturePrefix)) return false;
    const text = header.slice(config.signaturePrefix.length);
    // The texts are compared, not the bytes: decoding would let other spellings of the signature through.
    const given = Buffer.from(config.signatureEncoding === 'hex' ? text.toLowerCase() : text);
    let right = false;
    for (const secret of secrets) {
      const expected = Buffer.from(createHmac('sha256', secret).update(request.body).digest(config.signatureEncoding));
      if (given.length === expected.length && timingSafeEqual(given, expected)) right = true;
    }
    return right;
  };
}

/** The request as the message that it becomes; undefined when its body is not what the config says. */
function asMessage(request: HookRequest, config: Config): Message | undefined {
  let value: unknown = request.body;
  if (config.format !== 'bytes') {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(request.body);
      value = config.format === 'json' ? parseJson(text) : text;
    } catch {
      return undefined;
    }
  }
  return { key: null, value, headers: request.headers, timestamp: Date.now(), origin: { topic: '', partition: 0, offset: '0' } };
}

/** An expression that fails on this event must not lose it: it goes in without key or id, and the log says so. */
function textOr(find: (message: Message) => unknown, message: Message, context: NodeContext): string | null {
  try {
    return textOf(find(message));
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    context.log.warn('The key or event id of an event could not be found; it was taken without.', { error: error.message });
    return null;
  }
}

function json(status: number, body: object, headers: Record<string, string> = {}): HookResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: JSON.stringify(body) };
}

function formatPosition({ topic, partition, offset }: Position): string {
  return `${topic}/${partition}/${offset}`;
}
