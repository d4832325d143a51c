import { describe, expect, it } from 'vitest';
import type { DeployPreview } from '#shared/api.ts';
import { effectsOf, pathSummary, startWords } from '../../../client/deploy/effects.ts';

const preview: DeployPreview = { problems: [], nextVersion: 2, replaces: 1, restarts: true, topics: [], groups: [], paths: [] };
const group = (stage: string, start: string) => ({ group: `millrace.orders.${stage}`, stage, start });

describe('the effects of a deploy', () => {
  it('are a short pause and going on where the old version stops', () => {
    const effects = effectsOf({ ...preview, groups: [group('transform', 'continues'), group('deliver-crm', 'earliest')] });
    expect(effects.map((effect) => `${effect.title}: ${effect.detail}`)).toEqual([
      'Goes on where version 1 stops: 1 consumer group keeps its position, 1 begins anew',
      'Pauses for a few seconds: new messages wait in the topics',
      'No new topics: no topics there already',
    ]);
  });

  it('tell a first start, a start after a stop, and no restart at all apart', () => {
    const { replaces, ...stopped } = preview;
    expect(replaces).toBe(1);
    expect(effectsOf({ ...stopped, groups: [group('transform', 'latest')] })[0]?.title).toBe('Starts for the first time');
    expect(effectsOf({ ...stopped, groups: [group('transform', 'continues')] })[0]?.title).toBe('Goes on where it stopped');
    expect(effectsOf({ ...preview, restarts: false })[0]?.title).toBe('No restart');
  });

  it('are none while the draft has errors', () => {
    const problems = [{ code: 'flow/no-source', severity: 'error' as const, message: 'The flow has no source.' }];
    expect(effectsOf({ ...preview, problems }).map((effect) => effect.title)).toEqual(['Nothing changes']);
  });

  it('name how many topics come into being', () => {
    const topics = [
      { name: 'a', partitions: 4, exists: false },
      { name: 'b', partitions: 4, exists: true },
    ];
    expect(effectsOf({ ...preview, topics }).at(-1)?.title).toBe('Creates 1 topic');
  });
});

it('says where a group begins in words', () => {
  expect(startWords('continues')).toBe('goes on at its position');
  expect(startWords('earliest, latest')).toBe('from the first message, only new messages');
  expect(startWords('2026-01-02T03:04:05.000Z')).toContain('2026-01-02 03:04:05 UTC');
});

it('sums up the guarantees of the paths, the strongest first', () => {
  expect(
    pathSummary([
      { source: 'a', sink: 'b', guarantee: 'at-least-once', by: 'none', weakest: 'b' },
      { source: 'a', sink: 'c', guarantee: 'exactly-once', by: 'kafka' },
    ]),
  ).toBe('1 exactly once, 1 at least once');
  expect(pathSummary([])).toBe('no path yet');
});
