import { z } from 'zod';
import { named } from './api-schemas.ts';
import type { Shape } from './shape/shape.ts';

/**
 * What a mapping must make, as somebody has said for one node. It belongs to the flow's workspace, like its samples: no
 * document, version or plan knows of it, and it goes with the flow.
 */

/** Where the shape of a target came from. */
export type TargetOrigin =
  /** The place that a sink writes to says so itself; `what` names it for people: `the table orders in warehouse.db`. */
  | { kind: 'sink'; node: string; what: string }
  /** Messages that are in a topic already. */
  | { kind: 'topic'; node?: string; topic: string; messages: number }
  /** The JSON Schema of a node that checks messages. */
  | { kind: 'validate'; node: string }
  | { kind: 'schema'; name?: string }
  | { kind: 'sample'; name?: string }
  /** A request of an OpenAPI document: `POST /contacts`. */
  | { kind: 'openapi'; operation: string; title?: string };

/** The shape of what a node's mapping must make, and where it came from. */
export interface TargetShape {
  origin: TargetOrigin;
  shape: Shape;
}

/** One that was laid down for a node. */
export interface SavedTarget extends TargetShape {
  savedAt: string;
  savedBy: string;
}

/** How large a shape may be. */
export const targetLimits = {
  /** Bytes of JSON. */
  bytes: 1024 * 1024,
  depth: 100,
} as const;

const short = z.string().max(300);
const node = z.string().max(60);

const originSchema: z.ZodType<TargetOrigin> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sink'), node, what: short }),
  z.object({ kind: z.literal('topic'), node: z.exactOptional(node), topic: short, messages: z.number().int().min(0) }),
  z.object({ kind: z.literal('validate'), node }),
  z.object({ kind: z.literal('schema'), name: z.exactOptional(short) }),
  z.object({ kind: z.literal('sample'), name: z.exactOptional(short) }),
  z.object({ kind: z.literal('openapi'), operation: short, title: z.exactOptional(short) }),
]);

/** Looked at by hand, because a shape is as deep as its data, and a schema would go as deep as it is told to. */
const shapeSchema = z.custom<Shape>((value) => isShape(value, 0), 'this is no shape of data');

const kinds = new Set(['text', 'number', 'boolean', 'null', 'object', 'list']);

function isShape(value: unknown, depth: number): boolean {
  if (depth > targetLimits.depth || !isRecord(value)) return false;
  const { kinds: own, fields, item, others, examples, doc, facts } = value;
  if (!Array.isArray(own) || !own.every((kind) => kinds.has(kind as string))) return false;
  if (doc !== undefined && typeof doc !== 'string') return false;
  if (facts !== undefined && !isRecord(facts)) return false;
  if (examples !== undefined && !(Array.isArray(examples) && examples.every((one) => typeof one === 'string'))) return false;
  if (fields !== undefined && !(Array.isArray(fields) && fields.every((field) => isField(field, depth + 1)))) return false;
  return [item, others].every((one) => one === undefined || isShape(one, depth + 1));
}

function isField(value: unknown, depth: number): boolean {
  return isRecord(value) && typeof value.name === 'string' && typeof value.required === 'boolean' && isShape(value.shape, depth);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body that lays a target down. */
export const targetShapeSchema: z.ZodType<TargetShape> = z.object({ origin: originSchema, shape: shapeSchema });

/** What is asked of a sink: what the place that it writes to takes. */
export const readTargetSchema = z.object({ node });

const savedTarget: z.ZodType<SavedTarget> = z.object({
  origin: originSchema,
  shape: shapeSchema,
  savedAt: z.string(),
  savedBy: z.string(),
});
named.add(savedTarget, { id: 'SavedTarget' });
named.add(targetShapeSchema, { id: 'TargetShape' });
/** `target` is null while nobody has laid one down. */
export const savedTargetSchema = z.object({ target: savedTarget.nullable() });
