import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaProducer } from '#server/kafka/port.ts';
import type { ParkedKey, ReleaseRun } from '#shared/parked.ts';
import { freePort } from '../free-port.ts';
import { describeBrokers } from '../kafka/brokers.ts';
import { deployFlow, type MillraceProcess, spawnMillrace, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { each } from './receiver.ts';

/** Deterministic, so that a failing order of events can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const keys = 12;

describeBrokers('Parked keys', (broker) => {
  let folder = '';
  let server: MillraceProcess;
  let env: Record<string, string> & { MILLRACE_DATA: string };
  let target: Server;
  let producer: KafkaProducer;
  let other: ReturnType<typeof spawnMillrace> | undefined;
  let flow: ReturnType<typeof flowOf>;
  /** What the system outside has taken, in the order in which it did. */
  const taken: { key: string; n: number }[] = [];
  let answer: (key: string, n: number) => number | Promise<number> = () => 200;

  beforeAll(async () => {
    target = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { key: string; n: number };
        const status = await answer(body.key, body.n);
        if (status === 200) taken.push(body);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    folder = await mkdtemp(join(tmpdir(), 'millrace-parking-'));
    env = {
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_PORT: String(await freePort()),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
      KAFKA_BROKERS: broker.brokers.join(','),
    };
    server = await startMillrace(env);
    const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
    const admin = broker.kafka.admin();
    await admin.ensureTopics([{ name: 'parking.in', partitions: 3 }]);
    await admin.close();
    producer = await broker.kafka.producer();
    flow = flowOf(
      'parking',
      [
        { id: 'in', type: 'kafka.source', config: { topic: 'parking.in' } },
        {
          id: 'out',
          type: 'http',
          label: 'CRM',
          // Longer than any hold: what is held must not be given up meanwhile.
          config: { url: JSON.stringify(url), timeoutMs: 120_000 },
          retry: { minutes: 0.005, giveUp: 'park' },
        },
      ],
      undefined,
      { partitions: 3 },
    );
    await writeFile(join(folder, 'flow.json'), JSON.stringify(flow));
    await deployFlow(server, flow);
  });
  afterAll(async () => {
    other?.child.kill('SIGKILL');
    await producer?.close();
    await server?.stop();
    target.closeAllConnections();
    await new Promise((resolve) => target.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const send = (key: string, n: number) => producer.send({ topic: 'parking.in', key, value: JSON.stringify({ key, n }) });
  const parked = () => server.api<ParkedKey[]>('GET', '/api/flows/parking/parked');
  const ask = (keys: number) =>
    server.api<ReleaseRun>('POST', '/api/flows/parking/parked/release-all', { sink: 'out', first: 'retry', keys });
  const newest = async () => (await server.api<ReleaseRun[]>('GET', '/api/flows/parking/parked/releases'))[0] as ReleaseRun;
  const ended = async () => {
    let run: ReleaseRun | undefined;
    await until('the release ends', async () => {
      run = await newest();
      return run.state !== 'running';
    });
    return run as ReleaseRun;
  };
  /** Parks keys with one message waiting behind each. */
  const parkAll = async (names: readonly string[]): Promise<void> => {
    answer = () => 422;
    for (const n of [0, 1]) await each(names, 7, async (key) => void (await send(key, n)));
    await until('all wait', async () => {
      const all = await parked();
      return all.length === names.length && all.every(({ count }) => count === 1);
    });
  };
  const takenOf = (key: string): number[] => taken.filter((one) => one.key === key).map(({ n }) => n);
  const release = (key: string, first: 'retry' | 'discard' = 'retry') =>
    server.api('POST', '/api/flows/parking/parked/release', { sink: 'out', key, first });

  it('never gives the messages of a key out of order, under failures, kills and releases, and forgets none', async () => {
    const random = randomFrom(11);
    answer = () => (random() < 0.1 ? 422 : random() < 0.04 ? 503 : 200);
    const next = new Map<string, number>();
    const accepted = new Set<string>();
    /** One after the other within a key, so that the order in which they come is the one that was meant. */
    const burst = async (count: number) => {
      const names = Array.from({ length: keys }, (_, at) => `k${at}`);
      await each(names, 6, async (key) => {
        for (let at = 0; at < count / keys; at++) {
          const n = next.get(key) ?? 0;
          next.set(key, n + 1);
          await send(key, n);
          accepted.add(`${key} ${n}`);
        }
      });
    };
    const releaseSome = async () => {
      const some = (await parked()).filter(() => random() < 0.6);
      // A key may be released and parked again meanwhile: then the order is refused, and nothing is done.
      for (const { key } of some) await release(key).catch((error: unknown) => expect(String(error)).toContain('not parked'));
    };
    await burst(48);
    // Killed in the middle of it.
    const sending = burst(60);
    await releaseSome();
    server.signal('SIGKILL');
    await sending;
    await server.exited;
    server = await startMillrace(env);
    await until('it runs again', async () => (await statusOf(server, 'parking')).state === 'running');
    // Partitions change hands twice: another machine joins, and leaves.
    other = spawnMillrace(['run', join(folder, 'flow.json')], { ...env, MILLRACE_DATA: join(folder, 'other') });
    await until('the other one has joined', () => other?.output().includes('is running') ?? false);
    const shared = burst(60);
    await releaseSome();
    await shared;
    other.child.kill('SIGTERM');
    await other.exited;
    await burst(24);
    await until('nothing waits but what is parked', async () => {
      const { balance } = await statusOf(server, 'parking');
      return balance.in >= accepted.size && balance.inFlight === 0;
    });
    expect((await parked()).length).toBeGreaterThan(0);
    const blocked = async () => (await parked()).reduce((sum, { count }) => sum + count, 0);
    await expect
      .poll(async () => {
        const { balance } = await statusOf(server, 'parking');
        return [balance.difference, (balance.parked ?? 0) - (await blocked())];
      })
      .toEqual([0, 0]);

    answer = () => 200;
    for (const { key } of await parked()) await release(key);
    await until('no key is parked', async () => (await parked()).length === 0);

    const firsts = new Map<string, number[]>();
    for (const { key, n } of taken) {
      const list = firsts.get(key) ?? [];
      if (!list.includes(n)) list.push(n);
      firsts.set(key, list);
    }
    for (const [key, list] of firsts) expect(list, key).toEqual([...list].sort((a, b) => a - b));
    const missing = [...accepted].filter((name) => {
      const [key = '', n] = name.split(' ');
      return !firsts.get(key)?.includes(Number(n));
    });
    expect(missing).toEqual([]);
    expect((await statusOf(server, 'parking')).balance.difference).toBe(0);
  });

  it('lets a person drop the failed message, and says who waits for how long and why', async () => {
    answer = (_key, n) => (n === 9001 ? 422 : 200);
    for (const n of [9000, 9001, 9002, 9003]) await send('shop', n);
    await send('other', 9100);
    await until('the others are through', () => taken.some(({ n }) => n === 9100));
    await until('two wait', async () => (await parked())[0]?.count === 2);
    const [key] = await parked();
    expect(key).toMatchObject({ sink: 'out', key: 'shop', code: 'http/422', encoding: 'utf8' });
    expect(Date.now() - (key?.since ?? 0)).toBeLessThan(60_000);
    await release('shop', 'discard');
    await until('the rest follows', () => taken.some(({ n }) => n === 9003));
    expect(taken.filter(({ key: of }) => of === 'shop').map(({ n }) => n)).toEqual([9000, 9002, 9003]);
    await until('it is parked no more', async () => (await parked()).length === 0);
    await expect(release('shop')).rejects.toThrow('not parked there any more');
    const audit = await server.api<{ action: string; detail: string }[]>('GET', '/api/audit?limit=20');
    expect(audit.find(({ action }) => action === 'parked/release')?.detail).toMatch(/out: key “shop” with 2 waiting/);
  });

  it('releases all keys of a sink in the order of each, stops by itself when none goes through, and says how far it came', async () => {
    const names = Array.from({ length: 14 }, (_, at) => `all-${at}`);
    await parkAll(names);
    await expect(ask(13)).rejects.toThrow('14 keys are parked there now, more than the 13');
    expect(await ask(14)).toMatchObject({ state: 'running', sinkName: 'CRM', keys: 14, messages: 28, through: 0 });
    await expect(ask(14)).rejects.toThrow('being released already');
    const stopped = await ended();
    expect(stopped).toMatchObject({ state: 'stopped', through: 0, reason: expect.stringMatching(/^5 keys in a row failed again: .*422/) });
    expect(stopped.failed).toBeGreaterThanOrEqual(5);
    expect((await parked()).map(({ attempts }) => attempts).filter((attempts) => attempts === 2)).toHaveLength(stopped.failed);

    answer = () => 200;
    await ask(14);
    expect(await ended()).toMatchObject({ state: 'done', through: 14, failed: 0 });
    expect(await parked()).toEqual([]);
    for (const key of names) expect(takenOf(key)).toEqual([0, 1]);
    const audit = await server.api<{ action: string; detail: string }[]>('GET', '/api/audit?limit=20');
    expect(audit.find(({ action }) => action === 'parked/release-all')?.detail).toContain('14 keys with 28 messages');
  });

  it('goes on with a release of all keys after a SIGKILL, with its counts, and releases no key twice', async () => {
    const names = Array.from({ length: 14 }, (_, at) => `killed-${at}`);
    await parkAll(names);
    // The first four keys go through; of all others the system holds the first message, until the server is dead.
    const through: string[] = [];
    const held: string[] = [];
    let letGo: (status: number) => void = () => undefined;
    const hold = new Promise<number>((resolve) => {
      letGo = resolve;
    });
    answer = (key) => {
      if (!through.includes(key) && through.length < 4) through.push(key);
      if (through.includes(key)) return 200;
      held.push(key);
      return hold;
    };
    const begun = await ask(14);
    await until('four keys are through and one is held', async () => (await newest()).through === 4 && held.length > 0);
    server.signal('SIGKILL');
    await server.exited;
    const bad = held[0] as string;
    answer = (key) => (key === bad ? 422 : 200);
    letGo(503);
    server = await startMillrace(env);

    const run = await ended();
    expect(run).toMatchObject({ state: 'done', startedBy: begun.startedBy, startedAt: begun.startedAt, keys: 14, messages: 28 });
    expect(run).toMatchObject({ through: 13, failed: 1 });
    for (const key of names) expect(takenOf(key), key).toEqual(key === bad ? [] : [0, 1]);
    expect(await parked()).toMatchObject([{ key: bad, count: 1, attempts: 2 }]);
    await until('the balance closes', async () => {
      const { balance } = await statusOf(server, 'parking');
      return balance.inFlight === 0 && balance.difference === 0 && balance.parked === 1;
    });
    const audit = await server.api<{ action: string; detail: string; who: string }[]>('GET', '/api/audit?limit=20');
    expect(audit.find(({ action }) => action === 'parked/release-all-end')).toMatchObject({
      who: begun.startedBy,
      detail: 'out: done, 13 of 14 keys released, 1 failed again',
    });

    // Another one ends when nobody runs the flow any more.
    let stopped: (status: number) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = () => {
        resolve();
        return new Promise((give) => {
          stopped = give;
        });
      };
    });
    await ask(1);
    await asked;
    const stopping = server.api('POST', '/api/flows/parking/stop');
    expect(await ended()).toMatchObject({
      state: 'failed',
      failed: 0,
      reason: 'The flow does not run any more. Deploy it, then release the rest.',
    });
    stopped(422);
    await stopping;
  });
});
