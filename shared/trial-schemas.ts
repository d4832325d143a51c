import { z } from 'zod';
import { name, problemSchema } from './api-schemas.ts';
import {
  type CallMode,
  type FailureEnd,
  type NodeTrial,
  type TrialFailure,
  type TrialRecord,
  type TrialResult,
  trialLimits,
} from './trial.ts';

/** The shapes of `trial.ts` as schemas, for requests, the OpenAPI document and tests; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
const id = z.number().int().min(0);
/** ms since 1970. */
const time = z.number().int().min(0).max(8.64e15);

/** How a node's calls are answered, as `calls` of a request says it. */
export const callModeSchema = name<CallMode>(
  'CallMode',
  z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('recorded') }),
    z.object({ mode: z.literal('fixed'), value: z.unknown() }),
    z.object({ mode: z.literal('real') }),
  ]),
);

export const trialMessageSchema = z.object({
  key: optional(text.nullable()),
  value: z.unknown(),
  encoding: optional(z.enum(['text', 'base64'])),
  headers: optional(z.record(text, text)),
  timestamp: optional(time),
  name: optional(text.max(200)),
});

/** A request to try a flow. `flow` is checked apart, with the upgrade path of documents. */
export const trialRequestSchema = z
  .object({
    flow: optional(z.unknown()),
    samples: optional(z.array(text.min(1)).max(trialLimits.messages)),
    messages: optional(z.array(trialMessageSchema).max(trialLimits.messages)),
    node: optional(text.min(1)),
    calls: optional(z.record(text, callModeSchema)),
    now: optional(time),
    seed: optional(z.number().int()),
  })
  .superRefine(({ samples = [], messages = [] }, { addIssue }) => {
    const given = samples.length + messages.length;
    if (given === 0) addIssue({ code: 'custom', path: ['samples'], message: 'name samples, or send messages to try' });
    if (given > trialLimits.messages)
      addIssue({ code: 'custom', path: ['samples'], message: `a Try takes at most ${trialLimits.messages} messages, these are ${given}` });
  });

/** A message at one place of a Try, or of a way. */
export const trialRecordSchema = name<TrialRecord>(
  'TrialRecord',
  z.object({
    id,
    input: id,
    from: optional(id),
    node: text,
    port: text,
    key: text.nullable(),
    value: z.unknown(),
    encoding: optional(z.literal('base64')),
    text: optional(text),
    truncated: optional(count),
    headers: z.record(text, text),
    timestamp: count,
    topic: optional(text),
    partition: optional(count),
    sends: optional(z.object({ what: text, data: z.unknown() })),
  }),
);

const ends = ['error-port', 'dead-letter', 'skip', 'stop', 'wait', 'crash', 'unanswered'] as const satisfies readonly FailureEnd[];

const failureSchema = name<TrialFailure>(
  'TrialFailure',
  z.object({ record: id, code: text, message: text, position: optional(count), taken: z.boolean(), end: z.enum(ends) }),
);

const nodeTrialSchema = name<NodeTrial>(
  'NodeTrial',
  z.object({
    in: z.array(id),
    out: z.record(text, z.array(id)),
    filtered: z.array(z.object({ record: id, reason: text })),
    failed: z.array(failureSchema),
    calls: z.array(z.object({ record: id, what: text, answered: z.enum(['recorded', 'fixed', 'real', 'failed']), ms: count })),
  }),
);

/** A call to the outside whose answer is recorded. */
export const recordingInfoSchema = z.object({ node: text, what: text, recordedAt: text, recordedBy: text });

export const trialResultSchema = name<TrialResult>(
  'TrialResult',
  z.object({
    problems: z.array(problemSchema),
    hash: text,
    inputs: z.array(z.object({ sample: optional(text), name: text, node: text, record: id })),
    records: z.array(trialRecordSchema),
    nodes: z.record(text, nodeTrialSchema),
    unreached: z.array(z.object({ node: text, port: optional(text) })),
    reused: z.array(text),
    now: optional(count),
    seed: count,
    ms: count,
  }),
);
