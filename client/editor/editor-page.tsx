import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useNavigate, useParams, useSearchParams } from 'react-router';
import type { FlowRecord } from '#shared/api.ts';
import { checkFlow } from '#shared/check.ts';
import type { Catalog } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { readState } from '../history/documents.ts';
import { useRestore } from '../history/use-restore.ts';
import { VersionBanner } from '../history/version-banner.tsx';
import { loadVersion, readVersion } from '../history/version-shown.ts';
import { useServerEvent } from '../live.ts';
import { useLoad } from '../load.ts';
import { mappingIn, useMappingLink } from '../mapper/use-mapping-link.ts';
import { useMay, useMe } from '../session.ts';
import { TryFrame, TryRibbon } from '../try/ribbon.tsx';
import { TrialContext } from '../try/trial-store.ts';
import { useNewTrial } from '../try/use-trial.ts';
import { ErrorState } from '../ui/states.tsx';
import { actions } from './action-table.ts';
import { perform } from './actions.ts';
import { type Autosave, startAutosave } from './autosave.ts';
import { Canvas } from './canvas/canvas.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { EditorContext, useEditor, useEditorState } from './context.ts';
import styles from './editor-page.module.css';
import { Inspector } from './inspector/inspector.tsx';
import { isTyping, matches } from './keys.ts';
import { Drawer } from './panels/drawer.tsx';
import { HealthStrip } from './panels/health-strip.tsx';
import { SidePanel } from './panels/side-panel.tsx';
import { Picker } from './picker.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { EditorSkeleton } from './skeleton.tsx';
import { createEditor, groupProblems, type VersionShown } from './store.ts';
import { TopBar } from './top-bar.tsx';

// The mapper comes only where a mapping is opened.
const MapperPage = lazy(async () => ({ default: (await import('../mapper/mapper-page.tsx')).MapperPage }));
const checkAfterMs = 150;

/** The flow editor, `/flows/:id`. */
export function EditorPage() {
  const { id = '' } = useParams();
  const [search] = useSearchParams();
  const [version, compared] = [readVersion(search.get('v')), readState(search.get('with'))];
  const key = version === undefined ? id : `${id} ${version} ${compared}`;
  const loaded = useLoad(async () => {
    const [record, catalog] = await Promise.all([api.flow(id), api.nodeTypes()]);
    if (version === undefined) return { record, catalog, shown: undefined };
    const { flow, shown } = await loadVersion(id, version, compared, catalog);
    return { record: { ...record, flow }, catalog, shown };
  }, key);
  if (loaded.data !== undefined) return <Loaded key={key} {...loaded.data} />;
  if (loaded.error !== undefined) {
    return (
      <main className={styles.failed}>
        <ErrorState what="This flow could not be opened" error={loaded.error} onRetry={loaded.reload} />
      </main>
    );
  }
  return <EditorSkeleton />;
}

function Loaded({ record, catalog, shown }: { record: FlowRecord; catalog: Catalog; shown: VersionShown | undefined }) {
  const { role } = useMe();
  const mayEdit = useMay('analyst');
  const [editor] = useState(() => {
    const opened = createEditor(
      record,
      catalog,
      shown !== undefined
        ? `Version ${shown.version} never changes. Go back to the draft to edit.`
        : mayEdit
          ? undefined
          : `Your role “${role}” only reads. An analyst, developer or admin can edit this flow.`,
    );
    opened.set({ shown });
    // A link into the mapper shows no canvas first.
    const mapping = mappingIn(new URLSearchParams(location.search));
    if (record.flow.nodes.some(({ id }) => id === mapping?.node)) opened.set({ mapping });
    return opened;
  });
  const trial = useNewTrial(editor);
  return (
    <EditorContext value={editor}>
      <TrialContext value={trial}>
        <Workbench />
      </TrialContext>
    </EditorContext>
  );
}

