import { afterEach, describe, expect, it } from 'vitest';
import lookup from '#server/nodes/http-lookup.ts';
import { type Message, MessageError, type NodeContext, RetriableError } from '#server/sdk.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { testContext, testServer } from './node-bench.ts';
import { message } from './run.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Answer = Parameters<typeof testServer>[0];

/** A lookup at a real server, and what it asked. */
async function start(answer: Answer, config: object = {}, more: Parameters<typeof testContext>[0] = {}) {
  const server = await testServer(answer);
  closers.push(server.close);
  const asked: string[] = [];
  const context: NodeContext = {
    ...testContext({ allowPrivate: [`127.0.0.1:${server.port}`], ...more }),
    call(call, perform) {
      asked.push(call.what);
      return perform();
    },
  };
  const node = await lookup.create(lookup.config.parse({ url: `"${server.url}/customers/" & id`, ...config }), context);
  closers.push(() => node.close?.());
  return {
    server,
    asked,
    async run(value: unknown, headers: Message['headers'] = {}): Promise<string> {
      const out: Message[] = [];
      await node.process(
        message(value, { headers }),
        (made) => void out.push(made),
        () => expect.unreachable(),
      );
      expect(out).toHaveLength(1);
      return stringifyJson(out[0]?.value) ?? '';
    },
  };
}

const customer: Answer = (request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(`{"path":"${request.path}","limit":9007199254740993}`);
};
const status =
  (code: number, body = ''): Answer =>
  (_request, response) => {
    response.statusCode = code;
    response.end(body);
  };

