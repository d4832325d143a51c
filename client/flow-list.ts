import { useEffect } from 'react';
import { create } from 'zustand';
import type { FlowSummary } from '#shared/api.ts';
import { api } from './api.ts';
import { useServerEvent } from './live.ts';

interface FlowList {
  flows: readonly FlowSummary[] | undefined;
  error: unknown;
}

const useStore = create<FlowList>(() => ({ flows: undefined, error: undefined }));
let running: Promise<void> | undefined;
let again = false;

/** Loads the list of flows anew; calls during a load cause one more after it, so the last change is never missed. */
export async function reloadFlowList(): Promise<void> {
  if (running !== undefined) {
    again = true;
    return running;
  }
  running = load();
  await running;
  running = undefined;
  if (again) {
    again = false;
    await reloadFlowList();
  }
}

async function load(): Promise<void> {
  try {
    useStore.setState({ flows: await api.flows(), error: undefined });
  } catch (error) {
    useStore.setState({ error });
  }
}

/** The flows as last loaded, undefined before the first answer; one list for the whole studio. */
export function useFlowList(): FlowList {
  return useStore();
}

/** Keeps the list current while the component is mounted: loads it, and again when the server says that a flow changed. */
export function useFlowListUpdates(): void {
  useEffect(() => {
    void reloadFlowList();
  }, []);
  useServerEvent((event) => {
    if (event.type === 'flow-changed' || event.type === 'flow-removed') void reloadFlowList();
  });
}

/** Name of a flow for people; its id while the list is not there. */
export function useFlowName(id: string): string {
  return useStore((list) => list.flows?.find((flow) => flow.id === id)?.name ?? id);
}

/** Forgets the list, for signing out. */
export function clearFlowList(): void {
  useStore.setState({ flows: undefined, error: undefined });
}
