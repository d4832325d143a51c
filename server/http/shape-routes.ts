import { setTimeout as later } from 'node:timers/promises';
import type { FlowNode } from '#shared/flow.ts';
import { parseJson } from '#shared/json.ts';
import { nodeName } from '#shared/node-name.ts';
import { findBounds } from '#shared/sample.ts';
import { createMasker } from '#shared/sample-masks.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { readTargetSchema, savedTargetSchema, type TargetShape, targetLimits, targetShapeSchema } from '#shared/target-shape.ts';
import type { NodeType, SinkType } from '../sdk.ts';
import type { AppDeps } from './deps.ts';
import { asked, Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';
import { requireReadable, untilClosed } from './sample-find.ts';

const tag = 'Target shapes';
/** Messages of a topic that are looked at. */
const messagesLooked = 50;
/** How long a sink may take to say what it takes, in ms. */
const limitMs = 8000;

/** What a mapping must make: laid down for a node, and read from the place that a sink writes to. */
export function shapeRoutes(deps: AppDeps): Route[] {
  const { store } = deps;
  return [
    json({
      method: 'get',
      path: '/api/flows/:id/targets/:node',
      role: 'viewer',
      tag,
      summary: "What a node's mapping must make, as somebody has laid it down.",
      response: { status: 200, description: '`target` is null while nobody has.', schema: savedTargetSchema },
      errors: [404],
      async handle({ params }) {
        await store.flows.revision(params.id);
        return { body: { target: (await store.targets.get(params.id, params.node)) ?? null } };
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/targets/:node',
      role: 'analyst',
      tag,
      summary: "Lays down what a node's mapping must make. It belongs to the workspace: the flow runs the same with and without it.",
      body: targetShapeSchema,
      bodyLimit: targetLimits.bytes,
      response: { status: 200, description: 'The target as kept.', schema: savedTargetSchema },
      errors: [404],
      async handle({ params, body, who }) {
        await requireNode(deps, params.id, params.node);
        const target = await store.targets.set(params.id, params.node, body, who.name);
        await store.audit.add({ who: who.name, action: 'target/set', flow: params.id, detail: `${params.node}: ${body.origin.kind}` });
        return { body: { target } };
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/targets/:node',
      role: 'analyst',
      tag,
      summary: 'Forgets what was laid down for a node.',
      response: { status: 204, description: 'Forgotten, or there was none.' },
      errors: [404],
      async handle({ params, who }) {
        await store.flows.revision(params.id);
        if (await store.targets.remove(params.id, params.node)) {
          await store.audit.add({ who: who.name, action: 'target/remove', flow: params.id, detail: params.node });
        }
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/targets/read',
      role: 'analyst',
      tag,
      summary: 'Reads what the place behind a node of the draft takes: the columns of a table, or the messages in a topic. Writes nothing.',
      body: readTargetSchema,
      response: { status: 200, description: 'The shape, and where it came from.', schema: targetShapeSchema },
      errors: [404, 409, 503],
      async handle({ params, body, response }) {
        const found = await untilClosed(response, (signal) => readTarget(deps, params.id, body.node, signal));
        return found ? { body: found } : {};
      },
    }),
  ];
}

async function requireNode({ store }: AppDeps, id: string, node: string): Promise<FlowNode> {
  const { flow } = await store.flows.get(id);
  const found = flow.nodes.find((one) => one.id === node);
  if (!found) throw new Refusal(404, 'request/unknown', `This flow has no node "${node}".`);
  return found;
}

async function readTarget(deps: AppDeps, id: string, node: string, signal: AbortSignal): Promise<TargetShape> {
  const { catalog } = deps;
  const found = await requireNode(deps, id, node);
  const type = catalog.types.get(found.type);
  if (type?.kind === 'sink' && 'topic' in type) {
    const topic = found.config[type.topic.field];
    if (typeof topic !== 'string' || topic === '') throw nothingToRead('No topic is chosen yet: choose one in the settings of the sink.');
    return readTopic(deps, id, node, topic, signal);
  }
  if (!isAsked(type)) throw nothingToRead(`“${nodeName(found, catalog.types)}” cannot say what it takes.`);
  const config = type.config.safeParse(found.config);
  if (!config.success) throw nothingToRead('The settings of the sink are not complete yet: fill them in first.');
  return readSink(deps, found, type, config.data, signal);
}

type AskedSink = SinkType & Required<Pick<SinkType, 'takes'>>;

const isAsked = (type: NodeType | undefined): type is AskedSink =>
  type?.kind === 'sink' && 'takes' in type && typeof type.takes === 'function';

const nothingToRead = (message: string): Refusal => new Refusal(409, 'target/nothing', message);

async function readSink(deps: AppDeps, node: FlowNode, type: AskedSink, config: unknown, signal: AbortSignal): Promise<TargetShape> {
  const { store, outside, catalog } = deps;
  const secrets = await store.secrets.reveal();
  const secret = (name: string): string => {
    const value = secrets[name];
    if (value === undefined) throw nothingToRead(`There is no secret "${name}" yet.`);
    return value;
  };
  const over = new AbortController();
  const asking = type.takes(config, { ...outside, secret }, AbortSignal.any([signal, over.signal]));
  const stop = new AbortController();
  try {
    const found = await Promise.race([
      asking,
      later(limitMs, undefined, { signal: stop.signal }).then(() => {
        throw new Refusal(
          503,
          'target/unreachable',
          `The place behind “${nodeName(node, catalog.types)}” did not answer within ${limitMs / 1000} seconds.`,
        );
      }),
    ]);
    if (found === undefined)
      throw nothingToRead(`The place behind “${nodeName(node, catalog.types)}” does not exist yet, or does not say what it takes.`);
    return { origin: { kind: 'sink', node: node.id, what: found.what }, shape: found.shape };
  } catch (error) {
    if (error instanceof Refusal || signal.aborted) throw error;
    // Not the error itself: causes are logged, and may hold what opens the place.
    throw new Refusal(503, 'target/unreachable', reasonOf(error, Object.values(secrets)));
  } finally {
    stop.abort();
    over.abort();
    asking.catch(() => undefined);
  }
}

/** What a sink says went wrong, without the value of any secret. */
function reasonOf(error: unknown, secrets: readonly string[]): string {
  let text = error instanceof Error ? error.message : String(error);
  const passwords = secrets.flatMap((secret) => (URL.canParse(secret) ? [decodeURIComponent(new URL(secret).password)] : []));
  for (const secret of [...secrets, ...passwords]) if (secret !== '') text = text.replaceAll(secret, '…');
  return `It could not be read: ${text.replace(/\.$/, '')}.`;
}

async function readTopic({ store, runtime }: AppDeps, id: string, node: string, topic: string, signal: AbortSignal): Promise<TargetShape> {
  requireReadable(topic);
  const spec = { topic, how: { by: 'newest' } as const, count: messagesLooked, bounds: findBounds.default };
  const finding = await asked('kafka/refused', runtime.findMessages(spec, signal));
  if (!finding) throw nothingToRead(`The topic "${topic}" does not exist yet.`);
  const masker = createMasker((await store.samples.masks(id)).masks);
  const values = finding.messages.flatMap(({ message }) => {
    const { value } = masker(message).message;
    return value === null || value.encoding === 'base64' ? [] : jsonIn(value.text);
  });
  if (values.length === 0) throw nothingToRead(`There are no JSON messages in the topic "${topic}" yet.`);
  return { origin: { kind: 'topic', node, topic, messages: values.length }, shape: shapeOfSamples(values).shape };
}

function jsonIn(text: string): unknown[] {
  try {
    return [parseJson(text)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