describe('the HTTP lookup', () => {
  it('puts the answer under the field, with every digit, and leaves the rest as it was', async () => {
    const { run, server, asked } = await start(customer, { headers: { 'X-Shop': 'shop' } });
    expect(await run(parseJson('{"id":"a b","shop":7,"big":12345678901234567890}'))).toBe(
      '{"id":"a b","shop":7,"big":12345678901234567890,"lookup":{"path":"/customers/a%20b","limit":9007199254740993}}',
    );
    expect(server.got[0]).toMatchObject({ method: 'GET', headers: { 'x-shop': '7' } });
    expect(asked).toEqual([`GET ${server.url}/customers/a%20b`]);
  });

  it('replaces what stands under a path of fields, making objects on the way, and changes no message that came in', async () => {
    const { run } = await start(customer, { field: 'customer.details', pick: 'limit' });
    const before = { id: '1', customer: { name: 'Ann', details: 'old' } };
    const frozen = Object.freeze({ ...before, customer: Object.freeze(before.customer) });
    expect(await run(frozen)).toBe('{"id":"1","customer":{"name":"Ann","details":9007199254740993}}');
    expect(await run({ id: '2', customer: 'Bob' })).toBe('{"id":"2","customer":{"details":9007199254740993}}');
  });

  it('keeps an answer for the time that was given, by the clock of the flow, and asks other addresses', async () => {
    let now = 1000;
    const environment = { now: () => now, random: () => 0.5 };
    const { run, asked } = await start(customer, { cacheMs: 500 }, { environment });
    await run({ id: '1' });
    await run({ id: '1' });
    await run({ id: '2' });
    expect(asked).toHaveLength(2);
    now += 499;
    await run({ id: '1' });
    expect(asked).toHaveLength(2);
    now += 1;
    await run({ id: '1' });
    expect(asked).toHaveLength(3);
  });

  it('asks for every message when it keeps nothing, and forgets the answer not used for longest when there are too many', async () => {
    const never = await start(customer, { cacheMs: 0 });
    await never.run({ id: '1' });
    await never.run({ id: '1' });
    expect(never.asked).toHaveLength(2);
    const two = await start(customer, { cacheEntries: 2 });
    for (const id of ['1', '2', '1', '3', '1', '2']) await two.run({ id });
    expect(two.asked.map((what) => what.at(-1))).toEqual(['1', '2', '3', '2']);
  });

  it('lets the message fail, puts null or leaves the message alone when there is nothing', async () => {
    const nothing = status(404, 'no such customer');
    await expect((await start(nothing)).run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/404', message: /no such customer/ });
    expect(await (await start(nothing, { whenMissing: 'empty' })).run({ id: '1' })).toBe('{"id":"1","lookup":null}');
    expect(await (await start(nothing, { whenMissing: 'leave' })).run({ id: '1' })).toBe('{"id":"1"}');
  });

  it.each([408, 425, 429, 500, 503])('waits and asks again after %s', async (code) => {
    let calls = 0;
    const { run } = await start((request, response) =>
      calls++ === 0 ? status(code, 'busy')(request, response) : customer(request, response),
    );
    const failed = run({ id: '1' });
    await expect(failed).rejects.toBeInstanceOf(RetriableError);
    await expect(failed).rejects.toMatchObject({ code: `http-lookup/${code}` });
    expect(await run({ id: '1' })).toContain('/customers/1');
  });

  it('keeps what Retry-After says', async () => {
    const { run } = await start((request, response) => {
      response.setHeader('retry-after', '7');
      status(503)(request, response);
    });
    await expect(run({ id: '1' })).rejects.toMatchObject({ afterMs: 7000 });
  });

  it('waits when nobody answers in time or at all', async () => {
    const silent = await start(() => undefined, { timeoutMs: 100 });
    await expect(silent.run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/timeout', message: 'No answer within 100 ms.' });
    const gone = await start(customer);
    await gone.server.close();
    const failed = gone.run({ id: '1' });
    await expect(failed).rejects.toBeInstanceOf(RetriableError);
    await expect(failed).rejects.toMatchObject({ code: 'http-lookup/unreachable' });
  });

  it.each([301, 400, 401, 403, 410, 422])('lets the message fail at %s', async (code) => {
    const { run } = await start(status(code, 'no'));
    const failed = run({ id: '1' });
    await expect(failed).rejects.toBeInstanceOf(MessageError);
    await expect(failed).rejects.toMatchObject({ code: `http-lookup/${code}` });
  });

  it('takes text as text, nothing as null, and refuses what says that it is JSON and is not', async () => {
    expect(await (await start(status(200, 'plain'))).run({ id: '1' })).toBe('{"id":"1","lookup":"plain"}');
    expect(await (await start(status(204))).run({ id: '1' })).toBe('{"id":"1","lookup":null}');
    const broken = await start((_request, response) => {
      response.setHeader('content-type', 'application/problem+json');
      response.end('{"a":');
    });
    await expect(broken.run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/not-json' });
  });

  it('refuses an answer of more than 1 MB, a part that is not there, and a message without fields', async () => {
    const large = await start((_request, response) => void response.end('x'.repeat(1024 * 1024 + 1)));
    await expect(large.run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/too-large' });
    await expect((await start(customer, { pick: 'segment' })).run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/nothing' });
    for (const value of ['text', [1], null, new Uint8Array(1)])
      await expect((async () => (await start(customer)).run(value))()).rejects.toMatchObject({ code: 'http-lookup/not-an-object' });
  });

  it('reaches no private address that nobody has allowed', async () => {
    const { run } = await start(customer, {}, { allowPrivate: [] });
    await expect(run({ id: '1' })).rejects.toMatchObject({ code: 'http-lookup/address-refused' });
  });

  it('signs in, and says nothing of the secret where people look', async () => {
    const { run, server, asked } = await start(customer, { auth: 'bearer', authSecret: 'token' }, { secrets: { token: 's3cret' } });
    await run({ id: '1' });
    expect(server.got[0]?.headers.authorization).toBe('Bearer s3cret');
    expect(asked.join()).not.toContain('s3cret');
    expect(lookup.check?.(lookup.config.parse({ url: '"x"', auth: 'basic' }))).toEqual([
      expect.objectContaining({ field: 'authSecret' }),
      expect.objectContaining({ field: 'authUser' }),
    ]);
  });
});
