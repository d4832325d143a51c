import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewSample } from '#server/store/samples.ts';
import { openStore, type Store, type StoreOptions } from '#server/store/store.ts';
import type { StoreError } from '#server/store/store-error.ts';
import { formatFlow } from '#shared/document.ts';
import { flowSchema } from '#shared/flow.ts';
import { sampleLimits } from '#shared/sample.ts';
import { createMasker, defaultMasks, type Mask } from '#shared/sample-masks.ts';
import { hasPostgres, startPostgres, type TestPostgres } from '../../postgres.ts';

const withPostgres = hasPostgres();
let postgres: TestPostgres | undefined;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-samples-'));
  if (withPostgres) postgres = await startPostgres();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const sample = (name: string, text = '{"a":1}'): NewSample => ({
  name,
  origin: { kind: 'pasted' },
  message: { key: null, headers: {}, timestamp: null, value: { text, encoding: 'utf8' } },
  masked: 0,
});
const mask = (path: string): Mask => ({ in: 'value', path, kind: 'hide' });
const refusal = async (promise: Promise<unknown>): Promise<StoreError> =>
  promise.then(
    () => expect.unreachable(),
    (error: StoreError) => error,
  );

describe.each(['sqlite', 'postgres'] as const)('samples on %s', (kind) => {
  const skip = kind === 'postgres' && !withPostgres;
  const options = (): StoreOptions =>
    kind === 'sqlite' ? { dataFolder: folder } : { databaseUrl: postgres?.url ?? '', dataFolder: folder };
  let store: Store;
  let ordinal = 0;
  beforeAll(async () => {
    if (!skip) store = await openStore(options());
  });
  afterAll(async () => {
    await store?.close();
  });

  async function aFlow(): Promise<string> {
    const flow = flowSchema.parse({ format: 1, id: `flow-${++ordinal}`, name: 'Orders', nodes: [{ id: 'in', type: 'webhook' }] });
    await store.flows.create(flow, 'ann');
    return flow.id;
  }

  describe.skipIf(skip)('each', () => {
    it('is given back to the byte, also with NUL characters and bytes that are no text', async () => {
      const flow = await aFlow();
      const message = {
        key: { text: 'a\u0000b', encoding: 'utf8' as const },
        headers: { x: { text: 'AP8=', encoding: 'base64' as const } },
        timestamp: 1_700_000_000_000,
        value: { text: '{"id": 12345678901234567890,\n "t": "\u0000 ä 😀"}', encoding: 'utf8' as const },
      };
      const origin = { kind: 'topic', position: 'orders/0/7' } as const;
      const [added] = await store.samples.add(flow, 'ann', () => [{ name: 'One', origin, message, masked: 2 }]);
      const { value, ...rest } = message;
      expect(added).toMatchObject({
        name: 'One',
        origin,
        createdBy: 'ann',
        masked: 2,
        size: 3 + 3 + Buffer.byteLength(value.text),
        preview: value.text,
        ...rest,
      });
      expect(added).not.toHaveProperty('value');
      expect(await store.samples.get(flow, added?.id ?? '')).toEqual({ ...added, value });
      expect(await store.samples.list(flow, { values: true })).toEqual([{ ...added, value }]);
    });

    it('can be a tombstone', async () => {
      const flow = await aFlow();
      const gone = { ...sample('Gone'), message: { key: null, headers: {}, timestamp: 1, value: null } };
      const [added] = await store.samples.add(flow, 'ann', () => [gone]);
      expect(await store.samples.get(flow, added?.id ?? '')).toMatchObject({ value: null, size: 0, preview: '' });
    });

    it('stands in the order in which it was taken, can be renamed and removed, and belongs to its flow alone', async () => {
      const [flow, other] = [await aFlow(), await aFlow()];
      await store.samples.add(flow, 'ann', () => [sample('A'), sample('B')]);
      await store.samples.add(flow, 'bob', () => [sample('C')]);
      const [a, b] = await store.samples.list(flow);
      expect((await store.samples.rename(flow, a?.id ?? '', 'First')).name).toBe('First');
      expect((await store.samples.remove(flow, b?.id ?? '')).name).toBe('B');
      expect((await store.samples.list(flow)).map(({ name }) => name)).toEqual(['First', 'C']);
      for (const attempt of [
        () => store.samples.get(other, a?.id ?? ''),
        () => store.samples.rename(other, a?.id ?? '', 'Mine'),
        () => store.samples.remove(flow, b?.id ?? ''),
        () => store.samples.get(flow, 'a\u0000b'),
        () => store.samples.add('nowhere', 'ann', () => [sample('A')]),
      ])
        expect(['unknown', 'invalid']).toContain((await refusal(attempt())).code);
      expect(await store.samples.list(other)).toEqual([]);
    });

    it('leaves the document, its revision and its versions as they are, and goes with the flow', async () => {
      const flow = await aFlow();
      const before = await store.flows.get(flow);
      const version = await store.versions.publish(before.flow, 'ann', '');
      await store.samples.add(flow, 'ann', () => [sample('A')]);
      await store.samples.setMasks(flow, [mask('a')], undefined, 'ann', createMasker([mask('a')]));
      const after = await store.flows.get(flow);
      expect(after).toEqual({ ...before, latestVersion: 1 });
      expect(formatFlow(after.flow)).toBe(formatFlow(before.flow));
      expect((await store.versions.publish(after.flow, 'ann', '')).hash).toBe(version.hash);
      expect(JSON.stringify(await store.versions.get(flow, 2))).not.toContain('sample');
      await store.flows.remove(flow);
      await store.flows.create(before.flow, 'ann');
      expect(await store.samples.list(flow)).toEqual([]);
      expect(await store.samples.masks(flow)).toMatchObject({ revision: 0, default: true });
    });

    it('is refused when the workspace would hold too many, also to the later of several at once', async () => {
      const flow = await aFlow();
      const many = () => Array.from({ length: 60 }, (_, index) => sample(`${index}`));
      const added = await Promise.allSettled(Array.from({ length: 5 }, () => store.samples.add(flow, 'ann', many)));
      expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(await store.samples.list(flow)).toHaveLength(180);
      const refused = await refusal(store.samples.add(flow, 'ann', many));
      expect(refused).toMatchObject({ code: 'limit', message: 'A flow keeps at most 200 samples: there is room for 20 more, not for 60.' });
    });

    it('is refused when all would take too many bytes', async () => {
      const flow = await aFlow();
      const text = 'x'.repeat(sampleLimits.bytes);
      const count = sampleLimits.flowBytes / sampleLimits.bytes;
      await store.samples.add(flow, 'ann', () => Array.from({ length: count }, () => sample('Large', text)));
      expect(await refusal(store.samples.add(flow, 'ann', () => [sample('One more')]))).toMatchObject({ code: 'limit' });
    });
  });

  describe.skipIf(skip)('their masks', () => {
    it('are the default ones until somebody sets others, and those are what new samples are made with', async () => {
      const flow = await aFlow();
      expect(await store.samples.masks(flow)).toEqual({ masks: [...defaultMasks], revision: 0, default: true });
      const masks = [mask('customer.email')];
      expect((await store.samples.setMasks(flow, masks, 0, 'ann', createMasker(masks))).masks).toEqual({
        masks,
        revision: 1,
        default: false,
      });
      let seen: readonly Mask[] = [];
      await store.samples.add(flow, 'ann', (given) => {
        seen = given;
        return [];
      });
      expect(seen).toEqual(masks);
    });

    it('are not set over those of somebody else', async () => {
      const flow = await aFlow();
      const set = (path: string) => store.samples.setMasks(flow, [mask(path)], 0, path, createMasker([mask(path)]));
      const both = await Promise.allSettled([set('a'), set('b')]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await refusal(set('c'))).toMatchObject({ code: 'stale', revision: 1 });
      expect((await store.samples.setMasks(flow, [], undefined, 'ann', createMasker([]))).masks.revision).toBe(2);
    });

    it('mask what is stored already', async () => {
      const flow = await aFlow();
      const text = '{"id":12345678901234567890,"email":"ann@shop.org"}';
      await store.samples.add(flow, 'ann', () => [sample('A', text), sample('B', '{"other":1}')]);
      const { changed } = await store.samples.setMasks(flow, [mask('email')], 0, 'ann', createMasker([mask('email')]));
      expect(changed).toBe(1);
      const [a, b] = await store.samples.list(flow, { values: true });
      expect(a).toMatchObject({ value: { text: '{"id":12345678901234567890,"email":"•••"}' }, masked: 1 });
      expect(a?.preview).not.toContain('ann');
      expect(b).toMatchObject({ value: { text: '{"other":1}' }, masked: 0 });
    });
  });
});
