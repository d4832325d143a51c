import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SavedSample } from '#shared/sample.ts';
import type { TakeRequestInput, TakeResult } from '#shared/sample-schemas.ts';
import { api } from '../api.ts';
import { type Removal, startRemoval } from '../ui/removal.ts';

export interface WorkspaceState {
  state: 'loading' | 'ready' | 'failed';
  error?: unknown;
  /** In the order in which they were taken, without values and without those that wait to be deleted. */
  samples: readonly SavedSample[];
  /** Goes up whenever what is stored has changed, so that what was made of samples can be made anew. */
  round: number;
}

/** The samples of one flow, as every part of the studio sees them. */
export interface Workspace extends StoreApi<WorkspaceState> {
  readonly flow: string;
  /** Reads them again; what is there stays until the answer comes. */
  load(): Promise<void>;
  /** Takes samples and reads the list again. Throws what the server refuses. */
  take(request: TakeRequestInput): Promise<TakeResult>;
  rename(sample: string, name: string): Promise<void>;
  /** Takes a sample off the list at once and deletes it when `finish` is called, unless `undo` is called before. */
  remove(sample: SavedSample, onError: (error: unknown) => void): Removal;
}

/** What the workspace asks of the server; {@link api} is one. */
export type SampleApi = Pick<typeof api, 'savedSamples' | 'takeSamples' | 'renameSample' | 'deleteSample'>;

/** A workspace that has not been read yet: call `load`. */
export function createWorkspace(flow: string, server: SampleApi = api): Workspace {
  const store = createStore<WorkspaceState>(() => ({ state: 'loading', samples: [], round: 0 }));
  const leaving = new Set<string>();
  let all: readonly SavedSample[] = [];
  let asked = 0;
  const show = (): void =>
    store.setState(({ round }) => ({
      state: 'ready',
      error: undefined,
      samples: all.filter((sample) => !leaving.has(sample.id)),
      round: round + 1,
    }));

  const load = async (): Promise<void> => {
    const mine = ++asked;
    try {
      const list = await server.savedSamples(flow);
      if (mine !== asked) return;
      all = list;
      show();
    } catch (error) {
      if (mine === asked) store.setState({ state: 'failed', error });
    }
  };

  return {
    ...store,
    flow,
    load,
    async take(request) {
      const result = await server.takeSamples(flow, request);
      await load();
      return result;
    },
    async rename(sample, name) {
      const renamed = await server.renameSample(flow, sample, name);
      all = all.map((each) => (each.id === sample ? { ...each, name: renamed.name } : each));
      show();
    },
    remove: (sample, onError) =>
      startRemoval({
        id: sample.id,
        leaving,
        show,
        destroy: () => server.deleteSample(flow, sample.id),
        forget: () => {
          all = all.filter(({ id }) => id !== sample.id);
        },
        onError,
      }),
  };
}

const workspaces = new Map<string, Workspace>();

/** The workspace of a flow; the same one for all who ask. */
export function workspaceOf(flow: string): Workspace {
  const known = workspaces.get(flow);
  if (known) return known;
  const made = createWorkspace(flow);
  workspaces.set(flow, made);
  return made;
}

/** The samples of a flow, read when this comes on screen. */
export function useWorkspace(flow: string): WorkspaceState & { workspace: Workspace } {
  const workspace = workspaceOf(flow);
  const state = useStore(workspace);
  useEffect(() => void workspace.load(), [workspace]);
  return { ...state, workspace };
}
