import { describe, expect, it } from 'vitest';
import type { SavedSample } from '#shared/sample.ts';
import { createWorkspace, type SampleApi } from '../../../client/samples/workspace.ts';
import { until } from '../../wait.ts';

const sample = (id: string): SavedSample => ({
  id,
  name: id,
  origin: { kind: 'pasted' },
  key: null,
  headers: {},
  timestamp: null,
  preview: '',
  size: 0,
  masked: 0,
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'a',
});

/** A server that keeps samples in memory. */
function aServer(ids: string[]) {
  const stored = ids.map(sample);
  const server: SampleApi & { stored: SavedSample[]; refuse: boolean } = {
    stored,
    refuse: false,
    savedSamples: async () => [...stored],
    async takeSamples(_flow, request) {
      const samples = request.from === 'topic' ? request.positions.map(sample) : [];
      stored.push(...samples);
      return { samples, missing: [] };
    },
    async renameSample(_flow, id, name) {
      return { ...sample(id), name };
    },
    async deleteSample(_flow, id) {
      if (server.refuse) throw new Error('refused');
      stored.splice(
        stored.findIndex((each) => each.id === id),
        1,
      );
    },
  };
  return server;
}

const ids = (workspace: ReturnType<typeof createWorkspace>) => workspace.getState().samples.map(({ id }) => id);

describe('the workspace of a flow', () => {
  it('shows what was taken, and a new name at once', async () => {
    const workspace = createWorkspace('f', aServer(['a']));
    expect(workspace.getState().state).toBe('loading');
    await workspace.take({ from: 'topic', positions: ['b', 'c'] });
    expect(ids(workspace)).toEqual(['a', 'b', 'c']);
    await workspace.rename('b', 'Order');
    expect(workspace.getState().samples[1]?.name).toBe('Order');
  });

  it('takes a sample off the list at once and deletes it only in the end', async () => {
    const server = aServer(['a', 'b']);
    const workspace = createWorkspace('f', server);
    await workspace.load();
    const removal = workspace.remove(sample('a'), () => expect.unreachable());
    expect(ids(workspace)).toEqual(['b']);
    await workspace.load();
    expect(ids(workspace)).toEqual(['b']);
    expect(server.stored).toHaveLength(2);
    removal.finish();
    removal.undo();
    await until('it is deleted', () => server.stored.length === 1);
    expect(ids(workspace)).toEqual(['b']);
  });

  it('brings a sample back by undo, after which nothing deletes it', async () => {
    const server = aServer(['a', 'b']);
    const workspace = createWorkspace('f', server);
    await workspace.load();
    const removal = workspace.remove(sample('a'), () => expect.unreachable());
    removal.undo();
    removal.finish();
    expect(ids(workspace)).toEqual(['a', 'b']);
    expect(server.stored).toHaveLength(2);
  });

  it('shows a sample again that the server did not delete, and says why', async () => {
    const server = aServer(['a']);
    server.refuse = true;
    const workspace = createWorkspace('f', server);
    await workspace.load();
    const errors: unknown[] = [];
    workspace.remove(sample('a'), (error) => errors.push(error)).finish();
    await until('the error is heard', () => errors.length === 1);
    expect(ids(workspace)).toEqual(['a']);
  });
});
