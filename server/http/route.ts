import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Role } from '#shared/api.ts';

/** Who asks: a person in a browser or a script with a key. */
export interface Who {
  name: string;
  role: Role;
}

/** What a route's handler answers; without a body it is 204. */
export interface Answer {
  status?: number;
  body?: unknown;
  /** Instead of a body: a table for a spreadsheet, in CSV. */
  csv?: string;
  headers?: Record<string, string>;
}

export type Method = 'get' | 'post' | 'put' | 'delete' | 'all';

/** Names of a path's parameters: `/api/flows/:id` has `id`. */
type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

interface RouteBase {
  method: Method;
  /** Express's form: `/api/flows/:id`. */
  path: string;
  /** The least role it admits; `public` is for what must work before anybody has signed in. */
  role: Role | 'public';
  /** Group in the API document. */
  tag: string;
  /** One sentence for the API document. */
  summary: string;
  /** What the success answer is: status, sentence and, when it has a body, its schema. */
  response: { status: number; description: string; schema?: z.ZodType; contentType?: string };
  /** Statuses of errors it may give beside those that every route may give. */
  errors?: number[];
}

/** A route that speaks JSON. Body and query have passed their schemas before the handler sees them. */
export interface JsonRoute extends RouteBase {
  kind: 'json';
  query?: z.ZodType;
  body?: z.ZodType;
  /** The body may be left out; the schema then sees `{}`. */
  bodyOptional?: boolean;
  /** Most bytes of the body. Default 64 KB. */
  bodyLimit?: number;
  /** Request headers that the API document should name. */
  headers?: Record<string, string>;
  handle(input: JsonInput): Promise<Answer>;
}

/** A route that deals with request and response itself: streams, raw bodies, text. */
export interface RawRoute extends RouteBase {
  kind: 'raw';
  handle(request: Request, response: Response, who: Who | undefined): Promise<void> | void;
}

export type Route = JsonRoute | RawRoute;

/** What a JSON handler gets, untyped; {@link json} gives it types. */
export interface JsonInput {
  params: Record<string, string>;
  query: unknown;
  body: unknown;
  /** The body as it was sent. */
  text: string;
  /** Undefined on public routes for somebody who is not signed in. */
  who: Who | undefined;
  request: Request;
  response: Response;
}

interface TypedInput<Path extends string, Query, Body> extends Omit<JsonInput, 'params' | 'query' | 'body' | 'who'> {
  params: Record<ParamNames<Path>, string>;
  query: Query;
  body: Body;
  who: Who;
}

interface JsonDefinition<Path extends string, Query extends z.ZodType, Body extends z.ZodType>
  extends Omit<JsonRoute, 'kind' | 'path' | 'query' | 'body' | 'handle' | 'role'> {
  path: Path;
  role: Role;
  query?: Query;
  body?: Body;
  handle(input: TypedInput<Path, z.output<Query>, z.output<Body>>): Promise<Answer>;
}

/** Declares a JSON route whose handler is typed by its path and schemas. */
export function json<Path extends string, Query extends z.ZodType = z.ZodUndefined, Body extends z.ZodType = z.ZodUndefined>(
  definition: JsonDefinition<Path, Query, Body>,
): JsonRoute {
  // The table forgets the types of one route; app.ts fills in exactly what the schemas gave.
  return { kind: 'json', ...definition } as unknown as JsonRoute;
}
