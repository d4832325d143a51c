import { describe, expect, it } from 'vitest';
import { canaryObstacles, canaryTakes, versionOf } from '#shared/canary.ts';
import type { Plan } from '#shared/plan.ts';

const key = (text: string) => Buffer.from(text);

describe('the keys of a canary', () => {
  it('are the asked share of all keys, for every flow other ones', () => {
    for (const flow of ['orders', 'customers']) {
      for (const share of [0.01, 0.1, 0.5]) {
        const keys = Array.from({ length: 20_000 }, (_, at) => `order-${at}`);
        const taken = keys.filter((one) => canaryTakes(flow, key(one), 'o/0/1', share)).length;
        expect(taken / keys.length).toBeGreaterThan(share * 0.85);
        expect(taken / keys.length).toBeLessThan(share * 1.15);
      }
    }
    const both = Array.from({ length: 5000 }, (_, at) => key(`k${at}`)).filter(
      (one) => canaryTakes('orders', one, '', 0.2) && canaryTakes('customers', one, '', 0.2),
    ).length;
    expect(both / 5000).toBeLessThan(0.06);
  });

  it('stay the same, and a larger share keeps those of a smaller one', () => {
    for (let at = 0; at < 2000; at++) {
      const one = key(`k${at}`);
      const small = canaryTakes('f', one, 'a/0/1', 0.1);
      expect(canaryTakes('f', one, 'b/3/99', 0.1)).toBe(small);
      if (small) expect(canaryTakes('f', one, 'a/0/1', 0.11)).toBe(true);
    }
    expect(canaryTakes('f', key('a'), '', 0)).toBe(false);
    expect(canaryTakes('f', key('a'), '', 1)).toBe(true);
  });

  it('go by the position where a message has none, and every entry of the ledger says who handled which', () => {
    const taken = Array.from({ length: 4000 }, (_, at) => canaryTakes('f', null, `orders/0/${at}`, 0.25)).filter(Boolean).length;
    expect(taken / 4000).toBeGreaterThan(0.2);
    expect(taken / 4000).toBeLessThan(0.3);
    const entry = { flow: 'f', version: 3, canary: { version: 4, share: 1, since: 1 } };
    expect(versionOf(entry, key('a'), '')).toBe(4);
    expect(versionOf({ flow: 'f', version: 3 }, key('a'), '')).toBe(3);
  });
});

describe('two versions side by side', () => {
  const plan = (version: number, change: (plan: Plan) => void = () => undefined): Plan => {
    const made: Plan = {
      flow: 'f',
      version,
      hash: `hash ${version}`,
      stages: [
        { kind: 'ingest', id: 'ingest-in', topic: 'millrace.f.in', node: node('in', 'source') },
        {
          kind: 'transform',
          id: 'transform',
          group: 'millrace.f.transform',
          inputs: [{ topic: 'millrace.f.in', node: 'in', from: 'earliest', format: 'json' }],
          nodes: [node('in', 'source'), { ...node('map', 'transform'), config: { version } }, node('out', 'sink')],
          edges: [],
          sinkTopics: { out: 'millrace.f.out' },
        },
        {
          kind: 'deliver',
          id: 'deliver-out',
          group: 'millrace.f.deliver-out',
          input: { topic: 'millrace.f.out', node: 'out', from: 'earliest', format: 'json' },
          node: node('out', 'sink'),
        },
      ],
      topics: [{ name: 'millrace.f.in', partitions: 1, config: {}, own: true }],
      deadLetterTopic: 'millrace.f.dead',
      paths: [],
      settings: { onError: 'dead-letter', messageTimeoutMs: 1000, quarantineAfter: 3, memoryMb: 64 },
    };
    change(made);
    return made;
  };
  const node = (id: string, kind: 'source' | 'transform' | 'sink') => ({ id, type: id, kind, label: id.toUpperCase(), config: {} });

  it('may differ in what happens inside', () => {
    expect(canaryObstacles(plan(1), plan(2))).toEqual([]);
  });

  it('may not differ in sources, deliveries or topics, and must differ in something', () => {
    const say = (change: (plan: Plan) => void) => canaryObstacles(plan(1), plan(2, change));
    expect(say(({ stages }) => Object.assign(stages[2] as object, { node: { ...node('out', 'sink'), config: { url: 'x' } } }))).toEqual([
      'The settings of the sink “OUT” differ, and one stage delivers for both versions.',
    ]);
    expect(say(({ stages }) => Object.assign(stages[0] as object, { node: { ...node('in', 'source'), config: { path: 'x' } } }))).toEqual([
      'The source “IN” differs between the two versions, and a message comes in only once.',
    ]);
    expect(say(({ topics }) => topics.push({ name: 'new', partitions: 1, config: {}, own: true }))).toEqual([
      'The topic “new” is not used by both versions in the same way.',
    ]);
    expect(say((made) => Object.assign(made, { hash: 'hash 1' }))).toEqual([
      'Version 2 does the same as version 1, so there is nothing to try.',
    ]);
    // A label is only a name.
    expect(say(({ stages }) => Object.assign(stages[2] as object, { node: { ...node('out', 'sink'), label: 'CRM' } }))).toEqual([]);
  });
});
