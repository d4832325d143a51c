import { z } from 'zod';
import type {
  AuditEntry,
  DeadLetter,
  Deployment,
  DeployPreview,
  FlowHistory,
  FlowRecord,
  FlowSummary,
  KeyInfo,
  Me,
  ProblemDetails,
  SecretInfo,
  TopicSummary,
  VersionInfo,
} from './api.ts';
import { roles } from './api.ts';
import { type FlowStatus, runStates, type Sample } from './events.ts';
import { flowSchema } from './flow.ts';
import { environments } from './gate.ts';
import { handoverSchema } from './handover-schema.ts';
import type { Catalog, NodeTypeInfo } from './node-type.ts';
import type { PathGuarantee } from './plan.ts';
import type { Problem } from './problem.ts';

/**
 * The shapes of `api.ts` as schemas: requests are checked with them, the OpenAPI document is made of them, and tests
 * hold every answer against them. Each is declared with the type it stands for, so the two cannot drift apart.
 */

/** Schemas that the OpenAPI document shows by name. */
export const named = z.registry<{ id: string }>();

/** The schema, after it was given its name in the OpenAPI document. */
export function name<T>(id: string, schema: z.ZodType<T>): z.ZodType<T> {
  named.add(schema, { id });
  return schema;
}

const optional = z.exactOptional;
const count = z.number();
const counts = z.record(z.string(), z.number());
const text = z.string();
const texts = z.record(z.string(), z.string());

named.add(flowSchema, { id: 'Flow' });

export const roleSchema = z.enum(roles);

export const problemSchema = name<Problem>(
  'Problem',
  z.object({
    code: text,
    severity: z.enum(['error', 'warning']),
    message: text,
    node: optional(text),
    edge: optional(text),
    field: optional(text),
    position: optional(count),
  }),
);

export const problemDetailsSchema = name<ProblemDetails>(
  'ProblemDetails',
  z.object({
    type: text,
    title: text,
    status: z.number().int(),
    detail: optional(text),
    problems: z.array(problemSchema),
    /** With 412: the revision that stands now. */
    revision: optional(z.number().int()),
  }),
);

export const meSchema = name<Me>(
  'Me',
  z.object({ name: text, role: roleSchema, demo: z.boolean(), environment: z.enum(environments), version: text, hooksUrl: text }),
);

const stageStatusSchema = z.object({
  stage: text,
  kind: z.enum(['ingest', 'transform', 'deliver']),
  node: optional(text),
  state: z.enum(['starting', 'running', 'retrying', 'paused', 'stopped']),
  lag: optional(count),
  behindMs: optional(count),
  reason: optional(text),
  since: optional(count),
});

const nodeTotalsSchema = z.object({
  in: count,
  out: counts,
  filtered: counts,
  dead: counts,
  delivered: optional(count),
  refused: optional(counts),
  lastAt: optional(count),
});

const versionCountsSchema = z.object({ in: count, copies: count, delivered: count, filtered: count, dead: count });

const runningCanarySchema = z.object({
  version: z.number().int(),
  base: z.number().int(),
  share: count,
  since: count,
  counts: z.object({ base: versionCountsSchema, canary: versionCountsSchema }),
  countedAt: count,
});

export const flowStatusSchema = name<FlowStatus>(
  'FlowStatus',
  z.object({
    flow: text,
    version: optional(z.number().int()),
    state: z.enum(runStates),
    health: z.object({ level: z.enum(['ok', 'warning', 'error', 'off']), sentence: text }),
    restarts: count,
    lastError: optional(text),
    deployedAt: optional(text),
    canary: optional(runningCanarySchema),
    stages: z.array(stageStatusSchema),
    nodes: z.record(z.string(), nodeTotalsSchema),
    balance: z.object({
      in: count,
      delivered: count,
      filtered: count,
      dead: count,
      copies: count,
      inFlight: count,
      difference: count,
      parked: optional(count),
      resent: optional(count),
    }),
    gaps: optional(z.object({ gaps: count, messages: count })),
    at: count,
  }),
);

export const flowRecordSchema = name<FlowRecord>(
  'FlowRecord',
  z.object({
    flow: flowSchema,
    revision: z.number().int(),
    updatedAt: text,
    updatedBy: text,
    latestVersion: optional(z.number().int()),
    deployedVersion: optional(z.number().int()),
    changed: z.boolean(),
  }),
);

export const flowSummarySchema = name<FlowSummary>(
  'FlowSummary',
  z.object({
    id: text,
    name: text,
    revision: z.number().int(),
    updatedAt: text,
    updatedBy: text,
    nodes: z.number().int(),
    deployedVersion: optional(z.number().int()),
    changed: z.boolean(),
    status: flowStatusSchema,
  }),
);

export const versionInfoSchema = name<VersionInfo>(
  'VersionInfo',
  z.object({ version: z.number().int(), createdAt: text, createdBy: text, note: text, hash: text }),
);

