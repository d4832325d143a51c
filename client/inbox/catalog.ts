import { useEffect } from 'react';
import { create } from 'zustand';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { api } from '../api.ts';

const useStore = create<{ types: ReadonlyMap<string, NodeTypeInfo> | undefined }>(() => ({ types: undefined }));
let asked = false;

/** Node types by name, for the icons of causes; loaded once. Empty until it is there. */
export function useNodeTypes(): ReadonlyMap<string, NodeTypeInfo> {
  useEffect(() => {
    if (asked) return;
    asked = true;
    api.nodeTypes().then(
      ({ types }) => useStore.setState({ types: new Map(types.map((type) => [type.type, type])) }),
      () => {
        // Only icons are missing then; the next page that opens asks again.
        asked = false;
      },
    );
  }, []);
  return useStore((state) => state.types) ?? none;
}

const none: ReadonlyMap<string, NodeTypeInfo> = new Map();
