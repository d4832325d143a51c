import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import swaggerUi from 'swagger-ui-express';
import { stringifyJson } from '#shared/json.ts';
import { adminRoutes } from './admin-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import { readJson } from './body.ts';
import { canaryRoutes } from './canary-routes.ts';
import { comparisonRoutes } from './comparison-routes.ts';
import { createDeployer } from './deploy.ts';
import type { AppDeps } from './deps.ts';
import { createEvents } from './events.ts';
import { flowRoutes } from './flow-routes.ts';
import { flowTestRoutes } from './flow-test-routes.ts';
import { gateRoutes } from './gate-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { hookRoutes } from './hooks.ts';
import { inboxRoutes } from './inbox-routes.ts';
import { ledgerRoutes } from './ledger-routes.ts';
import { lineageRoutes } from './lineage-routes.ts';
import { createMetrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { parkedRoutes } from './parked-routes.ts';
import { reconcileRoutes } from './reconcile-routes.ts';
import { scheduleRoutes } from './reconcile-schedule-routes.ts';
import { invalid, problemDetails, Refusal, refusalOf } from './refusal.ts';
import { replayRoutes } from './replay-routes.ts';
import { resendRoutes } from './resend-routes.ts';
import type { Answer, JsonRoute, Route } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { sampleRoutes } from './sample-routes.ts';
import { shapeRoutes } from './shape-routes.ts';
import { identify, requireRole } from './sign-in.ts';
import { serveStudio } from './studio.ts';
import { timeRoutes } from './time-routes.ts';
import { traceRoutes } from './trace-routes.ts';
import { tryRoutes } from './try-routes.ts';
import { versionRoutes } from './version-routes.ts';

const bodyLimit = 64 * 1024;

/** The HTTP side, ready to be listened with. */
export interface App {
  /** The Express application, to be handed to `listen`. */
  handler: Express;
  /** The one table from which Express's routes, the role checks and the API document come. */
  routes: readonly Route[];
  /** Ends the event streams, which otherwise keep the server open until its time of grace is over. */
  close(): void;
}

/** Makes the HTTP side of Millrace. It listens nowhere yet: see `listen`. */
export function createApp(deps: AppDeps): App {
  const { settings, store } = deps;
  const events = createEvents(deps);
  const deployer = createDeployer(deps);
  const routes: Route[] = [
    ...adminRoutes(deps, events),
    ...flowRoutes(deps, events, deployer),
    ...versionRoutes(deps, events),
    ...runRoutes(deps, events, deployer),
    ...parkedRoutes(deps),
    ...canaryRoutes(deps, events, deployer),
    ...sampleRoutes(deps),
    ...tryRoutes(deps),
    ...flowTestRoutes(deps),
    ...gateRoutes(deps),
    ...comparisonRoutes(deps, events),
    ...shapeRoutes(deps),
    ...inboxRoutes(deps),
    ...traceRoutes(deps),
    ...lineageRoutes(deps),
    ...timeRoutes(deps),
    ...resendRoutes(deps),
    ...replayRoutes(deps),
    ...alertRoutes(deps),
    ...reconcileRoutes(deps),
    ...scheduleRoutes(deps),
    ...ledgerRoutes(deps),
    ...hookRoutes(deps),
    ...healthRoutes(deps, createMetrics(deps.runtime)),
  ];

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  app.use(requestLog(deps));
  app.use('/api', (_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });

  for (const route of routes) {
    app[route.method](route.path, async (request: Request, response: Response) => {
      // Webhooks have their own Authorization header, which is none of ours.
      const who = route.role === 'public' && route.kind === 'raw' ? undefined : await identify(store, request);
      if (route.role !== 'public') requireRole(who, route.role);
      if (route.kind === 'raw') return route.handle(request, response, who);
      const input = await readInput(route, request);
      // Express's own parameters are only lists for wildcards, which JSON routes do not have.
      const params = request.params as Record<string, string>;
      sendAnswer(response, route, await route.handle({ ...input, params, who, request, response }));
    });
  }

  const document = openApi(routes, settings.version);
  app.get('/openapi.json', (_request, response) => void response.json(document));
  app.use('/docs', swaggerUi.serve, swaggerUi.setup(null, { customSiteTitle: 'Millrace API', swaggerOptions: { url: '/openapi.json' } }));

  refuseOtherMethods(app, routes);
  if (settings.clientFolder !== undefined) serveStudio(app, settings.clientFolder);
  app.use((request) => {
    throw new Refusal(404, 'request/unknown', `There is nothing at ${request.method} ${request.path}. The API is described at /docs.`);
  });
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500) request.log.error({ err: error }, 'a request failed');
    // Too late to say it: express ends the connection, so that the reader sees that the answer is cut off.
    if (response.headersSent) return next(error);
    response
      .status(refusal.status)
      .set(refusal.headers)
      .type('application/problem+json')
      .send(JSON.stringify(problemDetails(refusal)));
  });
  return { handler: app, routes, close: () => events.close() };
}

async function readInput(route: JsonRoute, request: Request): Promise<{ query: unknown; body: unknown; text: string }> {
  let query: unknown;
  if (route.query) {
    const parsed = route.query.safeParse(request.query);
    if (!parsed.success) throw invalid('query', parsed.error.issues);
    query = parsed.data;
  }
  if (!route.body) return { query, body: undefined, text: '' };
  const sent = await readJson(request, route.bodyLimit ?? bodyLimit);
  if (!sent && !route.bodyOptional) throw new Refusal(400, 'body/missing', 'The request needs a body of JSON.');
  const parsed = route.body.safeParse(sent ? sent.value : {});
  if (!parsed.success) throw invalid('body', parsed.error.issues);
  return { query, body: parsed.data, text: sent?.text ?? '' };
}

function sendAnswer(response: Response, route: JsonRoute, answer: Answer): void {
  if (answer.headers) response.set(answer.headers);
  if (answer.csv !== undefined) {
    response.status(route.response.status).type('text/csv; charset=utf-8').send(answer.csv);
    return;
  }
  if (answer.body === undefined) {
    response.status(204).end();
    return;
  }
  // Numbers of messages keep their digits, which JSON.stringify would not do.
  response
    .status(answer.status ?? route.response.status)
    .type('application/json')
    .send(stringifyJson(answer.body));
}

/** A known path with a method that it does not take: 405 and the methods that it does. */
function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const all = routes.filter((route) => route.path === path);
    const allow = all.map((route) => route.method.toUpperCase()).join(', ');
    app.all(path, (request) => {
      throw new Refusal(405, 'request/method', `${request.path} takes ${allow}, not ${request.method}.`, { headers: { allow } });
    });
  }
}

/** Strict enough that injected markup can do nothing; styles may be inline because the studio's libraries write them. */
function securityHeaders() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether the site is only to be had over TLS is for the proxy that does TLS to say.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}

/** One line per request at debug level, errors of ours louder; never headers, bodies or queries, which may hold keys. */
function requestLog({ log }: AppDeps) {
  return pinoHttp({
    logger: log,
    genReqId: () => randomUUID(),
    customLogLevel: () => 'debug',
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, path: url.split('?', 1)[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
    quietReqLogger: true,
    autoLogging: { ignore: (request: IncomingMessage) => request.url === '/healthz' },
  });
}
