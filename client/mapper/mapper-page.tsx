import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Said } from '../editor/canvas/said.tsx';
import { useEditor, useEditorState } from '../editor/context.ts';
import { nextPane } from '../editor/panes.ts';
import { SamplesPanel } from '../samples/samples-panel.tsx';
import { AutoMapReview } from './auto-map-dialog.tsx';
import { ChecksBar } from './checks-bar.tsx';
import { CodePane } from './code-pane.tsx';
import { Columns } from './columns.tsx';
import { MapperContext, useMapper, useMapperState } from './context.ts';
import { DropMenu } from './drop-menu.tsx';
import { HeadBar } from './head-bar.tsx';
import { MapFrom } from './map-from.tsx';
import { actionFor, focusSide, performIn } from './mapper-actions.ts';
import styles from './mapper-page.module.css';
import { createMapper, type Mapper } from './mapper-store.ts';
import { RowEditor } from './row-editor.tsx';
import { SheetDialog } from './sheet-dialog.tsx';
import { Strip } from './strip.tsx';
import { TargetDialog } from './target-dialog.tsx';
import { useMapperData } from './use-mapper-data.ts';
import { useRowLink } from './use-row-link.ts';
import { createViewports, ViewportsContext } from './viewport.ts';

/** The mapper of the node and field that the editor has open. */
export function MapperPage() {
  const editor = useEditor();
  const mapping = useEditorState((state) => state.mapping);
  const [mapper, setMapper] = useState<Mapper>();
  const [viewports] = useState(createViewports);
  const node = mapping?.node;
  const field = mapping?.field;
  // Before the next event, so that the keys that follow are those of the mapper.
  useLayoutEffect(() => {
    if (node === undefined) return;
    const opened = createMapper(editor, node, field);
    setMapper(opened);
    return () => opened.close();
  }, [editor, node, field]);
  if (mapper === undefined || mapper.node !== node || mapper.field !== field) return <main className={styles.page} aria-busy="true" />;
  return (
    <MapperContext value={mapper}>
      <ViewportsContext value={viewports}>
        <Mapping key={`${mapper.node} ${mapper.field}`} />
      </ViewportsContext>
    </MapperContext>
  );
}

function Mapping() {
  const mapper = useMapper();
  const editor = useEditor();
  useMapperData();
  useRowLink();
  useLayoutEffect(() => focusSide('target'), []);
  const page = useRef<HTMLElement>(null);
  const keepSide = useFocusKept(page);
  const close = () => editor.set({ mapping: undefined });
  const press = (event: KeyboardEvent): void => {
    // Menus and dialogs hang elsewhere in the page and answer their keys themselves.
    if (event.defaultPrevented || !event.currentTarget.contains(event.target as Node)) return;
    if (event.key === 'Escape') {
      if (!stepOut(mapper)) close();
    } else if (event.key === 'F6') nextPane(event.shiftKey ? -1 : 1);
    else if (event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey)) {
      const side = (event.target as HTMLElement).closest<HTMLElement>('[data-side]')?.dataset.side ?? 'target';
      if ((event.target as HTMLElement).closest('.cm-editor')) return;
      document.querySelector<HTMLInputElement>(`[data-search="${side}"]`)?.focus();
    } else {
      const action = actionFor(event.nativeEvent, 'mapper');
      if (action === undefined || !performIn(mapper, action)) return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <main ref={page} className={styles.page} aria-label="Mapper" onKeyDown={press} onKeyDownCapture={keepEscape} onFocusCapture={keepSide}>
      <Strip />
      <HeadBar onClose={close} />
      <Columns code={<CodePane />} />
      <div data-pane>
        <ChecksBar />
      </div>
      <OpenRow />
      <MapFrom />
      <DropMenu />
      <Dialogs />
      <Said />
    </main>
  );
}

/**
 * Leaves the keyboard on the side where it was, when what had it goes away: the button that took the first messages, say,
 * or a row that is drawn anew because its rule, its result or its problems have changed, each at its own time.
 */
function useFocusKept(page: RefObject<HTMLElement | null>): (event: FocusEvent) => void {
  const side = useRef<'source' | 'target'>('target');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      // Under a modal dialog or a row's editor nothing may take the keyboard from it: a field of it has it a moment later.
      if (document.querySelector('[aria-modal="true"], [data-row-editor]')) return;
      if (document.activeElement === null || document.activeElement === document.body) focusSide(side.current);
    };
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      // A dialog gives the focus back to what opened it first, where that is still there.
      timer = setTimeout(look);
    });
    if (page.current) observer.observe(page.current, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      clearTimeout(timer);
    };
  }, [page]);
  return ({ target: focused }) => {
    const name = focused.closest<HTMLElement>('[data-side]')?.dataset.side;
    if (name === 'source' || name === 'target') side.current = name;
  };
}

/** Esc in a menu closes the menu alone: it is gone before the page hears of the key. */
function keepEscape(event: KeyboardEvent): void {
  if (event.key === 'Escape' && (event.target as HTMLElement).closest('[role="menu"]')) event.preventDefault();
}

/** The editor of the open row, beside the row. */
function OpenRow() {
  const open = useMapperState((state) => (state.open?.kind === 'row' ? state.open : undefined));
  const row = useMapperState((state) => state.row);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  // Before the next event: the very next key after the one that opened the editor belongs to it.
  useLayoutEffect(() => {
    const key = row === undefined ? '' : CSS.escape(row);
    setAnchor(open === undefined ? null : document.querySelector<HTMLElement>(`[data-side="target"] [data-row="${key}"]`));
  }, [open, row]);
  return <RowEditor anchor={anchor} />;
}

function Dialogs() {
  const mapper = useMapper();
  const editor = useEditor();
  const kind = useMapperState((state) => state.open?.kind);
  const close = () => mapper.set({ open: undefined });
  return (
    <>
      <AutoMapReview />
      <TargetDialog />
      <SheetDialog />
      {kind === 'samples' && (
        <aside className={styles.samples} aria-label="Samples">
          <SamplesPanel flow={editor.flow().id} onClose={close} />
        </aside>
      )}
    </>
  );
}

/** Esc: lets go of what is open or picked, innermost first. Gives false where nothing was. */
function stepOut(mapper: Mapper): boolean {
  const { open, asking, naming, picked, only, query } = mapper.getState();
  if (asking !== undefined) mapper.set({ asking: undefined });
  else if (open !== undefined) mapper.set({ open: undefined });
  else if (naming !== undefined) mapper.set({ naming: undefined });
  else if (picked !== undefined) mapper.set({ picked: undefined });
  else if (query.source !== '' || query.target !== '') mapper.set({ query: { source: '', target: '' } });
  else if (only !== undefined) mapper.set({ only: undefined });
  else return false;
  return true;
}
