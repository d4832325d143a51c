import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import webhook from '#server/nodes/webhook.ts';
import type { EmitEvent, HookRequest, SourceEvent } from '#server/sdk.ts';
import { type Recalled, sourceContext } from './node-bench.ts';

/** A topic that keeps what is emitted, as Kafka would. */
function topic(events: SourceEvent[] = []): { events: SourceEvent[]; emit: EmitEvent } {
  return {
    events,
    async emit(event) {
      events.push(event);
      return { topic: 'millrace.shop.hook', partition: 2, offset: String(events.length - 1) };
    },
  };
}

function post(body: string | Uint8Array, headers: Record<string, string> = {}, method = 'POST'): HookRequest {
  return { method, path: 'shop/orders', query: {}, headers, body: typeof body === 'string' ? new TextEncoder().encode(body) : body };
}

async function hookOf(config: Record<string, unknown>, given: Parameters<typeof sourceContext>[0] = {}) {
  const context = sourceContext(given);
  const source = await webhook.create(webhook.config.parse({ path: 'shop/orders', ...config }), context);
  const handle = async (request: HookRequest, emit: EmitEvent) => {
    const response = await source.handle?.(request, emit);
    return { status: response?.status, headers: response?.headers, body: JSON.parse(response?.body ?? 'null') };
  };
  return { handle, context };
}

