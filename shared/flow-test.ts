import { z } from 'zod';
import { parsePath } from './flow-test/path.ts';
import { parseJson, stringifyJson } from './json.ts';
import type { Problem } from './problem.ts';

/**
 * A test of a flow as a file: the messages that enter, and what must come of them. It holds no part of the flow and the
 * flow no part of it. The same file is run in the editor, by `millrace test` and at deploy.
 */
export interface FlowTest {
  format: 1;
  name: string;
  /** Why the case is there, for its readers. */
  note?: string;
  /** Seed of random numbers; left out, 1. */
  seed?: number;
  /** The clock that expressions see, ISO 8601; left out, each sample's own time. */
  now?: string;
  samples: TestSample[];
  /** How calls to the outside are answered, by node; left out, a call fails. */
  calls?: Record<string, TestCall>;
  expect: Expectation[];
  /** New results that people accepted, oldest first. */
  accepted?: Acceptance[];
}

/** A message that enters. */
export interface TestSample {
  name?: string;
  /** The source node it enters at; left out, the source of `topic`, else the flow's first source. */
  node?: string;
  topic?: string;
  key?: string | null;
  /** Decoded JSON, with ExactNumber where digits matter; with an encoding the text, or bytes as base64. */
  value: unknown;
  encoding?: 'text' | 'base64';
  headers?: Record<string, string>;
  /** The message's own time, ISO 8601. */
  at?: string;
  /** Where it was taken from, such as `orders/3/4711`. */
  origin?: string;
}

export type TestCall =
  | { mode: 'fixed'; value: unknown }
  /** By the answers that stand here, each with the hash of its question; a call that has none fails. */
  | { mode: 'recorded'; answers: RecordedAnswer[] };

/** The answer of a real call. `request` is the hash of the question, `what` the question for people. */
export interface RecordedAnswer {
  request: string;
  what: string;
  value: unknown;
}

export interface Acceptance {
  at: string;
  by: string;
  reason: string;
}

/** What must leave a node. Messages are counted and compared in the order in which they leave. */
export interface OutputExpectation {
  /** A sink, or any other node together with `port`. */
  node: string;
  /** Left out: what a sink would write. */
  port?: string;
  /** How many messages. */
  messages?: number;
  /** The values, one for each message. */
  equals?: unknown[];
  /** Each of these stands in some message: an object that has these fields, a list that has these items. */
  contains?: unknown[];
  /** Every message has these values at these paths, such as `customer.name`. */
  fields?: Record<string, unknown>;
  /** The keys, one for each message; the key decides the partition, unless the sink says otherwise. */
  keys?: (string | null)[];
  /** The partitions, one for each message, of a sink that chooses them itself. */
  partitions?: number[];
  /** Headers that must stand, one set for each message; others are not looked at. */
  headers?: Record<string, string>[];
  /** A JSON Schema that every value obeys. */
  schema?: Record<string, unknown> | boolean;
  /** Paths in the value that are not compared: `meta.createdAt`, `lines[].id` or `lines.id` in every item, `lines[0].id`, `**.id` anywhere. */
  ignore?: string[];
  /** `any`: the messages may leave in any order. */
  order?: 'any';
}

/** A way that at least one message takes. */
export interface BranchExpectation {
  node: string;
  /** The port it leaves by. */
  branch: string;
}

/** Messages that could not be processed and that no error port took; where the flow skips such messages, the skipped. */
export interface DeadLetterExpectation {
  deadLetters: number;
  /** Only those of this node; else of the whole flow. */
  node?: string;
  /** Only those with this code. */
  code?: string;
}

export interface FilteredExpectation {
  filtered: number;
  node?: string;
  reason?: string;
}

export type Expectation = OutputExpectation | BranchExpectation | DeadLetterExpectation | FilteredExpectation;

/** What tests may take at most. */
export const flowTestLimits = {
  /** Bytes of one file. */
  bytes: 1024 * 1024,
  /** Cases of one flow. */
  count: 200,
  samples: 100,
  /** Bytes of all cases of one flow. */
  flowBytes: 20 * 1024 * 1024,
  /** Time that one case may take, in ms. */
  caseMs: 10_000,
} as const;

