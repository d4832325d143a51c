import { tmpdir } from 'node:os';
import { defineNode, type NodeContext, type NodeType, RetriableError, z } from '#server/sdk.ts';
import type { TrialInput } from '#server/try/input.ts';
import { stringifyJson } from '#shared/json.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';

/** What a node gets in a test of a Try: no secrets, no addresses, a log that nobody reads. */
export const contextOf =
  (plan: Plan) =>
  (node: PlanNode): NodeContext => ({
    flow: plan.flow,
    version: plan.version,
    node: node.id,
    label: node.label,
    secret: () => '***',
    filesFolder: tmpdir(),
    bindings: {},
    allowPrivate: [],
    call: (_call, perform) => perform(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

/** A message as the topic `orders` would hold it; a text as value is the value's JSON text. */
export function input(node: string, value: unknown, offset = 0, more: Partial<TrialInput> = {}): TrialInput {
  return {
    node,
    key: Buffer.from(`k${offset}`),
    value: Buffer.from(typeof value === 'string' ? value : (stringifyJson(value) ?? 'null')),
    headers: {},
    timestamp: 1_700_000_000_000 + offset,
    origin: { topic: 'orders', partition: 0, offset: String(offset) },
    ...more,
  };
}

/** A transform that does what the message says: waits for the world, has a fault, never answers, or passes it on. */
export const odd = defineNode({
  type: 'test.odd',
  version: 1,
  kind: 'transform',
  title: 'Odd',
  summary: 'Does what the message says',
  category: 'Test',
  icon: 'map',
  config: z.object({ broken: z.boolean().default(false) }),
  create({ broken }) {
    if (broken) throw new Error('it is broken');
    return {
      process(message, emit) {
        if (message.value === 'wait') throw new RetriableError('erp/busy', 'The ERP is busy.');
        if (message.value === 'fault') throw new TypeError('undefined is not a function');
        if (message.value === 'late') return new Promise<void>(() => undefined);
        emit(message);
      },
    };
  },
}) as NodeType;
