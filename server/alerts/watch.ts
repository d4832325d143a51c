import { randomUUID } from 'node:crypto';
import { evaluate, lookBack } from '#shared/alert/evaluate.ts';
import type { FlowFacts, LookBack } from '#shared/alert/facts.ts';
import { type OpenIncident, step } from '#shared/alert/step.ts';
import type { AlertChannel, AlertRule } from '#shared/alert.ts';
import type { IncidentStore } from '../store/incidents.ts';
import type { NewNotice } from '../store/notices.ts';

export interface WatchOptions {
  rules(): Promise<AlertRule[]>;
  channels(): Promise<AlertChannel[]>;
  incidents: Pick<IncidentStore, 'open' | 'apply'>;
  facts(look: LookBack, now: number): Promise<FlowFacts[]>;
  clock(): number;
}

/** What a look has changed. */
export interface Look {
  open: OpenIncident[];
  opened: OpenIncident[];
  closed: OpenIncident[];
}

/**
 * Looks once: evaluates every rule over every flow, and keeps what has begun, goes on or is over together with what is to be
 * told of it. What belongs to a flow that is not deployed any more, or to a rule that is gone, is over.
 */
export async function lookOnce(options: WatchOptions): Promise<Look> {
  const now = options.clock();
  const [rules, channels, open] = await Promise.all([options.rules(), options.channels(), options.incidents.open()]);
  const facts = await options.facts(lookBack(rules), now);
  const opened: OpenIncident[] = [];
  const changed: OpenIncident[] = [];
  const closed: OpenIncident[] = [];
  const notices: NewNotice[] = [];
  const known = new Set<string>();

  const tell = (rule: AlertRule, incident: string, phase: 'start' | 'end'): void => {
    const wanted = channels.filter(({ id, enabled }) => enabled && (rule.channels.length === 0 || rule.channels.includes(id)));
    for (const channel of wanted) notices.push({ id: randomUUID(), channel: channel.id, incident, phase, at: now });
  };
  const end = (rule: AlertRule, incident: OpenIncident): void => {
    closed.push(incident);
    const muted = rule.mutedUntil !== undefined && rule.mutedUntil > now;
    if (rule.tellEnd && rule.enabled && incident.told && !muted) tell(rule, incident.id, 'end');
  };

  for (const rule of rules) {
    for (const flow of facts) {
      const mine = open.filter((incident) => incident.rule === rule.id && incident.flow === flow.flow);
      for (const { id } of mine) known.add(id);
      const result = step(rule, flow.flow, mine, evaluate(rule, flow, now), now);
      const fresh = result.opened.map((incident) => ({ ...incident, id: randomUUID() }));
      opened.push(...fresh);
      changed.push(...result.changed);
      for (const at of result.tell.opened) {
        const incident = fresh[at];
        if (incident) tell(rule, incident.id, 'start');
      }
      for (const id of result.tell.ids) tell(rule, id, 'start');
      for (const incident of result.closed) end(rule, incident);
    }
  }
  for (const incident of open) {
    if (known.has(incident.id)) continue;
    const rule = rules.find(({ id }) => id === incident.rule);
    const over = { ...incident, until: now };
    if (rule) end(rule, over);
    else closed.push(over);
  }

  const isChanged = opened.length > 0 || changed.length > 0 || closed.length > 0;
  if (isChanged || notices.length > 0) await options.incidents.apply({ opened, changed: [...changed, ...closed], notices });
  const gone = new Set(closed.map(({ id }) => id));
  const latest = new Map(changed.map((incident) => [incident.id, incident]));
  const going = open.filter(({ id }) => !gone.has(id)).map((incident) => latest.get(incident.id) ?? incident);
  return { open: [...going, ...opened], opened, closed };
}
