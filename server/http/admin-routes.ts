import { z } from 'zod';
import type { Me } from '#shared/api.ts';
import {
  auditEntrySchema,
  catalogSchema,
  keyInfoSchema,
  meSchema,
  newKeySchema,
  roleSchema,
  secretInfoSchema,
} from '#shared/api-schemas.ts';
import type { AppDeps } from './deps.ts';
import type { Events } from './events.ts';
import { Refusal } from './refusal.ts';
import { json, type Route, type Who } from './route.ts';
import { signIn, signOut } from './sign-in.ts';

const accessTag = 'Access';

/** Signing in, the catalog, secrets, keys, the audit trail and the event stream. */
export function adminRoutes({ store, catalog, settings }: AppDeps, events: Events): Route[] {
  // A cookie that is marked secure does not come back over plain HTTP, so the mark follows the public address.
  const secure = settings.hooksUrl.startsWith('https:');
  const me = (who: Who): Me => ({
    ...who,
    demo: settings.demo,
    environment: settings.environment,
    version: settings.version,
    hooksUrl: settings.hooksUrl,
  });
  return [
    json({
      method: 'get',
      path: '/api/me',
      role: 'viewer',
      tag: accessTag,
      summary: 'Who asks, and where.',
      response: { status: 200, description: 'Name, role and server.', schema: meSchema },
      async handle({ who }) {
        return { body: me(who) };
      },
    }),
    {
      kind: 'json',
      method: 'post',
      path: '/api/session',
      role: 'public',
      tag: accessTag,
      summary: 'Signs a browser in with an API key or a one-time link.',
      body: credentialsSchema,
      response: { status: 200, description: 'Signed in; the cookie is set.', schema: meSchema },
      errors: [401, 403],
      async handle({ body, request, response }) {
        const who = await signIn(store, credentialsSchema.parse(body), request, response, secure);
        await store.audit.add({ who: who.name, action: 'session/open', detail: who.role });
        return { body: me(who) };
      },
    },
    {
      kind: 'json',
      method: 'delete',
      path: '/api/session',
      role: 'public',
      tag: accessTag,
      summary: 'Signs this browser out.',
      response: { status: 204, description: 'Signed out.' },
      async handle({ who, request, response }) {
        await signOut(store, request, response, secure);
        if (who) await store.audit.add({ who: who.name, action: 'session/close', detail: who.role });
        return {};
      },
    },
    json({
      method: 'get',
      path: '/api/node-types',
      role: 'viewer',
      tag: 'Flows',
      summary: 'The node types that exist, with the schemas of their configs.',
      response: { status: 200, description: 'The catalog.', schema: catalogSchema },
      async handle() {
        return { body: catalog.catalog };
      },
    }),
    json({
      method: 'get',
      path: '/api/secrets',
      role: 'analyst',
      tag: accessTag,
      summary: 'Names of the secrets. No route gives a value back.',
      response: { status: 200, description: 'Names.', schema: z.array(secretInfoSchema) },
      async handle() {
        return { body: await store.secrets.list() };
      },
    }),
    json({
      method: 'put',
      path: '/api/secrets/:name',
      role: 'admin',
      tag: accessTag,
      summary: 'Makes a secret or replaces its value.',
      body: z.object({ value: z.string().min(1).max(32_768) }),
      response: { status: 200, description: 'Kept.', schema: secretInfoSchema },
      async handle({ params, body, who }) {
        const name = params.name;
        if (!secretName.test(name)) {
          throw new Refusal(
            400,
            'secret/name',
            'A secret is named with letters, digits, dots, dashes and underscores, at most 120 of them.',
          );
        }
        const secret = await store.secrets.set(name, body.value, who.name);
        await store.audit.add({ who: who.name, action: 'secret/set', detail: name });
        return { body: secret };
      },
    }),
    json({
      method: 'delete',
      path: '/api/secrets/:name',
      role: 'admin',
      tag: accessTag,
      summary: 'Removes a secret.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        await store.secrets.remove(params.name);
        await store.audit.add({ who: who.name, action: 'secret/remove', detail: params.name });
        return {};
      },
    }),
    json({
      method: 'get',
      path: '/api/keys',
      role: 'admin',
      tag: accessTag,
      summary: 'API keys, without the keys themselves.',
      response: { status: 200, description: 'Keys.', schema: z.array(keyInfoSchema) },
      async handle() {
        return { body: await store.keys.list() };
      },
    }),
    json({
      method: 'post',
      path: '/api/keys',
      role: 'admin',
      tag: accessTag,
      summary: 'Makes an API key. The answer is the only one that holds it.',
      body: z.object({ name: z.string().trim().min(1).max(120), role: roleSchema }),
      response: { status: 201, description: 'The key, this once.', schema: newKeySchema },
      async handle({ body, who }) {
        const key = await store.keys.create(body.name, body.role, who.name);
        await store.audit.add({ who: who.name, action: 'key/create', detail: `${body.name}, ${body.role}` });
        return { status: 201, body: key };
      },
    }),
    json({
      method: 'delete',
      path: '/api/keys/:id',
      role: 'admin',
      tag: accessTag,
      summary: 'Removes an API key and ends the browser sessions opened with it.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        const key = await store.keys.remove(params.id);
        await store.audit.add({ who: who.name, action: 'key/remove', detail: `${key.name}, ${key.role}` });
        return {};
      },
    }),
    json({
      method: 'get',
      path: '/api/audit',
      role: 'admin',
      tag: accessTag,
      summary: 'Who changed what, newest first.',
      query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
      response: { status: 200, description: 'Entries.', schema: z.array(auditEntrySchema) },
      async handle({ query }) {
        return { body: await store.audit.list(query.limit) };
      },
    }),
    {
      kind: 'raw',
      method: 'get',
      path: '/api/events',
      role: 'viewer',
      tag: 'Running',
      summary: 'Server-sent events: hello, the full status, then status, flow-changed and flow-removed as they happen.',
      response: { status: 200, description: 'A stream of ServerEvent.', contentType: 'text/event-stream' },
      handle(request, response) {
        events.stream(request, response);
      },
    },
  ];
}

const credentialsSchema = z.union(
  [z.strictObject({ key: z.string().min(1).max(500) }), z.strictObject({ link: z.string().min(1).max(500) })],
  {
    error: 'send either { "key": … } or { "link": … }',
  },
);

const secretName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;