const optional = z.exactOptional;
const id = z.string().min(1).max(200);
const path = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => parsePath(text) !== undefined, 'this is no path; write one such as customer.name or lines.sku');
const count = z.number().int().min(0).max(1_000_000);
const time = z
  .string()
  .max(40)
  .refine((text) => /^\d{4}-\d\d-\d\dT/.test(text) && Number.isFinite(Date.parse(text)), 'write a time such as 2026-01-03T10:00:00Z');
/** Any value of JSON, null too, but it must be there. */
const value = z.unknown().refine((given) => given !== undefined, 'is missing; write null for no value');
const headers = z.record(z.string().max(1000), z.string().max(100_000));

const sampleSchema: z.ZodType<TestSample> = z.strictObject({
  name: optional(z.string().max(200)),
  node: optional(id),
  topic: optional(id),
  key: optional(z.string().nullable()),
  value,
  encoding: optional(z.enum(['text', 'base64'])),
  headers: optional(headers),
  at: optional(time),
  origin: optional(z.string().max(500)),
});

const callSchema: z.ZodType<TestCall> = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('fixed'), value }),
  z.strictObject({
    mode: z.literal('recorded'),
    answers: z.array(z.strictObject({ request: z.string().min(1).max(200), what: z.string().max(2000), value })).max(1000),
  }),
]);

const outputSchema = z.strictObject({
  node: id,
  port: optional(id),
  messages: optional(count),
  equals: optional(z.array(z.unknown()).max(10_000)),
  contains: optional(z.array(z.unknown()).max(1000)),
  fields: optional(z.record(path, z.unknown())),
  keys: optional(z.array(z.string().nullable()).max(10_000)),
  partitions: optional(z.array(count).max(10_000)),
  headers: optional(z.array(headers).max(10_000)),
  schema: optional(z.union([z.record(z.string(), z.unknown()), z.boolean()])),
  ignore: optional(z.array(path).max(500)),
  order: optional(z.literal('any')),
});
const branchSchema = z.strictObject({ node: id, branch: id });
const deadSchema = z.strictObject({ deadLetters: count, node: optional(id), code: optional(id) });
const filteredSchema = z.strictObject({ filtered: count, node: optional(id), reason: optional(z.string().max(1000)) });

/** In the order in which {@link kindOf} names them. */
const expectationSchemas = { branch: branchSchema, deadLetters: deadSchema, filtered: filteredSchema, output: outputSchema } as const;

/** Which of the four an expectation is; told by the key that only it has. */
export function kindOf(expectation: Expectation): keyof typeof expectationSchemas {
  if ('branch' in expectation) return 'branch';
  if ('deadLetters' in expectation) return 'deadLetters';
  return 'filtered' in expectation ? 'filtered' : 'output';
}

const expectationSchema: z.ZodType<Expectation> = z.union(Object.values(expectationSchemas));

/** The shape of a case, for requests and the API document. {@link parseFlowTest} gives clearer problems. */
export const flowTestSchema: z.ZodType<FlowTest> = z.strictObject({
  format: z.literal(1),
  name: z.string().trim().min(1).max(120),
  note: optional(z.string().max(4000)),
  seed: optional(z.number().int().min(0).max(0xffff_ffff)),
  now: optional(time),
  samples: z.array(sampleSchema).max(flowTestLimits.samples),
  calls: optional(z.record(id, callSchema)),
  expect: z.array(expectationSchema).max(1000),
  accepted: optional(z.array(z.strictObject({ at: time, by: z.string().max(200), reason: z.string().trim().min(1).max(1000) })).max(1000)),
});

/**
 * Reads a case from the text of its file; numbers keep their digits. What is wrong comes back as problems, each with its
 * place in the file as `field`.
 */
