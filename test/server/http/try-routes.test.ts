import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SavedSample } from '#shared/sample.ts';
import type { TrialResult } from '#shared/trial.ts';
import { aFlow, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.call('post', '/api/flows', { body: aFlow('shop') });
});
afterAll(() => server.close());

const attempt = (body: object, as: 'analyst' | 'viewer' = 'analyst', flow = 'shop') =>
  server.call('post', `/api/flows/${flow}/try`, { as, body });
const paste = async (text: string): Promise<string> => {
  const taken = await server.call('post', '/api/flows/shop/samples', { body: { from: 'paste', format: 'json', text } });
  return (taken.body.samples as SavedSample[])[0]?.id ?? expect.unreachable();
};

describe('trying a flow', () => {
  it('runs stored samples first, then the messages that are sent along, each with its name', async () => {
    const sample = await paste('{"id":1}');
    const { status, body } = await attempt({ samples: [sample], messages: [{ value: { id: 2 }, name: 'Second' }, { value: { id: 3 } }] });
    expect(status).toBe(200);
    const { inputs, records, nodes, problems } = body as TrialResult;
    expect(problems).toEqual([]);
    expect(inputs.map(({ name, node, sample: of }) => [name, node, of])).toEqual([
      [expect.any(String), 'in', sample],
      ['Second', 'in', undefined],
      ['Message 2', 'in', undefined],
    ]);
    expect(nodes.out?.out.in?.map((id) => records[id]?.value)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(records.find(({ node }) => node === 'out')).toMatchObject({ topic: 'millrace.shop.out', key: null });
  });

  it('runs the stored draft, or a document that is sent along, and names the logic that it ran', async () => {
    const messages = [{ value: 1, timestamp: 5 }];
    const stored = (await attempt({ messages })).body as TrialResult;
    const labelled = aFlow('shop', 'shop', { name: 'Other name' });
    const same = (await attempt({ messages, flow: labelled })).body as TrialResult;
    expect(same.hash).toBe(stored.hash);
    const longer = aFlow('shop', 'shop');
    longer.nodes[1] = { id: 'end', type: 'drain', config: {} } as never;
    longer.edges = [{ id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'end', port: 'in' } }];
    const other = (await attempt({ messages, flow: longer })).body as TrialResult;
    expect(other.hash).not.toBe(stored.hash);
    expect(Object.keys(other.nodes)).toEqual(['in', 'end']);
  });

  it('says what is wrong with the flow, and runs nothing', async () => {
    const broken = aFlow('shop', 'shop', { edges: [] });
    const { body } = await attempt({ messages: [{ value: 1 }], flow: broken });
    expect(body).toMatchObject({ records: [], nodes: {}, inputs: [] });
    expect((body as TrialResult).problems.some(({ severity }) => severity === 'error')).toBe(true);
  });

  it('refuses what it cannot run, each in one sentence', async () => {
    const sentences = await Promise.all(
      [
        attempt({ samples: ['nowhere'] }),
        attempt({ samples: [], messages: [] }),
        attempt({ messages: Array(101).fill({ value: 1 }) }),
        attempt({ messages: [{ value: 1 }], node: 'out' }),
        attempt({ messages: [{ value: 1 }], calls: { in: { mode: 'always' } } }),
        attempt({ messages: [{ value: 1 }] }, 'analyst', 'nowhere'),
        attempt({ messages: [{ value: 1 }] }, 'viewer'),
      ].map(async (answer) => [(await answer).status, (await answer).body.detail as string] as const),
    );
    expect(sentences.map(([status]) => status)).toEqual([404, 400, 400, 409, 400, 404, 403]);
    expect(sentences[0]?.[1]).toBe('This flow has no sample "nowhere".');
    expect(sentences[1]?.[1]).toContain('name samples, or send messages to try');
    expect(sentences[3]?.[1]).toBe('“out” is not a source of this flow; name one of its source nodes.');
  });

  it('changes neither the draft nor its samples, and calls nothing of the runtime', async () => {
    const before = await server.store.flows.get('shop');
    const samples = await server.store.samples.list('shop', { values: true });
    await attempt({ messages: [{ value: 1 }] });
    expect(await server.store.flows.get('shop')).toEqual(before);
    expect(await server.store.samples.list('shop', { values: true })).toEqual(samples);
    expect(await server.store.recordings.list('shop')).toEqual([]);
  });
});
