import { beforeAll, expect, it } from 'vitest';
import type { Store } from '#server/store/store.ts';
import { flowSchema } from '#shared/flow.ts';
import type { FlowEvent } from '#shared/flow-event.ts';
import type { Plan } from '#shared/plan.ts';
import { describeStores } from './both-stores.ts';

const minute = 60_000;
const nine = Date.parse('2026-03-02T09:00:00Z');
const event = (flow: string, at: number, more: Partial<FlowEvent> = {}): FlowEvent => ({
  flow,
  at: nine + at * minute,
  kind: 'pause',
  sentence: 'The delivery to ERP was paused by Mira.',
  ...more,
});

describeStores('what happened to a flow', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  it('comes back whole, oldest first, of this flow and this time alone', async () => {
    const full = event('a', 5, { who: 'Mira', version: 3, link: '/flows/a', until: nine + 6 * minute });
    await store.flowEvents.add(event('a', 9));
    await store.flowEvents.add(full);
    await store.flowEvents.add(event('a', 20));
    await store.flowEvents.add(event('other', 6));
    expect(await store.flowEvents.range('a', nine + 5 * minute, nine + 20 * minute)).toEqual([full, event('a', 9)]);
  });

  it('includes what began before and went on', async () => {
    const long = event('b', 0, { kind: 'canary', sentence: 'A tenth of the traffic.', until: nine + 30 * minute });
    await store.flowEvents.add(long);
    await store.flowEvents.add(event('b', 1));
    expect(await store.flowEvents.range('b', nine + 10 * minute, nine + 20 * minute)).toEqual([long]);
  });

  it('makes one long mark of a loop of crashes, and two of crashes that are far apart or differ', async () => {
    const crash = (at: number, sentence = 'The worker ended: out of memory.') => event('c', at, { kind: 'crash', sentence });
    for (const at of [0, 1, 5, 11, 40]) await store.flowEvents.add(crash(at));
    await store.flowEvents.add(crash(41, 'The worker ended: lost the broker.'));
    expect(await store.flowEvents.range('c', nine, nine + 60 * minute)).toEqual([
      { ...crash(0), until: nine + 5 * minute },
      crash(11),
      crash(40),
      crash(41, 'The worker ended: lost the broker.'),
    ]);
  });

  it('tells each deployment with its version and who, and forgets all with the flow', async () => {
    const flow = flowSchema.parse({ format: 1, id: 'd', name: 'Orders', nodes: [{ id: 'in', type: 'webhook' }] });
    await store.flows.create(flow, 'Ann');
    const settings = { onError: 'dead-letter', messageTimeoutMs: 1000, quarantineAfter: 3, memoryMb: 64 } as const;
    const plan = (version: number): Plan => ({
      flow: 'd',
      version,
      hash: `h${version}`,
      stages: [],
      topics: [],
      deadLetterTopic: 'x',
      paths: [],
      settings,
    });
    for (const who of ['Ann', 'Mira']) {
      const { version } = await store.versions.publish(flow, who, '');
      await store.deployments.record(plan(version), { barrier: [], topicsCreated: [] }, who);
    }
    await store.flowEvents.add({ flow: 'd', at: Date.now() + 5, kind: 'stop', sentence: 'The flow was stopped by Mira.', who: 'Mira' });
    const range = () => store.flowEvents.range('d', Date.now() - minute, Date.now() + minute);
    expect(await range()).toMatchObject([
      { kind: 'deploy', version: 1, who: 'Ann', sentence: 'Version 1 was deployed by Ann.' },
      { kind: 'deploy', version: 2, who: 'Mira', sentence: 'Version 2 was deployed by Mira, in place of version 1.' },
      { kind: 'stop' },
    ]);
    await store.flows.remove('d');
    expect(await range()).toEqual([]);
  });
});
