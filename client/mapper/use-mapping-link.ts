import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { useEditor } from '../editor/context.ts';
import type { Editor } from '../editor/store.ts';

type Mapping = NonNullable<ReturnType<Editor['getState']>['mapping']>;

/** What an address says of the mapper: `?node=ID&tab=mapping`, with `field` where it is not the node's expression. */
export function mappingIn(params: URLSearchParams): Mapping | undefined {
  const node = params.get('node');
  if (params.get('tab') !== 'mapping' || node === null) return undefined;
  return { node, field: params.get('field') ?? 'expression' };
}

const same = (a: Mapping | undefined, b: Mapping | undefined): boolean => a?.node === b?.node && a?.field === b?.field;

/** Opens the wanted mapper, of a node that there is, or none. */
function show(editor: Editor, wanted: Mapping | undefined): void {
  const known = wanted !== undefined && editor.flow().nodes.some(({ id }) => id === wanted.node);
  const { mapping } = editor.getState();
  if (!same(mapping, known ? wanted : undefined)) editor.set({ mapping: known ? wanted : undefined });
}

/** Keeps the address and the open mapper in step: a link opens it, and the browser's back button closes it. */
export function useMappingLink(): void {
  const editor = useEditor();
  const [params, setParams] = useSearchParams();
  const latest = useRef({ params, setParams });
  // Addresses that were written and have not come back yet: they say nothing new.
  const written = useRef<string[]>([]);
  useEffect(() => {
    const at = written.current.lastIndexOf(params.toString());
    if (at >= 0) {
      written.current.splice(0, at + 1);
      if (written.current.length === 0) latest.current = { params, setParams };
      return;
    }
    latest.current = { params, setParams };
    show(editor, mappingIn(params));
  }, [editor, params, setParams]);
  // The browser's back and forward. React hears of an address only when it has drawn it: who goes back before that is at
  // the address that React still shows, nothing seems to change, and the mapper would stay open at an address without it.
  useEffect(() => {
    const follow = (): void => {
      const now = new URLSearchParams(location.search);
      written.current = [];
      latest.current = { ...latest.current, params: now };
      show(editor, mappingIn(now));
    };
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, [editor]);
  useEffect(
    () =>
      editor.subscribe(({ mapping }, before) => {
        if (mapping === before.mapping) return;
        const { params: now, setParams: write } = latest.current;
        if (same(mapping, mappingIn(now))) return;
        const next = new URLSearchParams(now);
        for (const name of ['node', 'tab', 'field', 'row']) next.delete(name);
        if (mapping !== undefined) {
          next.set('node', mapping.node);
          next.set('tab', 'mapping');
          if (mapping.field !== 'expression') next.set('field', mapping.field);
        }
        latest.current = { params: next, setParams: write };
        written.current.push(next.toString());
        write(next);
      }),
    [editor],
  );
}
