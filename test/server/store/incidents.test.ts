import { beforeAll, expect, it } from 'vitest';
import type { Store } from '#server/store/store.ts';
import type { OpenIncident } from '#shared/alert/step.ts';
import { defaultRules } from '#shared/alert.ts';
import { flowSchema } from '#shared/flow.ts';
import { describeStores } from './both-stores.ts';

/** Milliseconds that a 32-bit column would not hold. */
const nine = Date.parse('2026-03-02T09:00:00Z');
const incident = (id: string, flow: string, more: Partial<OpenIncident> = {}): OpenIncident => ({
  id,
  kind: 'sink-paused',
  rule: 'r',
  flow,
  subject: id,
  node: 'erp',
  since: nine,
  sentence: 'ERP is paused.',
  link: '/flows/a',
  told: true,
  ...more,
});
const noticed = { opened: [], changed: [], notices: [] };

describeStores('incidents', (opened) => {
  let store: Store;
  beforeAll(() => {
    store = opened();
  });

  it('come back with what is to be told of them, those that go on first', async () => {
    const over = incident('1', 'a', { until: nine + 5000 });
    const notices = [{ id: 'n1', channel: 'c', incident: '2', phase: 'start' as const, at: nine }];
    await store.incidents.apply({ ...noticed, opened: [incident('1', 'a'), incident('2', 'a')], notices });
    await store.incidents.apply({ ...noticed, changed: [over] });
    expect((await store.incidents.open()).map(({ id }) => id)).toEqual(['2']);
    expect((await store.incidents.list({ flow: 'a' })).map(({ id }) => id)).toEqual(['2', '1']);
    expect((await store.incidents.list({ flow: 'a', open: false })).map(({ until }) => until)).toEqual([nine + 5000]);
    expect(await store.incidents.range('a', nine + 6000, nine + 9000)).toMatchObject([{ id: '2' }]);
    expect(await store.notices.due(nine)).toMatchObject([{ id: 'n1', incident: '2', phase: 'start' }]);
  });

  it('are one at a time of rule, flow and subject, and nothing of a refused change stays', async () => {
    const twice = incident('3', 'b', { subject: 's' });
    await store.incidents.apply({ ...noticed, opened: [twice] });
    const notices = [{ id: 'n9', channel: 'c', incident: '4', phase: 'start' as const, at: nine }];
    await expect(store.incidents.apply({ ...noticed, opened: [{ ...twice, id: '4' }], notices })).rejects.toMatchObject({ code: 'exists' });
    expect((await store.notices.due(nine)).filter(({ incident: id }) => id === '4')).toEqual([]);
    await store.incidents.apply({ ...noticed, changed: [{ ...twice, until: nine + 1 }], opened: [] });
    await store.incidents.apply({ ...noticed, opened: [{ ...twice, id: '5' }] });
  });

  it('are acknowledged by whoever was first', async () => {
    await store.incidents.apply({ ...noticed, opened: [incident('6', 'c')] });
    expect((await store.incidents.acknowledge('6', 'Mira', nine + 1)).acknowledged).toEqual({ at: nine + 1, who: 'Mira' });
    expect((await store.incidents.acknowledge('6', 'Tom', nine + 2)).acknowledged?.who).toBe('Mira');
    await expect(store.incidents.acknowledge('none', 'Tom', nine)).rejects.toMatchObject({ code: 'unknown' });
  });

  it('are told once to each channel at each phase, in messages that keep their name', async () => {
    const notice = (id: string) => ({ id, channel: 'mail', incident: '7', phase: 'start' as const, at: nine });
    await store.incidents.apply({ ...noticed, opened: [incident('7', 'd')], notices: [notice('x'), notice('y')] });
    const due = (await store.notices.due(nine)).filter(({ channel }) => channel === 'mail');
    expect(due).toHaveLength(1);
    await store.notices.batch(
      due.map(({ id }) => id),
      'message',
    );
    await store.notices.postpone('message', nine + 5000, 'It answered 503.');
    expect((await store.notices.due(nine)).filter(({ channel }) => channel === 'mail')).toEqual([]);
    expect(await store.notices.due(nine + 5000)).toContainEqual(expect.objectContaining({ batch: 'message', attempts: 1 }));
    expect((await store.notices.health(nine)).get('mail')).toEqual({ waiting: 1, failed: 0, lastError: 'It answered 503.' });
    await store.notices.settle('message', 'sent', nine + 6000);
    expect(await store.notices.lastSent('mail')).toBe(nine + 6000);
    expect((await store.notices.health(nine)).get('mail')).toEqual({ sentAt: nine + 6000, waiting: 0, failed: 0 });
  });

  it('have rules that are there from the beginning and keep what was changed of them', async () => {
    const [first] = defaultRules;
    if (first === undefined) throw new Error('There are no default rules.');
    expect(await store.alerts.rules()).toEqual(defaultRules);
    await store.alerts.putRule({ ...first, enabled: false });
    expect((await store.alerts.rules())[0]).toEqual({ ...first, enabled: false });
    await expect(store.alerts.removeRule(first.id)).rejects.toMatchObject({ code: 'exists' });
    await store.alerts.putRule({ ...first, id: 'mine', name: 'Mine' });
    expect((await store.alerts.rules()).at(-1)?.id).toBe('mine');
    await store.alerts.removeRule('mine');
  });

  it('go with their flow', async () => {
    await store.flows.create(flowSchema.parse({ format: 1, id: 'gone', name: 'Gone', nodes: [], edges: [] }), 'test');
    await store.incidents.apply({ ...noticed, opened: [incident('8', 'gone')] });
    await store.flows.remove('gone');
    expect(await store.incidents.list({ flow: 'gone' })).toEqual([]);
  });
});
