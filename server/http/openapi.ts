import { z } from 'zod';
import { named, problemDetailsSchema } from '#shared/api-schemas.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

/** Statuses that every route with a role may answer, and those of routes with a body. */
const always = [500];
const withRole = [401, 403];
const withBody = [400, 413, 415];

/** The OpenAPI 3.1 document of a table of routes. Pure. */
export function openApi(routes: readonly Route[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  const error = {
    description: 'What is wrong, as problem details (RFC 9457).',
    content: { 'application/problem+json': { schema: schemaOf(problemDetailsSchema, 'output', schemas) } },
  };
  for (const route of routes) {
    const path = route.path.replace(/[:*](\w+)/g, '{$1}');
    const entry = (paths[path] ??= {});
    for (const method of route.method === 'all' ? ['get', 'post', 'put', 'patch', 'delete'] : [route.method]) {
      entry[method] = operation(route, schemas, error);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: 'Integration flows on Kafka. Scripts send an API key: `Authorization: Bearer …`. Errors are problem details (RFC 9457).',
    },
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        session: { type: 'apiKey', in: 'cookie', name: 'millrace_session', description: 'A signed-in browser.' },
      },
    },
  };
}

function operation(route: Route, schemas: Json, error: Json): Json {
  const { response } = route;
  const body = route.kind === 'json' ? route.body : undefined;
  const type = response.contentType ?? 'application/json';
  const content = response.schema
    ? { [type]: { schema: schemaOf(response.schema, 'output', schemas) } }
    : response.contentType && { [type]: { schema: { type: 'string' } } };
  const errors = [...(route.errors ?? []), ...always, ...(route.role === 'public' ? [] : withRole), ...(body ? withBody : [])];
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(route.role === 'public' ? { security: [] } : { description: `Role: ${route.role}`, security: [{ key: [] }, { session: [] }] }),
    parameters: parameters(route),
    ...(route.kind === 'json' &&
      body && {
        requestBody: {
          required: route.bodyOptional !== true,
          content: { 'application/json': { schema: schemaOf(documented(body), 'input', schemas) } },
        },
      }),
    responses: {
      [response.status]: { description: response.description, ...(content && { content }) },
      ...Object.fromEntries(errors.filter((status) => status !== response.status).map((status) => [status, error])),
    },
  };
}

function parameters(route: Route): Json[] {
  const inPath = [...route.path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  if (route.kind === 'raw') return inPath;
  const headers = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  }));
  const query = route.query ? (z.toJSONSchema(route.query, { io: 'input' }) as { properties?: Json; required?: string[] }) : {};
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    schema,
  }));
  return [...inPath, ...headers, ...inQuery];
}

/** The schema to show, where another reads what comes in. */
function documented(schema: z.ZodType): z.ZodType {
  const meta = schema.meta()?.documented;
  return meta instanceof z.ZodType ? meta : schema;
}

/**
 * A schema as JSON Schema whose named parts stand under `components.schemas`, to which it adds them. What may be left
 * out of a request and always stands in an answer makes two shapes of one schema, so those of requests end in `Input`.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): unknown {
  const suffix = io === 'input' ? 'Input' : '';
  const text = JSON.stringify(z.toJSONSchema(schema, { metadata: named, io, unrepresentable: 'any' })).replace(
    /"#\/\$defs\/([^"]+)"/g,
    (_all, id: string) => `"#/components/schemas/${id}${suffix}"`,
  );
  const { $schema, $defs, ...inline } = JSON.parse(text) as Json & { $defs?: Json };
  for (const [id, part] of Object.entries($defs ?? {})) schemas[`${id}${suffix}`] = part;
  const id = named.get(schema)?.id;
  if (id === undefined) return inline;
  schemas[`${id}${suffix}`] = inline;
  return { $ref: `#/components/schemas/${id}${suffix}` };
}
