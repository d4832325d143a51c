import { isUtf8 } from 'node:buffer';
import { isExactNumber, parseJson } from '#shared/json.ts';
import { header } from '#shared/message.ts';
import type { ValueFormat } from '#shared/plan.ts';
import { maskSteps } from '#shared/sample-masks.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import { namesThings, termHash, termText, traceIdOf } from './term.ts';

/** What the index takes of a topic's messages; plain data, and as text the name by which a change is noticed. */
export interface IndexRule {
  /** Set where flows read the topic: keys and fields are taken. Paths of fields, or null for those that look like numbers of things. */
  fields: string[] | null | undefined;
  format: ValueFormat;
}

/** Most terms of one message, and bytes of a value that is looked into. */
const mostTerms = 16;
const largestValue = 256 * 1024;

/**
 * Makes what gives the numbers of a message's terms: of a message that Millrace wrote its origin, of every one its trace
 * id, and of what a flow reads its key and fields.
 */
export function createTermsOf({ fields, format }: IndexRule): (record: KafkaRecord) => number[] {
  const paths = fields?.flatMap((path) => {
    const steps = maskSteps(path);
    return steps ? [steps] : [];
  });
  return (record) => {
    const terms = new Set<number>();
    const origin = textHeader(record, header.origin);
    if (origin !== undefined) terms.add(termHash('origin', origin));
    const trace = traceIdOf(textHeader(record, header.trace) ?? '');
    if (trace !== undefined) terms.add(termHash('trace', trace));
    if (fields === undefined) return [...terms];
    const take = (value: string): void => {
      const text = terms.size < mostTerms ? termText(value) : undefined;
      if (text !== undefined) terms.add(termHash('value', text));
    };
    if (record.key !== null && isUtf8(record.key)) take(Buffer.from(record.key).toString('utf8'));
    for (const value of valuesOf(jsonOf(record, format), paths)) take(value);
    return [...terms];
  };
}

/** Texts and numbers at the chosen paths, or at fields of the first two levels that name things. */
export function* valuesOf(json: unknown, paths: readonly (readonly string[])[] | undefined): Generator<string> {
  if (paths !== undefined) {
    for (const steps of paths) yield* at(json, steps);
    return;
  }
  if (!isObject(json)) return;
  for (const [name, value] of Object.entries(json)) {
    if (isObject(value)) {
      for (const [inner, content] of Object.entries(value)) if (namesThings(inner)) yield* scalar(content);
    } else if (namesThings(name)) yield* scalar(value);
  }
}

/** Texts and numbers at a path; lists are passed through. */
export function* at(value: unknown, steps: readonly string[]): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* at(item, steps);
    return;
  }
  const [step, ...rest] = steps;
  if (step === undefined) yield* scalar(value);
  else if (isObject(value) && Object.hasOwn(value, step)) yield* at(value[step], rest);
}

/** JSON of a record's value; undefined where it is none, or too large to be looked into. */
export function jsonOf({ value }: Pick<KafkaRecord, 'value'>, format: ValueFormat): unknown {
  if (value === null || format !== 'json' || value.byteLength > largestValue) return undefined;
  const first = value[0];
  // Cheaper than an exception: most of what is no object is no JSON of a flow.
  if (first !== 0x7b && first !== 0x5b && first !== 0x20 && first !== 0x0a && first !== 0x0d && first !== 0x09) return undefined;
  try {
    return parseJson(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function* scalar(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number') yield String(value);
  else if (isExactNumber(value)) yield value.text;
  else if (Array.isArray(value)) for (const item of value) yield* scalar(item);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/** A header that is text. */
export function textHeader({ headers }: Pick<KafkaRecord, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
