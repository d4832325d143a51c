import { shapeOfJsonSchema } from './from-json-schema.ts';
import type { Shape } from './shape.ts';

/** An operation of an OpenAPI document. */
export interface Operation {
  method: string;
  /** The path template as the document writes it: `/contacts/{id}`. */
  path: string;
  id?: string;
  summary?: string;
  /** It takes a JSON body. */
  hasBody: boolean;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** All operations of an OpenAPI 3 document given as data, in its order; empty when it is none. */
export function operationsOf(document: unknown): Operation[] {
  const paths = member(document, 'paths');
  if (typeof paths !== 'object' || paths === null) return [];
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method): Operation[] => {
      const operation = member(resolved(item, document), method);
      if (typeof operation !== 'object' || operation === null) return [];
      const [id, summary] = [member(operation, 'operationId'), member(operation, 'summary')];
      return [
        {
          method,
          path,
          ...(typeof id === 'string' ? { id } : {}),
          ...(typeof summary === 'string' ? { summary } : {}),
          hasBody: bodySchema(document, operation) !== undefined,
        },
      ];
    }),
  );
}

/** The shape of the JSON body that an operation takes, or undefined where the document has no such operation or body. */
export function shapeOfRequest(document: unknown, operation: { method: string; path: string }): Shape | undefined {
  const item = resolved(member(member(document, 'paths'), operation.path), document);
  const schema = bodySchema(document, member(item, operation.method.toLowerCase()));
  return schema === undefined ? undefined : shapeOfJsonSchema(schema, document);
}

function bodySchema(document: unknown, operation: unknown): unknown {
  const content = member(resolved(member(operation, 'requestBody'), document), 'content');
  if (typeof content !== 'object' || content === null) return undefined;
  const types = Object.keys(content);
  const json =
    types.find((type) => /^application\/json\b/i.test(type)) ??
    types.find((type) => /[/+]json\b/i.test(type)) ??
    types.find((type) => type === '*/*');
  return json === undefined ? undefined : member(member(content, json), 'schema');
}

/** What a `$ref` into the document names; anything else is itself. */
function resolved(part: unknown, document: unknown, depth = 0): unknown {
  const ref = member(part, '$ref');
  if (typeof ref !== 'string' || !ref.startsWith('#/') || depth > 20) return part;
  const target = ref
    .slice(2)
    .split('/')
    .reduce<unknown>((here, key) => member(here, key.replaceAll('~1', '/').replaceAll('~0', '~')), document);
  return resolved(target, document, depth + 1);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