function Workbench() {
  const editor = useEditor();
  const navigate = useNavigate();
  const autosave = useAutosave();
  useChecks();
  useDeployedVersion();
  useLinkedNode();
  useLinkedTry();
  useRestore();
  useMappingLink();
  useFocusAfterMapping();
  useFocusOnArrival();
  usePageKeys();
  const shown = useEditorState((state) => state.shown !== undefined);
  const mapping = useEditorState((state) => state.mapping !== undefined);
  const inspector = useEditorState((state) => state.inspector && state.history.present.selection.nodes.length > 0);
  const name = useEditorState((state) => state.history.present.flow.name);
  const trying = useEditorState((state) => state.trying !== undefined);
  useEffect(() => {
    document.title = `${name} · Millrace`;
  }, [name]);

  const openDeploy = () => {
    void autosave.flush().then(() => {
      const { save, record } = editor.getState();
      // What could not be saved must not be left out of what goes live unseen.
      if (save.kind === 'failed' || save.kind === 'conflict')
        editor.say('The draft is not saved yet, so it cannot be deployed.', 'refused');
      else void navigate(`/flows/${encodeURIComponent(record.flow.id)}/deploy`);
    });
  };
  return (
    <div className={styles.page}>
      <TopBar onTry={() => perform(editor, 'try')} onDeploy={openDeploy} mayDeploy={!shown} />
      {mapping ? (
        <Suspense fallback={<main className={styles.middle} aria-busy="true" />}>
          <MapperPage />
        </Suspense>
      ) : (
        <div className={styles.work}>
          <SidePanel />
          <main className={styles.middle}>
            {shown ? <VersionBanner /> : trying ? <TryRibbon /> : <HealthStrip />}
            <div className={styles.stage} data-pane>
              <Canvas />
              {trying && <TryFrame />}
            </div>
            <Drawer />
          </main>
          {inspector && <Inspector />}
        </div>
      )}
      <Picker />
      <ShortcutSheet />
      <ConflictDialog autosave={autosave} onCopied={(id) => void navigate(`/flows/${id}`)} />
    </div>
  );
}

/** Saves while the page is open, before it is left, and takes over what others save. */
function useAutosave(): Autosave {
  const editor = useEditor();
  const [autosave, setAutosave] = useState<Autosave>();
  const idle = useMemo<Autosave>(() => {
    const nothing = async () => undefined;
    return {
      flush: nothing,
      settle: () => undefined,
      loadTheirs: nothing,
      keepAsCopy: async () => '',
      noticeRevision: nothing,
      stop: () => undefined,
    };
  }, []);
  useEffect(() => {
    // A version is what it is: nothing is saved, and what others do to the draft does not concern it.
    if (editor.getState().shown !== undefined) return;
    const started = startAutosave(editor);
    setAutosave(started);
    const leave = (event: BeforeUnloadEvent) => {
      const { save } = editor.getState();
      if (save.kind === 'saved') return;
      void started.flush();
      event.preventDefault();
    };
    addEventListener('beforeunload', leave);
    return () => {
      removeEventListener('beforeunload', leave);
      void started.flush().finally(() => started.stop());
    };
  }, [editor]);
  useServerEvent((event) => {
    if (event.type === 'flow-changed' && event.flow === editor.flow().id)
      autosave
        ?.noticeRevision(event.revision)
        .catch((error: unknown) => editor.say(error instanceof Error ? error.message : String(error), 'refused'));
    if (event.type === 'flow-removed' && event.flow === editor.flow().id)
      editor.set({ save: { kind: 'failed', reason: 'Somebody deleted this flow.' } });
  });
  return autosave ?? idle;
}