const editsSchema = z.array(z.object({ who: text, saves: z.number().int(), first: text, last: text }));

export const flowHistorySchema = name<FlowHistory>(
  'FlowHistory',
  z.object({
    versions: z.array(
      z.object({
        version: z.number().int(),
        createdAt: text,
        createdBy: text,
        note: text,
        hash: text,
        deployments: z.array(
          z.object({ deployedAt: text, deployedBy: text, replaced: optional(z.number().int()), override: optional(text) }),
        ),
        edits: editsSchema,
      }),
    ),
    deployedVersion: optional(z.number().int()),
    draft: z.object({ revision: z.number().int(), updatedAt: text, updatedBy: text, hash: text, edits: editsSchema }),
  }),
);

export const deploymentSchema = name<Deployment>(
  'Deployment',
  z.object({
    flow: text,
    version: z.number().int(),
    deployedAt: text,
    deployedBy: text,
    replaced: optional(z.number().int()),
    barrier: z.array(z.object({ group: text, topic: text, partition: z.number().int(), offset: text })),
    topicsCreated: z.array(text),
    status: flowStatusSchema,
    handover: optional(handoverSchema),
  }),
);

const pathGuaranteeSchema: z.ZodType<PathGuarantee> = z.object({
  source: text,
  sink: text,
  guarantee: z.enum(['exactly-once', 'effectively-once', 'at-least-once']),
  by: z.enum(['upsert', 'idempotency-key', 'transaction', 'none', 'kafka']),
  weakest: optional(text),
});

export const deployPreviewSchema = name<DeployPreview>(
  'DeployPreview',
  z.object({
    problems: z.array(problemSchema),
    nextVersion: z.number().int(),
    replaces: optional(z.number().int()),
    restarts: z.boolean(),
    topics: z.array(z.object({ name: text, partitions: z.number().int(), exists: z.boolean() })),
    groups: z.array(z.object({ group: text, stage: text, start: text })),
    paths: z.array(pathGuaranteeSchema),
  }),
);

export const deadLetterSchema = name<DeadLetter>(
  'DeadLetter',
  z.object({
    position: text,
    at: count,
    flow: text,
    version: z.number().int(),
    node: text,
    stage: text,
    code: text,
    message: text,
    origin: text,
    attempt: count,
    key: text.nullable(),
    value: text,
    encoding: z.enum(['utf8', 'base64']),
    headers: texts,
  }),
);

export const sampleSchema = name<Sample>(
  'Sample',
  z.object({
    node: text,
    port: text,
    at: count,
    origin: text,
    key: text.nullable(),
    value: text,
    truncated: z.boolean(),
    headers: texts,
    error: optional(z.object({ code: text, message: text })),
    reason: optional(text),
  }),
);

export const topicSummarySchema = name<TopicSummary>(
  'TopicSummary',
  z.object({ name: text, partitions: z.number().int(), messages: count }),
);

export const secretInfoSchema = name<SecretInfo>('SecretInfo', z.object({ name: text, updatedAt: text, updatedBy: text }));

const keyFields = { id: text, name: text, role: roleSchema, createdAt: text, lastUsedAt: optional(text) };
export const keyInfoSchema = name<KeyInfo>('KeyInfo', z.object(keyFields));
/** The answer to making a key: the only one that holds the key itself. */
export const newKeySchema = name<KeyInfo & { key: string }>('NewKey', z.object({ ...keyFields, key: text }));

export const auditEntrySchema = name<AuditEntry>(
  'AuditEntry',
  z.object({ at: text, who: text, action: text, flow: optional(text), detail: text }),
);

const portSchema = z.object({ id: text, label: text, wanted: optional(z.boolean()) });
const guaranteeSchema = z.enum(['upsert', 'idempotency-key', 'transaction', 'none']);

const nodeTypeInfoSchema = name<NodeTypeInfo>(
  'NodeTypeInfo',
  z.object({
    type: text,
    version: z.number().int(),
    kind: z.enum(['source', 'transform', 'sink']),
    title: text,
    summary: text,
    docs: optional(text),
    category: text,
    look: z.enum(['source', 'map', 'route', 'enrich', 'sink', 'custom']),
    icon: text,
    keywords: optional(z.array(text)),
    /** JSON Schema (2020-12) of the node's config. */
    config: z.record(z.string(), z.unknown()),
    ports: z.union([z.array(portSchema), z.object({ perItem: text, id: text, label: text, plus: z.array(portSchema) })]),
    guarantee: optional(
      z.union([guaranteeSchema, z.object({ field: text, cases: z.record(z.string(), guaranteeSchema), otherwise: guaranteeSchema })]),
    ),
    unique: optional(z.object({ field: text, what: text })),
    topic: optional(z.object({ field: text })),
    custom: optional(z.boolean()),
  }),
);

export const catalogSchema = name<Catalog>(
  'Catalog',
  z.object({ types: z.array(nodeTypeInfoSchema), failures: z.array(z.object({ file: text, message: text })) }),
);
