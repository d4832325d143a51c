import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import type { CaptureResult, FlowTestRecord } from '#shared/flow-test/listing.ts';
import type { FlowTestRun } from '#shared/flow-test/result.ts';
import { formatFlowTest, parseFlowTest } from '#shared/flow-test.ts';
import type { Gate, GateOverride } from '#shared/gate.ts';
import { adminKey, type MillraceProcess, spawnMillrace, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';

let folder = '';
let server: MillraceProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-flow-tests-'));
  server = await startMillrace({ MILLRACE_DATA: join(folder, 'data'), MILLRACE_ENVIRONMENT: 'production' });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const shop = (expression: string) =>
  flowOf(
    'shop',
    [
      { id: 'in', type: 'webhook', config: { path: 'orders' } },
      { id: 'check', type: 'validate', config: { schema: { type: 'object', required: ['total'] } } },
      { id: 'map', type: 'map', config: { expression } },
      { id: 'out', type: 'kafka.sink', config: { topic: 'erp', createPartitions: 1 } },
    ],
    ['in>check', 'check>map', 'map>out'],
  );
const withVat = '{ "number": number, "gross": total * 1.19, "at": $now() }';
const withoutVat = '{ "number": number, "gross": total, "at": $now() }';

async function millrace(args: string[]): Promise<{ code: number | null; output: string }> {
  const { output, exited } = spawnMillrace(args, { MILLRACE_DATA: join(folder, 'unused') });
  const code = await exited;
  return { code, output: output() };
}
const save = (expression: string) => server.api<FlowRecord>('PUT', '/api/flows/shop', shop(expression), { 'if-match': '*' });
const gateOf = () => server.api<Gate>('GET', '/api/flows/shop/gate');
const verdict = ({ sections }: Gate, id: string) => sections.find((section) => section.id === id);

it('makes tests of real messages and holds a deploy to production against them', async () => {
  await server.api('POST', '/api/flows', shop(withVat));
  await server.api('POST', '/api/flows/shop/deploy', { override: { reason: 'There is nothing to prove yet' } });
  for (const body of ['{"number": 9007199254740993001, "total": 100, "password": "geheim"}', '{"number": 2, "password": "geheim"}']) {
    const posted = await fetch(`${server.url}/hooks/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(posted.status).toBe(200);
  }
  let dead: string | undefined;
  await until('the second order is a dead letter', async () => {
    [dead] = (await server.api<{ position: string }[]>('GET', '/api/flows/shop/dead-letters')).map(({ position }) => position);
    return dead !== undefined;
  });

  // One of a live message, one of a dead letter.
  const capture = (body: object) => server.api<CaptureResult>('POST', '/api/flows/shop/tests/from-try', body);
  const found = await server.api<{ topics: { messages: { position: string; preview: { text: string } }[] }[] }>(
    'POST',
    '/api/flows/shop/samples/find',
    { how: { by: 'text', text: '"total"' } },
  );
  const live = await capture({ name: 'Order gets VAT', positions: [found.topics[0]?.messages[0]?.position] });
  expect(live.volatile).toEqual([{ node: 'out', paths: ['at'] }]);
  const broken = await capture({ name: 'Order without total', positions: [dead] });
  expect(broken.test.expect).toContainEqual(expect.objectContaining({ deadLetters: 1, node: 'check' }));
  expect(JSON.stringify([live.test, broken.test])).not.toContain('geheim');
  for (const { test } of [live, broken]) await server.api<FlowTestRecord>('POST', '/api/flows/shop/tests', test);

  // The rule changes: the field is named, and the deploy refused.
  await save(withoutVat);
  const run = await server.api<FlowTestRun>('POST', '/api/flows/shop/tests/run', {});
  expect(run.results.map(({ name, state }) => [name, state])).toEqual([
    ['Order gets VAT', 'failed'],
    ['Order without total', 'passed'],
  ]);
  expect(run.results[0]?.checks.flatMap(({ differences }) => differences)).toEqual([
    { message: 0, kind: 'changed', path: 'gross', expected: 119, actual: 100 },
  ]);
  expect(verdict(await gateOf(), 'tests')?.sentence).toBe('1 of 2 tests fails on this draft: “Order gets VAT”.');
  await expect(server.api('POST', '/api/flows/shop/deploy', {})).rejects.toThrow(/^409 .*“Order gets VAT”/s);

  // Nothing of all this was written anywhere.
  const topics = await server.api<{ name: string; messages: number }[]>('GET', '/api/topics');
  expect(topics.find(({ name }) => name === 'erp')?.messages).toBeLessThanOrEqual(2);

  // The new result is right after all.
  await server.api('POST', '/api/flows/shop/tests/order-gets-vat/accept', { reason: 'Prices are gross now' });
  await server.api<FlowTestRun>('POST', '/api/flows/shop/tests/run', {});
  const gate = await gateOf();
  expect(verdict(gate, 'tests')?.verdict).toBe('ok');
  expect(verdict(gate, 'coverage')?.verdict).toBe('ok');
  expect(verdict(gate, 'approval')?.verdict).toBe('blocked');
  const { key } = await server.api<{ key: string }>('POST', '/api/keys', { name: 'Jo', role: 'developer' });
  await server.api('POST', '/api/flows/shop/approvals', { comment: 'Seen' }, { authorization: `Bearer ${key}` });
  expect(verdict(await gateOf(), 'approval')).toMatchObject({ verdict: 'ok', sentence: 'Approved by Jo.' });
}, 120_000);

describe('the command line', () => {
  const beside = () => join(folder, 'shop');
  const testFile = () => join(beside(), 'tests', 'order-gets-vat.json');
  const withFlow = async (expression: string) => {
    await mkdir(join(beside(), 'tests'), { recursive: true });
    await writeFile(join(beside(), 'flow.json'), JSON.stringify(shop(expression)));
  };

  it('fails where there are no tests', async () => {
    await withFlow(withVat);
    const { code, output } = await millrace(['test', beside()]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('nothing was proven') });
  });

  it('runs the tests beside a flow, shows the fields that differ, and writes a report for the build server', async () => {
    await withFlow(withVat);
    await writeFile(
      testFile(),
      formatFlowTest({
        format: 1,
        name: 'Order gets VAT',
        samples: [{ value: { number: 1, total: 100 } }],
        expect: [{ node: 'out', messages: 1, equals: [{ number: 1, gross: 119 }], ignore: ['at'] }],
      }),
    );
    const passed = await millrace(['test', beside()]);
    expect(passed).toEqual({
      code: 0,
      output: expect.stringMatching(/ok {6}Order gets VAT \(\d+ ms\)\n\n1 of 1 tests passed; 4 of 4 nodes reached\.\n$/),
    });

    await withFlow(withoutVat);
    const report = join(folder, 'junit.xml');
    const failed = await millrace(['test', join(beside(), 'flow.json'), '--junit', report]);
    expect(failed.code).toBe(1);
    expect(failed.output).toContain('FAILED  Order gets VAT');
    expect(failed.output).toContain('message 1 gross  expected 119  actual 100');
    expect(await readFile(report, 'utf8')).toContain('<failure message="out: gross is 100; expected 119."');
    const json = await millrace(['test', beside(), '--json']);
    expect(JSON.parse(json.output.trim().split('\n').at(-1) ?? '')).toMatchObject({
      flow: 'shop',
      results: [{ id: 'order-gets-vat', state: 'failed' }],
    });
  });

  it('takes new results over with a reason, and leaves a file that is no test alone', async () => {
    const broken = join(beside(), 'tests', 'broken.json');
    await writeFile(broken, '{"format": 1, "name": "Broken"');
    expect((await millrace(['test', beside(), '--update'])).code).toBe(2);
    const updated = await millrace(['test', beside(), '--update', '--reason', 'Prices are gross now']);
    expect(updated.code).toBe(1);
    expect(updated.output).toContain('UPDATED Order gets VAT');
    expect(updated.output).toContain('FAILED  broken');
    const { test } = parseFlowTest(await readFile(testFile(), 'utf8'));
    expect(test?.accepted).toMatchObject([{ reason: 'Prices are gross now' }]);
    expect(await readFile(broken, 'utf8')).toBe('{"format": 1, "name": "Broken"');
    await rm(broken);
    expect((await millrace(['test', beside()])).code).toBe(0);
  });

  it('deploys against the gate only with a reason, which is kept', async () => {
    const file = join(folder, 'other.json');
    await writeFile(
      file,
      JSON.stringify({
        ...shop(withVat),
        id: 'other',
        nodes: shop(withVat).nodes.map((node) => (node.id === 'in' ? { ...node, config: { path: 'other' } } : node)),
      }),
    );
    const deploy = (...more: string[]) => millrace(['deploy', file, '--server', server.url, '--key', adminKey, ...more]);
    const refused = await deploy();
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('gate/tests');
    expect((await deploy('--override', 'because')).code).toBe(2);
    const done = await deploy('--override', 'The shop waits for it');
    expect({ ...done }).toEqual({ code: 0, output: expect.stringContaining('is live') });
    expect(await server.api<GateOverride[]>('GET', '/api/flows/other/overrides')).toMatchObject([{ reason: 'The shop waits for it' }]);
  });
});
