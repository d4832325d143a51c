import { afterEach, describe, expect, it } from 'vitest';
import http, { parseStatuses } from '#server/nodes/http.ts';
import { MessageError, RetriableError, type SinkInstance } from '#server/sdk.ts';
import { ExactNumber } from '#shared/json.ts';
import { codes, type Got, sinkBatch, sinkMessage, testContext, testServer, writeAll } from './node-bench.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Answer = Parameters<typeof testServer>[0];
async function server(answer: Answer = (_, response) => void response.end('{}')) {
  const one = await testServer(answer);
  closers.push(one.close);
  return one;
}

async function sinkOf(config: Record<string, unknown>, allowPrivate: string[], secrets = {}): Promise<SinkInstance> {
  const sink = await http.create(http.config.parse(config), testContext({ allowPrivate, secrets }));
  closers.push(() => sink.close?.());
  return sink;
}

const batch = (...values: unknown[]) => sinkBatch(values.map((value, index) => sinkMessage(index, value)));

describe('http sink', () => {
  it('makes method, URL, headers and body of each message and sends an idempotency key', async () => {
    const { url, port, got } = await server();
    const sink = await sinkOf(
      { method: 'PUT', url: `"${url}/orders/" & id`, body: '{ "total": total }', headers: { 'X-Shop': 'shop', 'X-None': 'nothing' } },
      [`127.0.0.1:${port}`],
    );
    const total = new ExactNumber('12345678901234567890.5');
    expect(codes(await writeAll(sink, batch({ id: 'a/b', total, shop: 7 })))).toEqual(['ok']);
    expect(got[0]).toMatchObject({
      method: 'PUT',
      path: '/orders/a/b',
      body: '{"total":12345678901234567890.5}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'shop/node/orders-0-0#0@1700000000000', 'x-shop': '7' },
    });
    expect(got[0]?.headers).not.toHaveProperty('x-none');
  });

  it('sends the message as it is when there is no body expression, text as text and bytes as bytes', async () => {
    const { url, got } = await server();
    const sink = await sinkOf({ url: `"${url}"`, idempotency: 'none' }, ['127.0.0.0/8']);
    await writeAll(sink, batch({ a: 1 }, 'text', new Uint8Array([104, 105]), null));
    const seen = got.map(({ body, headers }) => `${body} ${headers['content-type']}`).sort();
    expect(seen).toEqual([' undefined', 'hi application/octet-stream', 'text text/plain; charset=utf-8', '{"a":1} application/json']);
    expect(got[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  it.each([
    ['bearer', {}, { authorization: 'Bearer s3cret' }],
    ['basic', { authUser: 'ann' }, { authorization: `Basic ${Buffer.from('ann:s3cret').toString('base64')}` }],
    ['header', { authHeader: 'X-Key' }, { 'x-key': 's3cret' }],
  ])('signs in with %s from a secret', async (auth, more, headers) => {
    const { url, got } = await server();
    const sink = await sinkOf({ url: `"${url}"`, auth, authSecret: 'key', ...more }, ['127.0.0.1/32'], { key: 's3cret' });
    await writeAll(sink, batch({}));
    expect(got[0]?.headers).toMatchObject(headers);
  });

  it.each([
    [200, 'ok'],
    [204, 'ok'],
    [301, 'message http/301'],
    [400, 'message http/400'],
    [401, 'message http/401'],
    [404, 'message http/404'],
    [408, 'retry http/408'],
    [409, 'message http/409'],
    [422, 'message http/422'],
    [425, 'retry http/425'],
    [429, 'retry http/429'],
    [500, 'retry http/500'],
    [502, 'retry http/502'],
    [503, 'retry http/503'],
    [504, 'retry http/504'],
  ])('takes the answer %i for %s', async (status, expected) => {
    const { url } = await server((_, response) => void response.writeHead(status, { location: '/elsewhere' }).end());
    const [outcome] = await writeAll(await sinkOf({ url: `"${url}"` }, ['127.0.0.1/32']), batch({}));
    const kind = outcome instanceof RetriableError ? 'retry ' : outcome instanceof MessageError ? 'message ' : '';
    expect(`${kind}${outcome?.code ?? 'ok'}`).toBe(expected);
  });

  it('takes the statuses for success that it is told to', async () => {
    const { url } = await server((_, response) => void response.writeHead(409).end());
    expect(codes(await writeAll(await sinkOf({ url: `"${url}"`, successStatuses: '200-204, 409' }, ['127.0.0.1/32']), batch({})))).toEqual([
      'ok',
    ]);
    expect(parseStatuses('200 - 299,409')?.(409)).toBe(true);
    expect(parseStatuses('ok')).toBeUndefined();
  });

  it.each([
    ['7', 7000, 7000],
    [() => new Date(Date.now() + 60_000).toUTCString(), 55_000, 61_000],
    ['soon', undefined, undefined],
  ])('waits as long as Retry-After says (%s)', async (value, least, most) => {
    const { url } = await server(
      (_, response) => void response.writeHead(503, { 'retry-after': typeof value === 'function' ? value() : value }).end(),
    );
    const [outcome] = await writeAll(await sinkOf({ url: `"${url}"` }, ['127.0.0.1/32']), batch({}));
    if (!(outcome instanceof RetriableError)) throw new Error('not retriable');
    if (least === undefined) expect(outcome.afterMs).toBeUndefined();
    else {
      expect(outcome.afterMs).toBeGreaterThanOrEqual(least);
      expect(outcome.afterMs).toBeLessThanOrEqual(most ?? 0);
    }
  });

  it('keeps the first 500 characters of a refusal and does not read an endless answer', async () => {
    let sent = 0;
    const { url } = await server((_, response) => {
      response.writeHead(400);
      const pump = () => {
        while (!response.destroyed && response.write('no'.repeat(8192))) sent++;
      };
      response.on('drain', pump);
      pump();
    });
    const [outcome] = await writeAll(await sinkOf({ url: `"${url}"` }, ['127.0.0.1/32']), batch({}));
    expect(outcome).toBeInstanceOf(MessageError);
    expect(outcome instanceof MessageError && outcome.details).toEqual({ status: 400, answer: 'no'.repeat(250) });
    expect(sent).toBeLessThan(2000);
  });

  it('takes a time-out and a refused connection for the world not being ready', async () => {
    const { url, port, close } = await server(() => new Promise(() => undefined));
    const slow = await sinkOf({ url: `"${url}"`, timeoutMs: 150 }, ['127.0.0.1/32']);
    const [late] = await writeAll(slow, batch({}));
    expect(late).toBeInstanceOf(RetriableError);
    expect(late).toMatchObject({ code: 'http/timeout', message: 'No answer within 150 ms.' });
    await close();
    const [gone] = await writeAll(await sinkOf({ url: `"http://127.0.0.1:${port}"` }, ['127.0.0.1/32']), batch({}));
    expect(gone).toMatchObject({ name: 'RetriableError', code: 'http/unreachable' });
  });

  it('stops waiting when the stage stops, and says that the call may have arrived', async () => {
    const ending = new AbortController();
    const { url } = await server(() => ending.abort());
    const outcomes = await writeAll(await sinkOf({ url: `"${url}"`, concurrency: 1 }, ['127.0.0.1/32']), batch({}, {}), ending.signal);
    expect(codes(outcomes)).toEqual(['http/stopping', 'http/stopping']);
  });

  it('keeps the order within a key: after a failure later messages of the key are not sent, those of others are', async () => {
    const { url, got } = await server((one, response) => void response.writeHead(one.body.includes('"bad"') ? 500 : 200).end());
    const sink = await sinkOf({ url: `"${url}"`, concurrency: 3 }, ['127.0.0.1/32']);
    const messages = Array.from({ length: 12 }, (_, index) =>
      sinkMessage(index, { n: index, is: index === 3 ? 'bad' : 'good' }, { key: `k${index % 3}` }),
    );
    const outcomes = await writeAll(sink, sinkBatch(messages));
    expect(
      codes(outcomes)
        .map((code, index) => (code === 'ok' ? '' : `${index} ${code}`))
        .filter(Boolean),
    ).toEqual(['3 http/500', '6 http/500', '9 http/500']);
    for (const key of [0, 1, 2]) {
      const numbers = got.map((one) => (JSON.parse(one.body) as { n: number }).n).filter((n) => n % 3 === key);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
    expect(got).toHaveLength(10);
  });

  it('goes on with the key after a message that is bad in itself', async () => {
    const { url, got } = await server((one, response) => void response.writeHead(one.body.includes('bad') ? 422 : 200).end());
    const messages = ['good', 'bad', 'good'].map((value, index) => sinkMessage(index, { value }, { key: 'k' }));
    expect(codes(await writeAll(await sinkOf({ url: `"${url}"` }, ['127.0.0.1/32']), sinkBatch(messages)))).toEqual([
      'ok',
      'http/422',
      'ok',
    ]);
    expect(got).toHaveLength(3);
  });

  it('sends nothing more of a batch once the other side asks to come later', async () => {
    const { url, got } = await server((_, response) => void response.writeHead(429, { 'retry-after': '1' }).end());
    const outcomes = await writeAll(await sinkOf({ url: `"${url}"`, concurrency: 1 }, ['127.0.0.1/32']), batch({}, {}, {}, {}));
    expect(codes(outcomes)).toEqual(['http/429', 'http/429', 'http/429', 'http/429']);
    expect(got).toHaveLength(1);
  });

  it('sends no more at a time than it is told to, all partitions together, over connections that it keeps', async () => {
    let now = 0;
    let most = 0;
    const ports = new Set<number | undefined>();
    const { url } = await server(async (_, response) => {
      most = Math.max(most, ++now);
      ports.add(response.socket?.remotePort);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      response.end();
    });
    const sink = await sinkOf({ url: `"${url}"`, concurrency: 3 }, ['127.0.0.1/32']);
    const partitions = [0, 1, 2].map((partition) => writeAll(sink, { ...batch(...Array.from({ length: 10 }, () => ({}))), partition }));
    expect(new Set(codes((await Promise.all(partitions)).flat()))).toEqual(new Set(['ok']));
    expect(most).toBe(3);
    expect(ports.size).toBe(3);
  });

  it.each([
    'http://127.0.0.1:PORT/',
    'http://localhost:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://0.0.0.0:PORT/',
    'http://2130706433:PORT/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::7f00:1]/',
  ])('refuses the private address %s', async (address) => {
    const { port, got } = await server();
    const [outcome] = await writeAll(await sinkOf({ url: `"${address.replace('PORT', String(port))}"`, timeoutMs: 2000 }, []), batch({}));
    expect(outcome).toBeInstanceOf(MessageError);
    expect(outcome).toMatchObject({ code: 'http/address-refused', message: expect.stringContaining('private address') });
    expect(got).toEqual([]);
  });

  it('reaches a private address that is allowed by name and port, and no other port of it', async () => {
    const { port } = await server();
    const other = await server();
    const sink = await sinkOf({ url: '"http://localhost:" & port' }, [`localhost:${port}`]);
    expect(codes(await writeAll(sink, batch({ port }, { port: other.port })))).toEqual(['ok', 'http/address-refused']);
  });

  it('follows redirects only when told to, never to a private address, and keeps credentials at home', async () => {
    const inner = await server();
    const target = await server();
    const { url, port, got } = await server((one, response) => {
      const to: Record<string, string> = {
        '/in': inner.url,
        '/out': `${target.url}/moved`,
        '/loop': '/loop',
        '/303': '/done',
        '/done': '',
      };
      const location = to[one.path];
      if (location) response.writeHead(one.path === '/303' ? 303 : 307, { location }).end();
      else response.end();
    });
    const config = { auth: 'bearer', authSecret: 'key', followRedirects: true };
    const allowed = [`127.0.0.1:${port}`, `127.0.0.1:${target.port}`];
    const follow = await sinkOf({ url: `"${url}" & path`, ...config }, allowed, { key: 's3cret' });
    const outcomes = await writeAll(follow, batch({ path: '/in' }, { path: '/out' }, { path: '/loop' }, { path: '/303' }));
    expect(codes(outcomes)).toEqual(['http/address-refused', 'ok', 'http/too-many-redirects', 'ok']);
    expect(inner.got).toEqual([]);
    expect(target.got[0]).toMatchObject({ method: 'POST', path: '/moved', body: '{"path":"/out"}' });
    expect(target.got[0]?.headers).not.toHaveProperty('authorization');
    expect(got.find(({ path }: Got) => path === '/done')).toMatchObject({
      method: 'GET',
      body: '',
      headers: { authorization: 'Bearer s3cret' },
    });
    const stay = await sinkOf({ url: `"${url}/out"` }, allowed);
    expect(codes(await writeAll(stay, batch({})))).toEqual(['http/307']);
  });

  it('fails a message whose URL, header or expression does not work out', async () => {
    const { url } = await server();
    const sink = await sinkOf({ url: 'to', headers: { 'X-Name': 'name' }, body: '{ "n": 1 / n }' }, ['127.0.0.1/32']);
    const outcomes = await writeAll(
      sink,
      batch(
        { to: 'nowhere', n: 1 },
        { to: 'file:///etc/passwd', n: 1 },
        { to: url, name: 'a\r\nb: c', n: 1 },
        { to: url, n: 'x' },
        { to: url, n: 2 },
      ),
    );
    expect(codes(outcomes)).toEqual(['http/url-invalid', 'http/url-invalid', 'http/header-invalid', 'http/t2002', 'ok']);
  });

  it('says in its guarantee what the config promises', () => {
    expect(http.guarantee).toEqual({ field: 'idempotency', cases: { header: 'idempotency-key', upsert: 'upsert' }, otherwise: 'none' });
    expect(http.check?.(http.config.parse({ url: '"http://x"', auth: 'basic', successStatuses: 'x' }))).toHaveLength(3);
  });
});
