import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '#shared/alert/facts.ts';
import { type OpenIncident, step } from '#shared/alert/step.ts';
import { ruleOf } from './facts-sample.ts';

const rule = ruleOf({ kind: 'behind', minutes: 15 });
const found = (subject: string, level: Finding['level']): Finding => ({ subject, level, sentence: `${subject} is ${level}`, link: '/' });
const opened = (subject: string, more: Partial<OpenIncident> = {}): OpenIncident => ({
  id: subject,
  kind: 'behind',
  rule: 'r',
  flow: 'shop',
  subject,
  since: 0,
  sentence: `${subject} is met`,
  link: '/',
  told: true,
  ...more,
});

describe('incidents', () => {
  it('open when the condition is met, not when it is near', () => {
    expect(step(rule, 'shop', [], [found('a', 'met'), found('b', 'near')], 5).opened).toMatchObject([
      { subject: 'a', since: 5, told: true },
    ]);
  });

  it('go on while the condition is near, and are over after the calm', () => {
    const open = opened('a');
    expect(step(rule, 'shop', [open], [found('a', 'near')], 5)).toMatchObject({ opened: [], changed: [], closed: [] });
    const calm = step(rule, 'shop', [open], [], 1000);
    expect(calm).toMatchObject({ changed: [{ calmSince: 1000 }], closed: [] });
    expect(step(rule, 'shop', calm.changed, [], 60_000)).toMatchObject({ closed: [] });
    expect(step(rule, 'shop', calm.changed, [], 61_000)).toMatchObject({ closed: [{ subject: 'a', until: 61_000 }] });
    expect(step(rule, 'shop', calm.changed, [found('a', 'met')], 30_000).changed[0]?.calmSince).toBeUndefined();
  });

  it('are over at once when their rule is switched off', () => {
    expect(step({ ...rule, enabled: false }, 'shop', [opened('a')], [], 5).closed).toHaveLength(1);
  });

  it('of a muted rule are told when it is muted no longer and they still go on', () => {
    const muted = { ...rule, mutedUntil: 100 };
    const first = step(muted, 'shop', [], [found('a', 'met')], 50);
    expect(first).toMatchObject({ opened: [{ told: false }], tell: { opened: [], ids: [] } });
    const open = opened('a', { told: false });
    expect(step(muted, 'shop', [open], [found('a', 'met')], 90).tell.ids).toEqual([]);
    expect(step(muted, 'shop', [open], [found('a', 'met')], 110)).toMatchObject({ tell: { ids: ['a'] }, changed: [{ told: true }] });
    expect(step(muted, 'shop', [open], [found('a', 'near')], 110).tell.ids).toEqual([]);
  });

  it('never are two of one subject at a time, and each is told once, whatever comes', () => {
    const levels = fc.constantFrom<Finding['level'] | undefined>('met', 'near', undefined);
    const look = fc.record({ ms: fc.integer({ min: 1, max: 90_000 }), a: levels, b: levels, muted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        let now = 0;
        let open: OpenIncident[] = [];
        const told = new Map<string, number>();
        let ids = 0;
        for (const { ms, a, b, muted } of looks) {
          now += ms;
          const findings = [...(a ? [found('a', a)] : []), ...(b ? [found('b', b)] : [])];
          const result = step(muted ? { ...rule, mutedUntil: now + 1 } : rule, 'shop', open, findings, now);
          const fresh = result.opened.map((incident) => ({ ...incident, id: `${ids++}` }));
          const tells = [...result.tell.ids, ...result.tell.opened.map((at) => fresh[at]?.id ?? '')];
          for (const id of tells) told.set(id, (told.get(id) ?? 0) + 1);
          const gone = new Set(result.closed.map(({ id }) => id));
          const changed = new Map(result.changed.map((incident) => [incident.id, incident]));
          open = [...open.filter(({ id }) => !gone.has(id)).map((incident) => changed.get(incident.id) ?? incident), ...fresh];
          expect(new Set(open.map(({ subject }) => subject)).size).toBe(open.length);
          for (const finding of findings)
            if (finding.level === 'met') expect(open.some(({ subject }) => subject === finding.subject)).toBe(true);
          for (const { id, told: said } of open) expect(told.get(id) ?? 0).toBe(said ? 1 : 0);
        }
        for (const count of told.values()) expect(count).toBe(1);
      }),
      { numRuns: 300 },
    );
  });
});
