import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { type SpawnedBroker, spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { Deployment } from '#shared/api.ts';
import type { Problem } from '#shared/problem.ts';
import type { TrialResult } from '#shared/trial.ts';
import { freePort } from '../free-port.ts';
import { adminKey, type MillraceProcess, spawnMillrace, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

let folder = '';
const file = (name: string) => join(folder, name);
const write = (name: string, value: unknown) => writeFile(file(name), typeof value === 'string' ? value : JSON.stringify(value));

async function millrace(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  const { output, exited } = spawnMillrace(args, { MILLRACE_DATA: file('data'), ...env });
  const code = await exited;
  return { code, output: output() };
}

const good = flowOf('doubled', [
  { id: 'in', type: 'kafka.source', config: { topic: 'numbers', createPartitions: 1 } },
  { id: 'map', type: 'map', config: { expression: '{ "id": id, "n": n, "twice": n * 2 }' } },
  { id: 'out', type: 'kafka.sink', config: { topic: 'doubles', createPartitions: 1 } },
]);
const bad = flowOf('broken', [
  { id: 'in', type: 'kafka.source', config: { topic: 'numbers' } },
  { id: 'map', type: 'map', config: { expression: '{ "n": ' } },
  { id: 'out', type: 'log' },
]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  await write('good.json', good);
  await write('bad.json', bad);
  await write('half.json', '{"format": 1,');
  await write('messages.jsonl', '{"id": 9007199254740993, "n": 1}\n{"n": 4}\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('wrong usage', () => {
  it.each([
    [[], 'millrace start'],
    [['fly'], 'There is no command “fly”'],
    [['lint'], 'Name at least one flow file'],
    [['lint', '--loud', 'x.json'], 'Usage: millrace lint'],
    [['try', 'x.json'], 'Usage: millrace try'],
    [['run'], 'Usage: millrace run'],
    [['deploy', 'x.json'], 'Usage: millrace deploy'],
    [['deploy', 'x.json', '--server', 'http://127.0.0.1:1'], 'API key'],
  ])('%j ends with 2 and says how it is used', async (args, said) => {
    const { code, output } = await millrace(args);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(said) });
  });

  it('help ends with 0 and names every command', async () => {
    const { code, output } = await millrace(['--help']);
    expect(code).toBe(0);
    for (const command of ['start', 'lint', 'try', 'run', 'deploy', 'export', 'import', 'diff', 'trace', 'replay', 'replays'])
      expect(output).toContain(`millrace ${command}`);
  });
});

describe('millrace lint', () => {
  it('ends with 0 for a good flow and shows the guarantee of its path', async () => {
    const { code, output } = await millrace(['lint', file('good.json')]);
    expect(code).toBe(0);
    expect(output).toContain('in → out: exactly-once');
  });

  it('ends with 1 and names node, field and code; --json prints one JSON value', async () => {
    const plain = await millrace(['lint', file('good.json'), file('bad.json')]);
    expect(plain.code).toBe(1);
    expect(plain.output).toMatch(/bad\.json: error at map\.expression: .*\(.+\/.+\)/);
    const json = await millrace(['lint', '--json', file('good.json'), file('bad.json'), file('half.json')]);
    expect(json.code).toBe(1);
    const results = JSON.parse(json.output) as { file: string; problems: Problem[]; paths: unknown[] }[];
    expect(results.map(({ problems }) => problems.some(({ severity }) => severity === 'error'))).toEqual([false, true, true]);
    expect(results[1]?.problems[0]).toMatchObject({ node: 'map', field: 'expression' });
    expect(results[2]?.problems[0]).toMatchObject({ code: 'flow/not-json' });
  });

  it('ends with 1 and one sentence for a file that is not there', async () => {
    const { code, output } = await millrace(['lint', file('nowhere.json')]);
    expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(output).toContain('There is no file');
  });
});

