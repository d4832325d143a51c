import { expect, it } from 'vitest';
import { crashed, pausedThemselves, rebalanced } from '#server/runtime/happenings.ts';
import type { StageStatus } from '#shared/events.ts';
import type { DeliverStage, Stage } from '#shared/plan.ts';

const types = new Map([['http', { title: 'HTTP request' }]]);
const node = { id: 'erp', type: 'http', kind: 'sink', label: 'ERP', config: {} } as const;
const deliver: DeliverStage = {
  kind: 'deliver',
  id: 'deliver-erp',
  group: 'g',
  input: { topic: 't', node: 'erp', from: 'earliest', format: 'json' },
  node,
};
const stages: Stage[] = [deliver];
const status = (state: StageStatus['state'], reason?: string): StageStatus => ({
  stage: 'deliver-erp',
  kind: 'deliver',
  state,
  ...(reason !== undefined && { reason }),
});

it('tells of a sink that paused itself, once, and names it', () => {
  const paused = [status('paused', 'ERP refused for 10 minutes.')];
  const told = pausedThemselves([status('retrying')], paused, new Set(), stages, types, 7);
  expect(told).toEqual([{ at: 7, kind: 'pause', sentence: 'The delivery to “ERP” paused itself: ERP refused for 10 minutes.' }]);
  expect(pausedThemselves(paused, paused, new Set(), stages, types, 8)).toEqual([]);
});

it('does not tell of a pause that a person asked for', () => {
  expect(pausedThemselves([status('running')], [status('paused')], new Set(['deliver-erp']), stages, types, 7)).toEqual([]);
});

it('says what ended a worker, cut to what fits a mark, and that the flow stands when nobody starts it again', () => {
  expect(crashed('out of memory', false, 1)).toEqual([{ at: 1, kind: 'crash', sentence: 'The worker ended: out of memory' }]);
  const [crash, stop, ...more] = crashed('x'.repeat(900), true, 1);
  expect(crash?.sentence).toMatch(/^The worker ended: x{400}…$/);
  expect(stop).toMatchObject({ kind: 'stop', sentence: expect.stringMatching(/^The flow failed and waits for a person: x{400}…$/) });
  expect(more).toEqual([]);
});

it('names the stage of a rebalance, by its type where the node has no label', () => {
  expect(rebalanced({ ...deliver, node: { ...node, label: '' } }, types, 1).sentence).toContain('the delivery to “HTTP request”');
  expect(rebalanced(undefined, types, 1).sentence).toContain('a stage');
});
