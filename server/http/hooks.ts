import type { Request, Response } from 'express';
import type { HookRequest, HookResponse } from '../sdk.ts';
import { readBody } from './body.ts';
import type { AppDeps } from './deps.ts';
import { Refusal, refusalOf } from './refusal.ts';
import type { RawRoute } from './route.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Senders are asked to come back after this many seconds. */
const retryAfter = { 'retry-after': '10' };
const sandboxLimit = 1024 * 1024;

/** Webhook sources and the demo's sandbox: bodies as they came, no role, because who may send is the source's to say. */
export function hookRoutes(deps: AppDeps): RawRoute[] {
  const { sandbox } = deps;
  const hooks: RawRoute = {
    kind: 'raw',
    method: 'all',
    path: '/hooks/*path',
    role: 'public',
    tag: 'Webhooks',
    summary: 'Webhook sources: 2xx only after the event is durable. Who may send is checked by the source (HMAC).',
    response: { status: 200, description: 'The event is durable.' },
    errors: [404, 405, 413, 503],
    handle: (request, response) => answerHook(deps, request, response),
  };
  if (!sandbox) return [hooks];
  const applications: RawRoute = {
    kind: 'raw',
    method: 'all',
    path: '/sandbox/*path',
    role: 'public',
    tag: 'Webhooks',
    summary: 'The applications of the demo.',
    response: { status: 200, description: 'What the application answers.' },
    errors: [404, 413],
    async handle(request, response) {
      const body = await readBody(request, sandboxLimit);
      const answer = await sandbox.handle(hookRequest(request, pathOf(request), body));
      if (!answer) throw new Refusal(404, 'request/unknown', 'The sandbox has no such application.');
      send(response, answer);
    },
  };
  return [hooks, applications];
}

async function answerHook(deps: AppDeps, request: Request, response: Response): Promise<void> {
  const { runtime, log } = deps;
  const path = pathOf(request);
  const limit = runtime.hookLimit(request.method, path);
  if (limit === undefined) throw await notClaimed(deps, request.method, path);
  const body = await readBody(request, limit);
  let answer: HookResponse | undefined;
  try {
    answer = await runtime.hook(hookRequest(request, path, body));
  } catch (cause) {
    // The sender does not have to know what broke: nothing was acknowledged, so it must come again.
    log.warn({ err: cause, path }, 'a webhook event was not taken');
    throw unavailable(cause);
  }
  if (!answer) throw await notClaimed(deps, request.method, path);
  send(response, answer);
}

function unavailable(cause?: unknown): Refusal {
  const why =
    cause !== undefined && refusalOf(cause).code === 'kafka/unreachable'
      ? 'Kafka does not answer'
      : 'The flow behind this path does not run';
  return new Refusal(503, 'hook/unavailable', `${why}: the event was not taken. Send it again later.`, { headers: retryAfter, cause });
}

/** Why no running source takes this: it does not exist, wants another method, or its flow does not run now. */
async function notClaimed({ runtime, store, catalog }: AppDeps, method: string, path: string): Promise<Refusal> {
  const claimed = new Set<string>(methods.filter((other) => runtime.hookLimit(other, path) !== undefined));
  if (claimed.size === 0) {
    const plans = (await store.deployments.all()).map((deployment) => deployment.plan);
    for (const stage of plans.flatMap((plan) => plan.stages)) {
      if (stage.kind !== 'ingest') continue;
      const type = catalog.types.get(stage.node.type);
      const hook = type && 'hook' in type ? type.hook?.(type.config.parse(stage.node.config)) : undefined;
      if (hook?.path !== path) continue;
      if (hook.method === method) return unavailable();
      claimed.add(hook.method);
    }
  }
  if (claimed.size === 0 || claimed.has(method)) return new Refusal(404, 'hook/unknown', 'No deployed flow listens on this path.');
  const allow = [...claimed].join(', ');
  return new Refusal(405, 'hook/method', `This webhook takes ${allow}, not ${method}.`, { headers: { allow } });
}

/** What stands behind `/hooks/`, decoded, without slashes at its end. */
function pathOf(request: Request): string {
  const parts: unknown = request.params.path;
  return (Array.isArray(parts) ? parts : [parts]).map(String).join('/').replace(/\/+$/, '');
}

function hookRequest(request: Request, path: string, body: Buffer): HookRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
  const query = new URL(request.originalUrl, 'http://local').searchParams;
  return { method: request.method, path, query: Object.fromEntries(query), headers: Object.fromEntries(headers), body };
}

function send(response: Response, answer: HookResponse): void {
  response.status(answer.status).set({ 'content-type': 'text/plain; charset=utf-8', ...answer.headers });
  response.send(answer.body ?? '');
}