describe('webhook source', () => {
  it('answers 200 only after the event is durable, with its position', async () => {
    const { handle } = await hookOf({ key: 'customer.id' });
    const { events, emit } = topic();
    let release: () => void = () => undefined;
    const durable = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answered = false;
    const answer = handle(post('{"customer":{"id":7},"n":9007199254740993}', { traceparent: '00-a-b-01' }), async (event) => {
      await durable;
      return emit(event);
    }).then((response) => {
      answered = true;
      return response;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    release();
    expect(await answer).toMatchObject({ status: 200, body: { accepted: true, position: 'millrace.shop.hook/2/0' } });
    expect(events).toEqual([
      { key: '7', value: new TextEncoder().encode('{"customer":{"id":7},"n":9007199254740993}'), headers: { traceparent: '00-a-b-01' } },
    ]);
  });

  it('tells the sender to come again when the event cannot be made durable', async () => {
    const { handle, context } = await hookOf({});
    expect(await handle(post('{}'), () => Promise.reject(new Error('no broker')))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
    });
    expect(context.refusals).toEqual(['unavailable']);
  });

  const sign = (secret: string, body: string, encoding: 'hex' | 'base64') => createHmac('sha256', secret).update(body).digest(encoding);

  it.each([
    ['hex', '', 'X-Signature'],
    ['hex', 'sha256=', 'X-Hub-Signature-256'],
    ['base64', '', 'X-Shopify-Hmac-Sha256'],
  ] as const)('takes a right %s signature with the prefix “%s” and refuses any other', async (encoding, prefix, header) => {
    const config = {
      signature: 'hmac-sha256',
      secret: 'shop',
      previousSecret: 'old',
      signatureHeader: header,
      signatureEncoding: encoding,
      signaturePrefix: prefix,
    };
    const { handle, context } = await hookOf(config, { secrets: { shop: 's3cret', old: 'before' } });
    const { events, emit } = topic();
    const name = header.toLowerCase();
    const body = '{ "a" : 1 }';
    const right = prefix + sign('s3cret', body, encoding);
    expect((await handle(post(body, { [name]: right }), emit)).status).toBe(200);
    expect((await handle(post(body, { [name]: prefix + sign('before', body, encoding) }), emit)).status).toBe(200);
    const wrong = [
      post(body, {}),
      post(body, { [name]: '' }),
      post(body, { [name]: prefix + sign('other', body, encoding) }),
      post(body, { [name]: right.slice(0, -2) }),
      post(body, { [name]: `${right}00` }),
      post('{"a":1}', { [name]: right }),
      ...(prefix === '' ? [] : [post(body, { [name]: sign('s3cret', body, encoding) })]),
    ];
    for (const request of wrong) expect((await handle(request, emit)).status).toBe(401);
    expect(events).toHaveLength(2);
    expect(context.refusals).toEqual(wrong.map(() => 'signature'));
  });

  it('takes what is not JSON with its bytes, unless it is told to refuse it', async () => {
    const { events, emit } = topic();
    const bytes = new Uint8Array([123, 255, 0]);
    const open = await hookOf({ key: 'id' });
    expect((await open.handle(post(bytes), emit)).status).toBe(200);
    expect(events).toEqual([{ key: null, value: bytes, headers: {} }]);
    const strict = await hookOf({ rejectMalformed: true });
    expect((await strict.handle(post(bytes), emit)).status).toBe(400);
    expect(strict.context.refusals).toEqual(['malformed']);
    expect(events).toHaveLength(1);
  });

  it('refuses other methods and bodies that are too large', async () => {
    const { handle, context } = await hookOf({ maxBytes: 10 });
    const { events, emit } = topic();
    expect(await handle(post('{}', {}, 'GET'), emit)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect((await handle(post('"12345678"'), emit)).status).toBe(200);
    expect((await handle(post('"123456789"'), emit)).status).toBe(413);
    expect(events).toHaveLength(1);
    expect(context.refusals).toEqual(['method', 'too-large']);
  });

  it.each([
    ['a header', { eventId: 'header', eventIdHeader: 'X-Event-Id' }, (id: string) => post('{}', { 'x-event-id': id })],
    ['the body', { eventId: 'expression', eventIdExpression: 'event.id' }, (id: string) => post(`{"event":{"id":"${id}"}}`)],
  ])('takes an event once whose id is in %s', async (_, config, request) => {
    const { handle, context } = await hookOf(config);
    const { events, emit } = topic();
    expect((await handle(request('e1'), emit)).body).toEqual({ accepted: true, position: 'millrace.shop.hook/2/0' });
    expect(await handle(request('e1'), emit)).toMatchObject({ status: 200, body: { duplicate: true } });
    expect((await handle(request('e2'), emit)).body).toMatchObject({ accepted: true });
    expect(events.map(({ headers }) => headers)).toEqual([{ 'millrace-event-id': 'e1' }, { 'millrace-event-id': 'e2' }]);
    expect(context.refusals).toEqual(['duplicate']);
  });

  it('lets repetitions that come at once wait for the first, and one of them try again when it fails', async () => {
    const { handle } = await hookOf({ eventId: 'header' });
    const { events, emit } = topic();
    let attempts = 0;
    const flaky: EmitEvent = async (event) => {
      attempts++;
      await new Promise((resolve) => setImmediate(resolve));
      if (attempts === 1) throw new Error('no broker');
      return emit(event);
    };
    const answers = await Promise.all([1, 2, 3, 4].map(() => handle(post('{}', { 'x-event-id': 'e1' }), flaky)));
    expect(answers.map(({ status, body }) => (status === 503 ? 'failed' : body.duplicate ? 'duplicate' : 'accepted'))).toEqual([
      'failed',
      'accepted',
      'duplicate',
      'duplicate',
    ]);
    expect([attempts, events.length]).toEqual([2, 1]);
  });

  it('remembers after a restart what stands in its topic, and forgets what is older than the window', async () => {
    const seen = (id: string, minutesAgo: number): Recalled => ({
      key: null,
      headers: { 'millrace-event-id': id },
      timestamp: Date.now() - minutesAgo * 60_000,
    });
    const { handle } = await hookOf({ eventId: 'header', windowMinutes: 10 }, { topic: [seen('old', 11), seen('young', 9)] });
    const { emit } = topic();
    expect((await handle(post('{}', { 'x-event-id': 'young' }), emit)).body).toEqual({ duplicate: true });
    expect((await handle(post('{}', { 'x-event-id': 'old' }), emit)).body).toMatchObject({ accepted: true });
  });

  it('takes an event without an id, and one whose key cannot be found, rather than lose it', async () => {
    const { handle, context } = await hookOf({ eventId: 'header', key: '$number(id)' });
    const { events, emit } = topic();
    expect((await handle(post('{"id":"x"}'), emit)).status).toBe(200);
    expect((await handle(post('{"id":"5"}'), emit)).status).toBe(200);
    expect(events.map(({ key }) => key)).toEqual([null, '5']);
    expect(context.lines).toHaveLength(1);
  });

  it('claims its path with its method and size, and refuses a path that is none', () => {
    const config = webhook.config.parse({ path: 'shop/orders', method: 'PUT', maxBytes: 5 });
    expect(webhook.hook?.(config)).toEqual({ method: 'PUT', path: 'shop/orders', maxBytes: 5 });
    for (const path of ['', '/shop', 'shop/', '../x', 'a//b', 'a b']) expect(webhook.config.safeParse({ path }).success).toBe(false);
    expect(webhook.check?.(webhook.config.parse({ path: 'x', signature: 'hmac-sha256' }))).toMatchObject([{ field: 'secret' }]);
  });
});
