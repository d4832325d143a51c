import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AlertChannel, AlertRule } from '#shared/alert.ts';
import {
  channelInputSchema,
  channelSchema,
  incidentQuerySchema,
  incidentSchema,
  muteSchema,
  ruleInputSchema,
  ruleSchema,
} from '#shared/alert-schemas.ts';
import type { AppDeps } from './deps.ts';
import { Refusal } from './refusal.ts';
import { json, type Route, type Who } from './route.ts';

const tag = 'Alerts';

/** Incidents, the rules that open them, and the channels that tell of them. No answer holds a secret. */
export function alertRoutes({ store, alerts, catalog }: AppDeps): Route[] {
  async function ruleOf(id: string): Promise<AlertRule> {
    const rule = (await store.alerts.rules()).find((one) => one.id === id);
    if (!rule) throw new Refusal(404, 'request/unknown', `There is no alert rule "${id}".`);
    return rule;
  }
  async function requirePlace(flow: string | undefined, id: string): Promise<void> {
    if (flow === undefined) throw new Refusal(400, 'alert/flow', 'Choose the flow whose field is to be watched.');
    const node = (await store.flows.get(flow)).flow.nodes.find((one) => one.id === id);
    const kind = node && catalog.types.get(node.type)?.kind;
    if (kind !== 'source' && kind !== 'sink')
      throw new Refusal(400, 'alert/node', 'Choose a source or a sink of the flow: of what goes from node to node nothing is kept.');
  }
  async function channelOf(id: string): Promise<AlertChannel> {
    const channel = (await store.alerts.channels()).find((one) => one.id === id);
    if (!channel) throw new Refusal(404, 'request/unknown', `There is no alert channel "${id}".`);
    return channel;
  }
  async function keepRule(rule: AlertRule, who: Who, action: string): Promise<AlertRule> {
    if (rule.flow !== undefined) await store.flows.revision(rule.flow);
    if (rule.condition.kind === 'field-empty') await requirePlace(rule.flow, rule.condition.node);
    await store.alerts.putRule(rule);
    await store.audit.add({ who: who.name, action, ...(rule.flow !== undefined && { flow: rule.flow }), detail: ruleDetail(rule) });
    await alerts.look();
    return rule;
  }
  async function keepChannel(channel: AlertChannel, who: Who, action: string): Promise<AlertChannel> {
    if (channel.to.kind === 'webhook' && channel.to.url === '' && channel.to.urlSecret === undefined)
      throw new Refusal(400, 'alert/address', 'Give the address of the webhook, or name the secret that holds it.');
    await store.alerts.putChannel(channel);
    await store.audit.add({ who: who.name, action, detail: `${channel.name}, ${channel.to.kind}` });
    return channel;
  }

  return [
    json({
      method: 'get',
      path: '/api/incidents',
      role: 'viewer',
      tag,
      summary: 'Incidents: those that go on first, then the newest.',
      query: incidentQuerySchema,
      response: { status: 200, description: 'Incidents.', schema: z.array(incidentSchema) },
      async handle({ query }) {
        return { body: await store.incidents.list({ ...query, open: query.open === undefined ? undefined : query.open === 'true' }) };
      },
    }),
    json({
      method: 'post',
      path: '/api/incidents/:id/acknowledge',
      role: 'analyst',
      tag,
      summary: 'Says that somebody looks after it. Who was first stays.',
      response: { status: 200, description: 'The incident.', schema: incidentSchema },
      errors: [404],
      async handle({ params, who }) {
        const incident = await store.incidents.acknowledge(params.id, who.name, Date.now());
        await store.audit.add({
          who: who.name,
          action: 'incident/acknowledge',
          flow: incident.flow,
          detail: incident.sentence.slice(0, 300),
        });
        await alerts.look();
        return { body: incident };
      },
    }),
    json({
      method: 'get',
      path: '/api/alerts/rules',
      role: 'viewer',
      tag,
      summary: 'The rules; those that Millrace brings come first.',
      response: { status: 200, description: 'Rules.', schema: z.array(ruleSchema) },
      async handle() {
        return { body: await store.alerts.rules() };
      },
    }),
    json({
      method: 'post',
      path: '/api/alerts/rules',
      role: 'admin',
      tag,
      summary: 'Adds a rule.',
      body: ruleInputSchema,
      response: { status: 201, description: 'The rule.', schema: ruleSchema },
      errors: [404],
      async handle({ body, who }) {
        return { status: 201, body: await keepRule({ ...body, id: randomUUID() }, who, 'alert/rule-create') };
      },
    }),
    json({
      method: 'put',
      path: '/api/alerts/rules/:id',
      role: 'admin',
      tag,
      summary: 'Changes a rule. Incidents of a rule that is switched off are over.',
      body: ruleInputSchema,
      response: { status: 200, description: 'The rule.', schema: ruleSchema },
      errors: [404],
      async handle({ params, body, who }) {
        const { mutedUntil } = await ruleOf(params.id);
        const rule = { ...body, id: params.id, ...(mutedUntil !== undefined && { mutedUntil }) };
        return { body: await keepRule(rule, who, 'alert/rule-change') };
      },
    }),
    json({
      method: 'delete',
      path: '/api/alerts/rules/:id',
      role: 'admin',
      tag,
      summary: 'Removes a rule. Those that Millrace brings can only be switched off.',
      response: { status: 204, description: 'Removed.' },
      errors: [404, 409],
      async handle({ params, who }) {
        const rule = await store.alerts.removeRule(params.id);
        await store.audit.add({ who: who.name, action: 'alert/rule-remove', detail: ruleDetail(rule) });
        await alerts.look();
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/alerts/rules/:id/mute',
      role: 'analyst',
      tag,
      summary: 'Tells nobody for so many minutes; 0 ends that. Incidents open all the same.',
      body: muteSchema,
      response: { status: 200, description: 'The rule.', schema: ruleSchema },
      errors: [404],
      async handle({ params, body, who }) {
        const { mutedUntil: _before, ...rule } = await ruleOf(params.id);
        const muted = body.minutes === 0 ? rule : { ...rule, mutedUntil: Date.now() + body.minutes * 60_000 };
        await store.alerts.putRule(muted);
        await store.audit.add({ who: who.name, action: 'alert/mute', detail: `${rule.name}, ${body.minutes} min` });
        return { body: muted };
      },
    }),
    json({
      method: 'get',
      path: '/api/alerts/channels',
      role: 'viewer',
      tag,
      summary: 'The channels and how they fare. Only admins see the whole of an address.',
      response: { status: 200, description: 'Channels.', schema: z.array(channelSchema) },
      async handle({ who }) {
        const health = await store.notices.health(Date.now());
        const channels = await store.alerts.channels();
        return {
          body: channels.map((channel) => ({
            ...shownTo(who, channel),
            health: health.get(channel.id) ?? { waiting: 0, failed: 0 },
          })),
        };
      },
    }),
    json({
      method: 'post',
      path: '/api/alerts/channels',
      role: 'admin',
      tag,
      summary: 'Adds a channel: a webhook, signed if it names a secret, or e-mail.',
      body: channelInputSchema,
      response: { status: 201, description: 'The channel.', schema: channelInputSchema.extend({ id: z.string() }) },
      async handle({ body, who }) {
        return { status: 201, body: await keepChannel({ ...body, id: randomUUID() }, who, 'alert/channel-create') };
      },
    }),
    json({
      method: 'put',
      path: '/api/alerts/channels/:id',
      role: 'admin',
      tag,
      summary: 'Changes a channel.',
      body: channelInputSchema,
      response: { status: 200, description: 'The channel.', schema: channelInputSchema.extend({ id: z.string() }) },
      errors: [404],
      async handle({ params, body, who }) {
        await channelOf(params.id);
        return { body: await keepChannel({ ...body, id: params.id }, who, 'alert/channel-change') };
      },
    }),
    json({
      method: 'delete',
      path: '/api/alerts/channels/:id',
      role: 'admin',
      tag,
      summary: 'Removes a channel.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        const channel = await store.alerts.removeChannel(params.id);
        await store.audit.add({ who: who.name, action: 'alert/channel-remove', detail: channel.name });
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/alerts/channels/:id/test',
      role: 'admin',
      tag,
      summary: 'Sends a test to a channel now, once.',
      response: { status: 204, description: 'The other side has taken it.' },
      errors: [404, 409],
      async handle({ params, who }) {
        const channel = await channelOf(params.id);
        try {
          await alerts.test(channel);
        } catch (error) {
          throw new Refusal(409, 'alert/not-sent', error instanceof Error ? error.message : String(error), { cause: error });
        } finally {
          await store.audit.add({ who: who.name, action: 'alert/test', detail: channel.name });
        }
        return {};
      },
    }),
  ];
}

/** The address of a webhook may be as good as a password: of it only admins see more than where it leads. */
function shownTo(who: Who, channel: AlertChannel): AlertChannel {
  const { to } = channel;
  if (who.role === 'admin' || to.kind !== 'webhook' || to.url === '') return channel;
  return { ...channel, to: { ...to, url: `${new URL(to.url).origin}/…` } };
}

function ruleDetail({ name, condition, enabled }: AlertRule): string {
  return `${name}, ${enabled ? 'on' : 'off'}, ${JSON.stringify(condition)}`.slice(0, 500);
}
