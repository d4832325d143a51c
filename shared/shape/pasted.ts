import { parseJson } from '#shared/json.ts';
import { shapeOfJsonSchema } from './from-json-schema.ts';
import { type Operation, operationsOf } from './from-openapi.ts';
import { shapeOfSamples } from './from-samples.ts';
import type { Shape } from './shape.ts';

/** What a text can be read as, to know what a result must look like. */
export type PastedKind = 'schema' | 'openapi' | 'sample';

/** What a pasted or uploaded text says. `list` is true where a sample is a list whose items may be results of their own. */
export type Pasted =
  | { kind: 'schema'; shape: Shape; title?: string }
  | { kind: 'openapi'; document: unknown; operations: Operation[]; title?: string }
  | { kind: 'sample'; shape: Shape; count: number; list: boolean };

/**
 * Reads a text as what it looks like, or as what it is said to be: a JSON Schema, an OpenAPI document, or samples (one value,
 * a list, or one value on each line). `whole` takes a list as one result. Answers a sentence where it is none of them.
 */
export function readPasted(text: string, as?: PastedKind, whole = false): Pasted | { problem: string } {
  const values = valuesIn(text);
  if ('problem' in values) return values;
  const [first] = values.values;
  const kind = as ?? (values.values.length === 1 ? kindOf(first) : 'sample');
  if (kind === 'schema') {
    if (!isRecord(first)) return { problem: 'A JSON Schema is an object.' };
    const shape = shapeOfJsonSchema(first);
    if (shape.kinds.length === 0 && shape.fields === undefined)
      return { problem: 'This schema says nothing about what a message looks like.' };
    return { kind, shape, ...titled(first.title) };
  }
  if (kind === 'openapi') {
    const operations = operationsOf(first).filter(({ hasBody }) => hasBody);
    if (operations.length === 0) return { problem: 'The document has no request with a JSON body.' };
    return { kind, document: first, operations, ...titled(isRecord(first) && isRecord(first.info) ? first.info.title : undefined) };
  }
  const list = values.values.length === 1 && Array.isArray(first) && first.length > 0 && first.every(isRecord);
  const samples = list && !whole ? (first as unknown[]) : values.values;
  return { kind, shape: shapeOfSamples(samples).shape, count: samples.length, list };
}

const titled = (title: unknown): { title?: string } => (typeof title === 'string' && title !== '' ? { title: title.slice(0, 200) } : {});

function kindOf(value: unknown): PastedKind {
  if (!isRecord(value)) return 'sample';
  if (isRecord(value.paths) && (typeof value.openapi === 'string' || typeof value.swagger === 'string')) return 'openapi';
  if (typeof value.$schema === 'string') return 'schema';
  const types = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);
  const typed = typeof value.type === 'string' && types.has(value.type);
  return typed && (isRecord(value.properties) || isRecord(value.items)) ? 'schema' : 'sample';
}

function valuesIn(text: string): { values: unknown[] } | { problem: string } {
  if (text.trim() === '') return { problem: 'There is nothing here yet.' };
  const whole = valueIn(text);
  if ('value' in whole) return { values: [whole.value] };
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const values = lines.map(valueIn);
  if (lines.length > 1 && values.every((one) => 'value' in one))
    return { values: values.map((one) => ('value' in one ? one.value : undefined)) };
  if (/^\s*(?:openapi|swagger|\$schema|type)\s*:/m.test(text))
    return { problem: 'This looks like YAML. Save it as JSON, then paste that.' };
  return { problem: `This is not JSON: ${whole.reason}` };
}

function valueIn(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { reason: error.message };
    throw error;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