/** Checks the draft a moment after each change. */
function useChecks(): void {
  const editor = useEditor();
  const flow = useEditorState((state) => state.history.present.flow);
  const catalog = useEditorState((state) => state.catalog);
  useEffect(() => {
    const timer = setTimeout(() => {
      const problems = flow.nodes.length === 0 ? [] : checkFlow(flow, catalog);
      editor.set({ problems, problemsOf: groupProblems(problems, editor.getState().problemsOf) });
    }, checkAfterMs);
    return () => clearTimeout(timer);
  }, [editor, flow, catalog]);
}

/** Opens the node that the address names (`?node=…`), as copied links and other pages do. */
function useLinkedNode(): void {
  const editor = useEditor();
  const [search] = useSearchParams();
  const node = search.get('node');
  const view = useEditorState((state) => state.view);
  useEffect(() => {
    if (node === null || view === undefined || !editor.flow().nodes.some((each) => each.id === node)) return;
    editor.select({ nodes: [node] });
    editor.set({ inspector: true });
    view.reveal(node);
  }, [editor, node, view]);
}

/** Begins a Try where the address asks for one (`?try=1`), as a trace does after it has taken its message. */
function useLinkedTry(): void {
  const editor = useEditor();
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('try') === '1';
  useEffect(() => {
    if (!wanted) return;
    perform(editor, 'try');
    const next = new URLSearchParams(search);
    next.delete('try');
    setSearch(next, { replace: true });
  }, [editor, wanted, search, setSearch]);
}

/** Gives the keyboard back to the card when its mapper is closed. */
function useFocusAfterMapping(): void {
  const editor = useEditor();
  const view = useEditorState((state) => state.view);
  const node = useEditorState((state) => state.mapping?.node);
  const last = useRef<string>(undefined);
  useEffect(() => {
    if (node !== undefined) last.current = node;
    else if (view !== undefined && last.current !== undefined) {
      editor.select({ nodes: [last.current] });
      view.takeFocus();
      last.current = undefined;
    }
  }, [editor, view, node]);
}

/** Whoever comes from another page of the studio goes on at the canvas, instead of at the very start of the page. */
function useFocusOnArrival(): void {
  const view = useEditorState((state) => state.view);
  const mapping = useEditorState((state) => state.mapping !== undefined);
  const within = useLocation().key !== 'default';
  const arrived = useRef(false);
  useEffect(() => {
    if (arrived.current || view === undefined || mapping) return;
    arrived.current = true;
    if (within && document.activeElement === document.body) view.takeFocus();
  }, [view, mapping, within]);
}

/** Fetches the deployed version's document, to say how the draft differs from it. */
function useDeployedVersion(): void {
  const editor = useEditor();
  const flow = useEditorState((state) => state.record.flow.id);
  const version = useEditorState((state) => state.record.deployedVersion);
  useEffect(() => {
    let current = true;
    editor.set({ deployed: undefined });
    if (version === undefined) return;
    api.version(flow, version).then(
      (deployed) => current && editor.set({ deployed }),
      (error: unknown) =>
        current &&
        editor.say(
          `The deployed version could not be read, so changes are not counted: ${error instanceof Error ? error.message : String(error)}`,
        ),
    );
    return () => {
      current = false;
    };
  }, [editor, flow, version]);
}

/** Keys that work anywhere on the page; those of the canvas are answered there. */
function usePageKeys(): void {
  const editor = useEditor();
  useEffect(() => {
    // Looked at before anybody answers the key: the Esc that closes a dialog or a popover must not close what is under it too.
    let dialog = false;
    const look = () => {
      dialog = document.querySelector('[aria-modal="true"], .mantine-Popover-dropdown') !== null;
    };
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || dialog) return;
      const found = actions.find((each) => each.scope !== 'canvas' && each.keys.some((chord) => matches(chord, event)));
      if (!found || (found.scope === 'page' && isTyping(event.target))) return;
      event.preventDefault();
      perform(editor, found.id);
    };
    addEventListener('keydown', look, true);
    document.addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', look, true);
      document.removeEventListener('keydown', press);
    };
  }, [editor]);
}

export default EditorPage;
