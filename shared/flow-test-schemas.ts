import { z } from 'zod';
import { name, named, problemSchema } from './api-schemas.ts';
import type { Waiver } from './flow-test/coverage.ts';
import type { CaptureResult, DatedResult, FlowTestInfo, FlowTestList, FlowTestRecord } from './flow-test/listing.ts';
import type { Coverage, FlowTestResult, FlowTestRun, TestCheck, TestDifference, TestPlace } from './flow-test/result.ts';
import { flowTestLimits, flowTestSchema } from './flow-test.ts';
import { callModeSchema, trialMessageSchema } from './trial-schemas.ts';

/** The shapes around tests as schemas, for requests, the OpenAPI document and tests; see `api-schemas.ts`. */

const optional = z.exactOptional;
const text = z.string();
const count = z.number();
named.add(flowTestSchema, { id: 'FlowTest' });

const placeSchema: z.ZodType<TestPlace> = z.object({ node: text, port: optional(text) });
const differenceSchema: z.ZodType<TestDifference> = z.object({
  kind: z.enum(['changed', 'missing', 'extra']),
  path: text,
  message: optional(count),
  expected: z.unknown().optional(),
  actual: z.unknown().optional(),
});
const checkSchema: z.ZodType<TestCheck> = z.object({
  expectation: count,
  node: optional(text),
  subject: z.enum([
    'node',
    'messages',
    'equals',
    'contains',
    'fields',
    'keys',
    'partitions',
    'headers',
    'schema',
    'branch',
    'dead-letters',
    'filtered',
  ]),
  passed: z.boolean(),
  sentence: text,
  differences: z.array(differenceSchema),
});
const result = {
  id: text,
  name: text,
  state: z.enum(['passed', 'failed']),
  sentence: text,
  checks: z.array(checkSchema),
  reached: z.array(placeSchema),
  unreached: z.array(placeSchema),
  ms: count,
};
const resultSchema = name<FlowTestResult>('FlowTestResult', z.object(result));
const datedSchema: z.ZodType<DatedResult> = z.object({ ...result, at: text, by: text });

const share = z.object({ all: count, reached: count });
const coverageSchema = name<Coverage>(
  'TestCoverage',
  z.object({
    nodes: share,
    branches: share,
    unreached: z.array(placeSchema),
    waived: z.array(z.object({ node: text, port: optional(text), reason: text })),
  }),
);

export const flowTestRunSchema = name<FlowTestRun>(
  'FlowTestRun',
  z.object({ hash: text, at: text, by: text, results: z.array(resultSchema), coverage: coverageSchema, ms: count }),
);

const waiver = { node: text.min(1).max(100), port: optional(text.min(1).max(200)) };
export const waiverSchema = name<Waiver>('TestWaiver', z.object({ ...waiver, reason: text.trim().min(1).max(1000) }));
export const waiverPlaceSchema = z.object(waiver);

const infoSchema: z.ZodType<FlowTestInfo> = z.object({
  id: text,
  name: text,
  revision: count,
  samples: count,
  updatedAt: text,
  updatedBy: text,
  result: optional(datedSchema),
});
export const flowTestListSchema = name<FlowTestList>(
  'FlowTestList',
  z.object({ hash: text, tests: z.array(infoSchema), waivers: z.array(waiverSchema), coverage: optional(coverageSchema) }),
);
export const flowTestRecordSchema = name<FlowTestRecord>(
  'FlowTestRecord',
  z.object({ id: text, revision: count, test: flowTestSchema, updatedAt: text, updatedBy: text }),
);

/** A request to run tests: those with these ids, else all; on the stored draft, or on the document that is sent along. */
export const runTestsSchema = z.object({
  names: optional(z.array(text.min(1)).max(flowTestLimits.count)),
  flow: optional(z.unknown()),
});

/** Taking a new result over needs a reason. */
export const acceptTestSchema = z.object({
  reason: text.trim().min(1, 'say why the new result is right').max(1000),
  flow: optional(z.unknown()),
});

const most = flowTestLimits.samples;
export const captureRequestSchema = z
  .object({
    name: text.trim().min(1, 'give the test a name').max(120),
    note: optional(text.max(4000)),
    samples: optional(z.array(text.min(1)).max(most)),
    positions: optional(z.array(text.min(1)).max(most)),
    messages: optional(z.array(trialMessageSchema).max(most)),
    node: optional(text.min(1)),
    now: optional(z.number().int().min(0).max(8.64e15)),
    seed: optional(z.number().int().min(0).max(0xffff_ffff)),
    calls: optional(z.record(text, callModeSchema)),
    flow: optional(z.unknown()),
  })
  .superRefine(({ samples = [], positions = [], messages = [] }, { addIssue }) => {
    const given = samples.length + positions.length + messages.length;
    if (given === 0) addIssue({ code: 'custom', path: ['samples'], message: 'name samples or positions, or send messages' });
    if (given > most) addIssue({ code: 'custom', path: ['samples'], message: `a test takes at most ${most} messages, these are ${given}` });
  });
export const captureResultSchema = name<CaptureResult>(
  'TestProposal',
  z.object({
    test: flowTestSchema,
    result: resultSchema,
    volatile: z.array(z.object({ node: text, paths: z.array(text) })),
    labels: z.record(text, text),
    missing: z.array(text),
    masked: count,
    problems: z.array(problemSchema),
  }),
);
