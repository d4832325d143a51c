import { type Flow, flowSchema } from '#shared/flow.ts';
import type { NodeTrial, TrialRecord, TrialResult } from '#shared/trial.ts';

/** What a Try gives, written by hand: nodes with their ports, and the records that left them. */
export function trialOf(
  nodes: Record<string, { out: Record<string, Partial<TrialRecord>[]>; filtered?: string[]; failed?: { code: string; taken?: boolean }[] }>,
  more: Partial<TrialResult> = {},
): TrialResult {
  const records: TrialRecord[] = [];
  const made: Record<string, NodeTrial> = {};
  for (const [node, { out, filtered = [], failed = [] }] of Object.entries(nodes)) {
    made[node] = {
      in: [],
      out: Object.fromEntries(
        Object.entries(out).map(([port, list]) => [
          port,
          list.map((record) => {
            const id = records.length;
            records.push({ id, input: 0, node, port, key: null, value: null, headers: {}, timestamp: 0, ...record });
            return id;
          }),
        ]),
      ),
      filtered: filtered.map((reason) => ({ record: 0, reason })),
      failed: failed.map(({ code, taken = false }) => ({
        record: 0,
        code,
        message: `It failed with ${code}.`,
        taken,
        end: taken ? 'error-port' : 'dead-letter',
      })),
      calls: [],
    };
  }
  return { problems: [], hash: 'h', inputs: [], records, nodes: made, unreached: [], reused: [], seed: 1, ms: 1, ...more };
}

/** A document with nodes of these names; the tests look at nothing else of it. */
export function flowOf(...ids: string[]): Flow {
  return flowSchema.parse({ format: 1, id: 'shop', name: 'Shop', nodes: ids.map((id) => ({ id, type: 'map' })) });
}