export function parseFlowTest(text: string): { test: FlowTest; problems?: never } | { problems: Problem[]; test?: never } {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    return broken('test/json', `The file is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return readFlowTest(json);
}

/** As {@link parseFlowTest}, from a value that was parsed already (with `parseJson`, where digits matter). */
export function readFlowTest(json: unknown): { test: FlowTest; problems?: never } | { problems: Problem[]; test?: never } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return broken('test/shape', 'A test is a JSON object with format, name, samples and expect; this is something else.');
  }
  const { format } = json as { format?: unknown };
  if (format !== 1) {
    return typeof format === 'number' && format > 1
      ? broken('test/format', `The test has format ${format}; this Millrace reads format 1. Use a newer Millrace.`, 'format')
      : broken('test/format', 'The test does not say its format. Add "format": 1 if it was written for this version.', 'format');
  }
  const parsed = flowTestSchema.safeParse(json);
  if (parsed.success) return { test: parsed.data };
  return { problems: parsed.error.issues.flatMap((issue) => problemsOf(json, issue)) };
}

/** Of a union's issue those of the one shape that is meant: else nobody could tell what is wrong. */
function problemsOf(json: object, issue: z.core.$ZodIssue): Problem[] {
  const [list, index] = issue.path;
  if (list === 'expect' && typeof index === 'number' && issue.code === 'invalid_union') {
    const given: unknown = (json as { expect: unknown[] }).expect[index];
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
      const inner = expectationSchemas[kindOf(given as Expectation)].safeParse(given);
      if (!inner.success) return inner.error.issues.map((one) => toProblem([...issue.path, ...one.path], one.message));
    }
    return [toProblem(issue.path, 'say what is expected: of a node, its branch, dead letters or filtered messages')];
  }
  return [toProblem(issue.path, issue.message)];
}

function toProblem(at: readonly PropertyKey[], message: string): Problem {
  const field = at.map(String).join('.');
  return {
    code: 'test/shape',
    severity: 'error',
    message: `${field === '' ? 'The test' : field}: ${message}.`,
    ...(field !== '' && { field }),
  };
}

function broken(code: string, message: string, field?: string): { problems: Problem[] } {
  return { problems: [{ code, severity: 'error', message, ...(field !== undefined && { field }) }] };
}

/**
 * The text of a case's file: the same case gives the same bytes. Its own keys stand in a fixed order; keys inside of
 * messages stay in theirs, because a mapping may depend on it. Two spaces, a newline at the end.
 */
export function formatFlowTest(test: FlowTest): string {
  const text = stringifyJson(
    {
      format: test.format,
      name: test.name,
      note: test.note,
      now: test.now,
      seed: test.seed,
      samples: test.samples.map(({ name, node, topic, origin, at, key, headers: given, encoding, value: content }) => ({
        name,
        node,
        topic,
        origin,
        at,
        key,
        headers: sorted(given),
        encoding,
        value: content,
      })),
      calls: sorted(test.calls && Object.fromEntries(Object.entries(test.calls).map(([node, call]) => [node, callInOrder(call)]))),
      expect: test.expect.map(inOrder),
      accepted: test.accepted?.map(({ at, by, reason }) => ({ at, by, reason })),
    },
    2,
  );
  return `${text ?? ''}\n`;
}

function callInOrder(call: TestCall): unknown {
  if (call.mode === 'fixed') return { mode: call.mode, value: call.value };
  return { mode: call.mode, answers: call.answers.map(({ request, what, value: answer }) => ({ request, what, value: answer })) };
}

function inOrder(one: Expectation): unknown {
  if ('branch' in one) return { node: one.node, branch: one.branch };
  if ('deadLetters' in one) return { deadLetters: one.deadLetters, node: one.node, code: one.code };
  if ('filtered' in one) return { filtered: one.filtered, node: one.node, reason: one.reason };
  const { node, port, messages, order, ignore, fields, contains, keys, partitions, headers: given, equals, schema } = one;
  return {
    node,
    port,
    messages,
    order,
    ignore,
    fields: sorted(fields),
    contains,
    keys,
    partitions,
    headers: given?.map(sorted),
    equals,
    schema,
  };
}

function sorted<T>(record: Record<string, T> | undefined): Record<string, T> | undefined {
  return record && Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Names that Windows keeps for devices, whatever stands behind the dot. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The file name of a case: “EU order gets VAT” stands in `eu-order-gets-vat.json`. Two names may give the same. */
export function flowTestFileName(name: string): string {
  return `${flowTestId(name)}.json`;
}

/** The name of a case's file without its ending: by it the case is known within its flow. */
export function flowTestId(name: string): string {
  const words = name
    .normalize('NFKD')
    // The marks of Latin letters only; in other scripts they make another letter.
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  const short = [...words]
    .slice(0, 80)
    .join('')
    .replaceAll(/^-+|-+$/g, '');
  if (short === '') return 'test';
  return reserved.test(short) ? `test-${short}` : short;
}
