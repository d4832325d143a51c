import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testOf } from '#server/store/flow-tests.ts';
import { openStore, type Store, type StoreOptions } from '#server/store/store.ts';
import type { StoreError } from '#server/store/store-error.ts';
import { ExactNumber } from '#shared/exact-number.ts';
import { type Flow, flowSchema } from '#shared/flow.ts';
import type { FlowTestResult } from '#shared/flow-test/result.ts';
import { type FlowTest, flowTestLimits } from '#shared/flow-test.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

const withPostgres = hasPostgres();
let postgres: TestPostgres | undefined;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-kept-tests-'));
  if (withPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const test = (name: string, more: Partial<FlowTest> = {}): FlowTest => ({
  format: 1,
  name,
  samples: [{ value: { id: new ExactNumber('12345678901234567890'), nul: '\u0000' } }],
  expect: [{ deadLetters: 0 }],
  ...more,
});
const result = (id: string): FlowTestResult => ({
  id,
  name: id,
  state: 'failed',
  sentence: 'x',
  checks: [
    {
      expectation: 0,
      subject: 'equals',
      passed: false,
      sentence: 'x',
      differences: [{ kind: 'changed', path: 'id', expected: new ExactNumber('12345678901234567890'), actual: 1 }],
    },
  ],
  reached: [{ node: 'in' }],
  unreached: [],
  ms: 1,
});
const refusal = async (promise: Promise<unknown>): Promise<StoreError> =>
  promise.then(
    () => expect.unreachable(),
    (error: StoreError) => error,
  );

describe.each(['sqlite', 'postgres'] as const)('tests of flows on %s', (kind) => {
  const skip = kind === 'postgres' && !withPostgres;
  const options = (): StoreOptions =>
    kind === 'sqlite' ? { dataFolder: folder } : { databaseUrl: postgres?.url ?? '', dataFolder: folder };
  let store: Store;
  let ordinal = 0;
  beforeAll(async () => {
    if (!skip) store = await openStore(options());
  });
  afterAll(async () => {
    if (!skip) await store.close();
  });
  const flowOf = (id: string, expression = '1', x = 0): Flow =>
    flowSchema.parse({
      format: 1,
      id,
      name: id,
      nodes: [{ id: 'map', type: 'map', config: { expression } }],
      layout: { positions: { map: { x, y: 0 } } },
    });
  async function aFlow(): Promise<string> {
    const id = `kept-${kind}-${++ordinal}`;
    await store.flows.create(flowOf(id), 'Mira');
    return id;
  }

  it.skipIf(skip)('keeps every digit and character of a test, and counts its revisions', async () => {
    const flow = await aFlow();
    const made = await store.flowTests.create(flow, test('Größe'), 'Mira');
    expect(made).toMatchObject({ id: 'grosse', revision: 1, updatedBy: 'Mira' });
    expect(testOf(await store.flowTests.get(flow, 'grosse'))).toEqual(test('Größe'));
    const saved = await store.flowTests.save(flow, 'grosse', test('Size'), 1, 'Jo');
    expect(saved).toMatchObject({ id: 'size', revision: 2, updatedBy: 'Jo' });
    expect((await store.flowTests.list(flow)).map(({ id }) => id)).toEqual(['size']);
    expect((await refusal(store.flowTests.save(flow, 'size', test('Size'), 1, 'Jo'))).code).toBe('stale');
    expect((await refusal(store.flowTests.get(flow, 'grosse'))).code).toBe('unknown');
  });

  it.skipIf(skip)('refuses a name whose file is taken, also when another is renamed, and what is too large', async () => {
    const flow = await aFlow();
    await store.flowTests.create(flow, test('A'), 'Mira');
    await store.flowTests.create(flow, test('B'), 'Mira');
    expect((await refusal(store.flowTests.create(flow, test('a!'), 'Mira'))).code).toBe('exists');
    expect((await refusal(store.flowTests.save(flow, 'b', test('A'), undefined, 'Mira'))).code).toBe('exists');
    const large = test('Large', { samples: [{ value: 'x'.repeat(flowTestLimits.bytes) }] });
    expect((await refusal(store.flowTests.create(flow, large, 'Mira'))).code).toBe('limit');
    expect((await refusal(store.flowTests.create('gone', test('A'), 'Mira'))).code).toBe('unknown');
  });

  it.skipIf(skip)('keeps the last result of a test for each draft, with every digit, and forgets old drafts', async () => {
    const flow = await aFlow();
    const { digest } = await store.flowTests.create(flow, test('A'), 'Mira');
    for (let draft = 0; draft < 15; draft++) {
      await store.flowTests.keep(flow, `hash-${draft}`, [{ digest, result: result('a') }], 'Mira');
      await store.flowTests.keep(flow, `hash-${draft}`, [{ digest, result: result('a') }], 'Jo');
    }
    const [kept, ...more] = await store.flowTests.results(flow, 'hash-14');
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ digest, by: 'Jo', result: result('a') });
    expect(await store.flowTests.results(flow, 'hash-0')).toEqual([]);
  });

  it.skipIf(skip)('knows who changed the logic last, whoever moved a box since', async () => {
    const flow = await aFlow();
    expect((await store.flows.get(flow)).logicBy).toBe('Mira');
    await store.flows.save(flowOf(flow, '1', 100), undefined, 'Jo');
    expect(await store.flows.get(flow)).toMatchObject({ updatedBy: 'Jo', logicBy: 'Mira' });
    await store.flows.save(flowOf(flow, '2', 100), undefined, 'Jo');
    expect((await store.flows.get(flow)).logicBy).toBe('Jo');
  });

  it.skipIf(skip)('keeps waivers, approvals of a draft and overrides; only overrides outlive the flow', async () => {
    const flow = await aFlow();
    await store.flowTests.waive(flow, { node: 'map', reason: 'First' }, 'Mira');
    await store.flowTests.waive(flow, { node: 'map', reason: 'Second' }, 'Mira');
    await store.flowTests.waive(flow, { node: 'map', port: 'out', reason: 'Third' }, 'Mira');
    expect(await store.flowTests.waivers(flow)).toEqual([
      { node: 'map', reason: 'Second' },
      { node: 'map', port: 'out', reason: 'Third' },
    ]);
    await store.gate.approve(flow, 'h', 'Jo', 'Fine');
    await store.gate.approve(flow, 'h', 'Jo', 'Fine still');
    expect(await store.gate.approvals(flow, 'h')).toMatchObject([{ by: 'Jo', comment: 'Fine still' }]);
    expect(await store.gate.approvals(flow, 'other')).toEqual([]);
    expect([await store.gate.withdraw(flow, 'h', 'Jo'), await store.gate.withdraw(flow, 'h', 'Jo')]).toEqual([true, false]);
    const override = {
      version: 1,
      at: '2026-01-03T10:00:00.000Z',
      by: 'Jo',
      reason: 'It must be',
      environment: 'production' as const,
      blocked: [{ id: 'tests' as const, sentence: 'No tests.' }],
    };
    await store.gate.recordOverride(flow, override);
    await store.flows.remove(flow);
    expect(await store.flowTests.waivers(flow)).toEqual([]);
    expect(await store.gate.overrides(flow)).toEqual([override]);
  });
});
