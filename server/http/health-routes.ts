import { z } from 'zod';
import type { AppDeps } from './deps.ts';
import type { Metrics } from './metrics.ts';
import { refusalOf } from './refusal.ts';
import type { Route } from './route.ts';

const tag = 'Operations';

/** What machines ask of the server. Open to all, because load balancers and Prometheus come without a key. */
export function healthRoutes({ store, runtime, settings }: AppDeps, metrics: Metrics): Route[] {
  return [
    {
      kind: 'json',
      method: 'get',
      path: '/healthz',
      role: 'public',
      tag,
      summary: 'The process lives.',
      response: { status: 200, description: 'It does.', schema: z.object({ status: z.literal('ok'), version: z.string() }) },
      async handle() {
        return { body: { status: 'ok', version: settings.version } };
      },
    },
    {
      kind: 'json',
      method: 'get',
      path: '/readyz',
      role: 'public',
      tag,
      summary: 'Kafka and the database answer, and every flow that should run does. Else 503 with the reasons.',
      response: { status: 200, description: 'Ready.', schema: z.object({ ready: z.boolean(), reasons: z.array(z.string()) }) },
      errors: [503],
      async handle() {
        const [flows, database] = await Promise.all([runtime.ready(), databaseReason(store)]);
        const reasons = [...flows.reasons, ...database];
        const ready = flows.ready && database.length === 0;
        return { status: ready ? 200 : 503, body: { ready, reasons } };
      },
    },
    {
      kind: 'raw',
      method: 'get',
      path: '/metrics',
      role: 'public',
      tag,
      summary: 'Metrics of the process and of every flow, for Prometheus.',
      response: { status: 200, description: 'Prometheus text.', contentType: 'text/plain' },
      async handle(_request, response) {
        response.set('content-type', metrics.contentType).send(await metrics.read());
      },
    },
  ];
}

async function databaseReason(store: AppDeps['store']): Promise<string[]> {
  try {
    await store.ping();
    return [];
  } catch (error) {
    return [refusalOf(error).message];
  }
}