describe('millrace try', () => {
  it('shows what leaves each port, with every digit, and writes nothing', async () => {
    const { code, output } = await millrace(['try', file('good.json'), '--messages', file('messages.jsonl')]);
    expect(code).toBe(0);
    expect(output).toContain('"id":9007199254740993');
    expect(output).toContain('{"n":4,"twice":8}');
    expect(output).toContain('Nothing was written.');
  });

  it('takes samples as a server lists them, to the byte', async () => {
    const bytes = (text: string) => ({ text, encoding: 'utf8' });
    const sample = {
      id: 's1',
      name: 'Big',
      origin: { kind: 'pasted' },
      key: bytes('k'),
      headers: {},
      timestamp: null,
      value: bytes('{"n": 2, "id": 9007199254740995}'),
      preview: '{',
      size: 20,
      masked: 0,
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'ann',
    };
    await write('samples.json', JSON.stringify([sample]));
    const args = ['try', file('good.json'), '--messages', file('samples.json'), '--samples', '--json'];
    const { code, output } = await millrace(args);
    expect(code).toBe(0);
    expect(output).toContain('9007199254740995');
    expect((JSON.parse(output) as TrialResult).inputs).toEqual([expect.objectContaining({ sample: 's1', name: 'Big' })]);
    await write('samples.json', '[{"id": 1}]');
    expect(await millrace(args)).toMatchObject({ code: 1, output: expect.stringContaining('does not hold samples') });
  });

  it('ends with 1 when a message fails or the flow has problems; --json prints the result', async () => {
    await write('failing.jsonl', '{"n": "four"}\n');
    const failing = await millrace(['try', file('good.json'), '--messages', file('failing.jsonl'), '--json']);
    expect(failing.code).toBe(1);
    expect((JSON.parse(failing.output) as TrialResult).nodes.map?.failed).toHaveLength(1);
    const broken = await millrace(['try', file('bad.json'), '--messages', file('messages.jsonl'), '--json']);
    expect(broken.code).toBe(1);
    expect((JSON.parse(broken.output) as TrialResult).problems[0]).toMatchObject({ node: 'map' });
    await write('words.txt', 'no json here');
    expect(await millrace(['try', file('good.json'), '--messages', file('words.txt')])).toMatchObject({ code: 1 });
  });
});

describe('millrace run and millrace deploy', () => {
  let broker: SpawnedBroker;
  let server: MillraceProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    broker = await spawnEmbeddedBroker({ dir: file('kafka'), port: 0 });
    env = { KAFKA_BROKERS: `${broker.host}:${broker.port}`, MILLRACE_LOG: 'error' };
    server = await startMillrace({ ...env, MILLRACE_DATA: file('server'), MILLRACE_PORT: String(await freePort()) });
  });
  afterAll(async () => {
    await server?.stop();
    await broker?.close();
  });

  it('run takes a flow to Kafka without the server, drains at SIGTERM, and needs KAFKA_BROKERS', async () => {
    expect(await millrace(['run', file('good.json')])).toMatchObject({ code: 1, output: expect.stringContaining('KAFKA_BROKERS') });
    const running = spawnMillrace(['run', file('good.json')], { ...env, MILLRACE_DATA: file('run') });
    await until('the flow runs', () => running.output().includes('doubled is running'));
    const kafka = createKafka({ brokers: [env.KAFKA_BROKERS ?? ''], clientId: 'cli-test' });
    const producer = await kafka.producer();
    await Promise.all(Array.from({ length: 100 }, (_, n) => producer.send({ topic: 'numbers', key: null, value: JSON.stringify({ n }) })));
    await producer.close();
    const read = async () => {
      const values: unknown[] = [];
      for await (const batch of kafka.read({ topic: 'doubles' }))
        for (const record of batch.records) values.push(JSON.parse(Buffer.from(record.value ?? []).toString()));
      return values;
    };
    await until('all are through', async () => (await read()).length >= 100);
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(0);
    const found = (await read()) as { n: number; twice: number }[];
    expect(found.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(found.every(({ n, twice }) => twice === 2 * n)).toBe(true);
  });

  it('deploy makes a flow live on a server, again a new version, and says why it cannot', async () => {
    const call = (name: string, ...more: string[]) =>
      millrace(['deploy', file(name), '--server', server.url, ...more], { MILLRACE_KEY: adminKey });
    const first = await call('good.json', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.output) as Deployment).toMatchObject({ flow: 'doubled', version: 1, status: { state: 'running' } });
    const changed = { ...good, nodes: good.nodes.map((node) => (node.id === 'map' ? { ...node, config: { expression: 'n' } } : node)) };
    await write('changed.json', changed);
    expect(await call('changed.json')).toMatchObject({ code: 0, output: expect.stringContaining('Version 2 of doubled is live') });
    expect(await call('bad.json')).toMatchObject({ code: 1, output: expect.stringContaining('map.expression') });
    expect(await call('half.json')).toMatchObject({ code: 1, output: expect.stringContaining('not JSON') });
    expect(await call('good.json', '--key', 'not-the-key-at-all')).toMatchObject({ code: 1 });
    const nobody = await millrace(['deploy', file('good.json'), '--server', 'http://127.0.0.1:1', '--key', adminKey]);
    expect(nobody).toMatchObject({ code: 1, output: expect.stringContaining('cannot be reached') });
  });
});
