import fc from 'fast-check';
import { type Flow, flowSchema } from '#shared/flow.ts';
import type { NodeTrial, TrialFailure, TrialRecord, TrialResult } from '#shared/trial.ts';

/** source → keep → (switch: a, b, other) → sinks, with a node that no line leads to from `other`. */
export const shop: Flow = flowSchema.parse({
  format: 1,
  id: 'orders',
  name: 'Orders',
  nodes: [
    { id: 'in', type: 'hook', label: 'Orders' },
    { id: 'map', type: 'map', label: 'Clean' },
    {
      id: 'lanes',
      type: 'switch',
      label: 'Lanes',
      config: {
        cases: [
          { id: 'a', name: 'EU' },
          { id: 'b', name: 'US' },
        ],
      },
    },
    { id: 'eu', type: 'store', label: 'EU store' },
    { id: 'all', type: 'store', label: 'All' },
    { id: 'bad', type: 'store', label: 'Bad ones' },
  ],
  edges: [
    { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
    { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'lanes', port: 'in' } },
    { id: 'e3', from: { node: 'lanes', port: 'a' }, to: { node: 'eu', port: 'in' } },
    { id: 'e4', from: { node: 'lanes', port: 'a' }, to: { node: 'all', port: 'in' } },
    { id: 'e5', from: { node: 'lanes', port: 'b' }, to: { node: 'all', port: 'in' } },
    { id: 'e6', from: { node: 'map', port: 'error' }, to: { node: 'bad', port: 'in' } },
  ],
});

const portsOf: Record<string, string[]> = {
  in: ['out'],
  map: ['out', 'error'],
  lanes: ['a', 'b', 'other', 'error'],
  eu: ['in'],
  all: ['in'],
  bad: ['in'],
};

/** What a node does with one record: the ports it leaves by, or why it ends. */
type Deed = { kind: 'out'; ports: number[] } | { kind: 'filtered' } | { kind: 'failed' };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constant('out' as const), ports: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }) }),
  fc.constant({ kind: 'filtered' as const }),
  fc.constant({ kind: 'failed' as const }),
);

/** Plays a Try on {@link shop} by deeds drawn in turn, as the runtime promises it: every record that comes in is accounted for. */
export function play(inputs: number, deeds: readonly Deed[]): TrialResult {
  const records: TrialRecord[] = [];
  const nodes: Record<string, NodeTrial> = Object.fromEntries(
    shop.nodes.map(({ id }) => [
      id,
      { in: [], out: Object.fromEntries((portsOf[id] ?? []).map((port) => [port, []])), filtered: [], failed: [], calls: [] },
    ]),
  );
  const make = (node: string, port: string, input: number, from?: number): number => {
    const id = records.length;
    const more = from === undefined ? {} : { from };
    records.push({ id, input, node, port, key: null, value: { n: id }, headers: {}, timestamp: 0, ...more });
    return id;
  };
  let turn = 0;
  const come = (node: string, record: number): void => {
    const trial = nodes[node];
    const input = records[record]?.input ?? 0;
    if (!trial) return;
    trial.in.push(record);
    const kind = node === 'in' ? 'source' : ['eu', 'all', 'bad'].includes(node) ? 'sink' : 'transform';
    const next = deeds[turn++ % Math.max(1, deeds.length)] ?? { kind: 'filtered' };
    const leave = (port: string): void => {
      const made = make(node, port, input, record);
      trial.out[port]?.push(made);
      for (const edge of shop.edges) if (edge.from.node === node && edge.from.port === port) come(edge.to.node, made);
    };
    if (kind !== 'transform') {
      leave(portsOf[node]?.[0] ?? 'out');
      return;
    }
    if (next.kind === 'filtered') trial.filtered.push({ record, reason: 'not wanted' });
    else if (next.kind === 'failed') {
      const taken = node === 'map';
      trial.failed.push({ record, code: 'map/failed', message: 'no', taken, end: taken ? 'error-port' : 'dead-letter' } as TrialFailure);
      if (taken) leave('error');
    } else {
      const ports = (portsOf[node] ?? []).filter((port) => port !== 'error');
      for (const port of next.ports) leave(ports[port % ports.length] ?? 'out');
    }
  };
  const entered = Array.from({ length: inputs }, (_, input) => ({ name: `sample ${input}`, node: 'in', record: make('in', 'in', input) }));
  for (const { record } of entered) come('in', record);
  const unreached = Object.entries(nodes).flatMap(([node, trial]) =>
    trial.in.length === 0 ? [{ node }] : Object.entries(trial.out).flatMap(([port, ids]) => (ids.length === 0 ? [{ node, port }] : [])),
  );
  return { problems: [], hash: 'h', inputs: entered, records, nodes, unreached, reused: [], seed: 1, ms: 3 };
}

/** Tries of one to six samples on {@link shop}. */
export const tries: fc.Arbitrary<TrialResult> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.array(deed, { minLength: 1, maxLength: 20 }))
  .map(([inputs, deeds]) => play(inputs, deeds));

/** All samples take branch a, except that the second is filtered and the third fails. */
export const mixed = (): TrialResult =>
  play(3, [
    { kind: 'out', ports: [0] },
    { kind: 'out', ports: [0] },
    { kind: 'out', ports: [0] },
    { kind: 'out', ports: [0] },
    { kind: 'out', ports: [0] },
    { kind: 'out', ports: [0] },
    { kind: 'filtered' },
    { kind: 'out', ports: [0] },
    { kind: 'failed' },
    { kind: 'out', ports: [0] },
  ]);
