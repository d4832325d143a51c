import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorSelection, EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  placeholder,
  tooltips,
} from '@codemirror/view';
import { OctagonAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { checkExpression } from '#shared/jsonata/compile.ts';
import type { Span } from '#shared/jsonata/syntax/tree.ts';
import { splicesBetween } from '#shared/mapping/edit/edit.ts';
import { ruleAt, ruleById } from '#shared/mapping/view.ts';
import { codeColours, codeLook } from '../editor/code-editor/look.ts';
import { useEditorState } from '../editor/context.ts';
import { jsonataLanguage } from '../editor/inspector/jsonata-language.ts';
import styles from './code-pane.module.css';
import { completeMapping, type Knowledge, mappingHints } from './completion/source.ts';
import { useMapper, useMapperState } from './context.ts';
import { select } from './gestures.ts';
import { focusSide } from './mapper-actions.ts';
import type { Mapper } from './mapper-store.ts';
import { modelOf } from './model.ts';
import { evaluateOnce } from './preview-client.ts';

const lintAfterMs = 150;

/** The whole mapping as code, in step with the rows while it is typed; what the rows do changes no more than it must. */
export function CodePane() {
  const mapper = useMapper();
  const text = useMapperState((state) => state.text);
  const failed = useMapperState((state) => (state.view.ok || state.text.trim() === '' ? undefined : state.view.problem));
  // Beside the rows, these say what is wrong.
  const alone = useMapperState((state) => state.mode === 'code');
  const readOnly = useEditorState((state) => state.readOnly);
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; later texts come through the next effect.
  useEffect(() => {
    if (!place.current) return;
    const made = editorFor(mapper, place.current, text, readOnly !== undefined);
    view.current = made;
    return () => made.destroy();
  }, [mapper, readOnly]);

  useEffect(() => {
    const made = view.current;
    if (made === undefined) return;
    const splices = splicesBetween(made.state.doc.toString(), text);
    if (splices.length > 0)
      made.dispatch({ changes: splices.map(({ start, end, insert }) => ({ from: start, to: end, insert })), userEvent: 'sync' });
  }, [text]);

  useLitRow(mapper, view);

  const goThere = (): void => {
    if (failed === undefined || view.current === undefined) return;
    const at = Math.min(failed.position, view.current.state.doc.length);
    view.current.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    view.current.focus();
  };
  return (
    <div className={styles.pane}>
      <div ref={place} className={styles.code} />
      {failed !== undefined && alone && (
        <button type="button" className={styles.problem} onClick={goThere}>
          <OctagonAlert size={14} aria-hidden="true" />
          <span role="status">
            Line {failed.line}, column {failed.column}: {failed.message}
          </span>
        </button>
      )}
    </div>
  );
}

const setLit = StateEffect.define<Span | undefined>();
const mark = Decoration.mark({ class: 'cm-row' });

/** The text of the row that is lit. */
const lit = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    for (const effect of transaction.effects) {
      if (!effect.is(setLit)) continue;
      const span = effect.value;
      return span === undefined || span.end <= span.start || span.end > transaction.newDoc.length
        ? Decoration.none
        : Decoration.set(mark.range(span.start, span.end));
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function editorFor(mapper: Mapper, parent: HTMLElement, doc: string, readOnly: boolean): EditorView {
  const know = (): Knowledge => {
    const { source, samples, current } = mapper.getState();
    return { shape: source.shape, ...(samples.length === 0 ? {} : { evaluate: (expression) => evaluateOnce(expression, current) }) };
  };
  const done = (act: () => void) => () => {
    act();
    return true;
  };
  const undo = { run: done(mapper.editor.undo) };
  const redo = { run: done(mapper.editor.redo) };
  return new EditorView({
    parent,
    state: EditorState.create({
      doc,
      extensions: [
        lineNumbers(),
        indentUnit.of('  '),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        jsonataLanguage,
        codeColours,
        codeLook,
        size,
        lit,
        tooltips({ position: 'fixed', parent: document.body }),
        autocompletion({ override: [completeMapping(know)], icons: false, maxRenderedOptions: 100 }),
        mappingHints(know),
        linter((editor) => diagnose(editor.state.doc.toString()), { delay: lintAfterMs }),
        placeholder('{ "field": path.to.value }'),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': 'Mapping as code', 'data-lines': '' }),
        EditorView.updateListener.of((update) => {
          const own = !update.transactions.some((each) => each.isUserEvent('sync'));
          if (update.docChanged && own) mapper.type(update.state.doc.toString());
          if ((update.selectionSet || update.docChanged) && own) followCursor(mapper, update.state.selection.main.head);
        }),
        EditorView.domEventHandlers({
          mouseleave: () => mapper.set({ hover: undefined }),
          mousemove: (event, editor) => {
            const at = editor.posAtCoords({ x: event.clientX, y: event.clientY });
            const { view, hover } = mapper.getState();
            const rule = at === null || !view.ok ? undefined : ruleAt(view, at)?.id;
            if (rule !== hover?.rule) mapper.set({ hover: rule === undefined ? undefined : { rule } });
          },
        }),
        // The document's own undo is the one: it knows what the rows did as well.
        keymap.of([
          { key: 'Mod-z', ...undo, preventDefault: true },
          { key: 'Mod-y', ...redo, preventDefault: true },
          { key: 'Mod-Shift-z', ...redo, preventDefault: true },
          ...closeBracketsKeymap,
          ...completionKeymap,
          // Esc leads back to the rows, and Tab out of the field: it traps nobody.
          { key: 'Escape', run: done(() => focusSide('target')) },
          { key: 'Tab', run: acceptCompletion },
          ...defaultKeymap,
        ]),
        EditorView.lineWrapping,
      ],
    }),
  });
}

const size = EditorView.theme({ '&': { height: '100%' }, '.cm-scroller': { overflow: 'auto' } });

/** The row of the cursor is selected in the grid. */
function followCursor(mapper: Mapper, offset: number): void {
  const { view, row } = mapper.getState();
  if (!view.ok) return;
  // Directly behind a rule the cursor still belongs to it.
  const [at, before] = [ruleAt(view, offset), offset > 0 ? ruleAt(view, offset - 1) : undefined];
  const rule = before !== undefined && (at === undefined || lengthOf(before.span) < lengthOf(at.span)) ? before : at;
  const key = rule && modelOf(mapper).homes.get(rule.id);
  if (key !== undefined && key !== row) select(mapper, key);
}

const lengthOf = ({ start, end }: Span): number => end - start;

/** Lights up the text of the row under the mouse, else of the selected row; one selected in the grid is brought into view. */
function useLitRow(mapper: Mapper, editor: { readonly current: EditorView | undefined }): void {
  const shown = useMapperState((state) => (state.view.ok ? state.view : undefined));
  const hovered = useMapperState((state) => state.hover?.rule);
  const row = useMapperState((state) => state.row);
  useEffect(() => {
    const made = editor.current;
    if (made === undefined) return;
    const selected = row === undefined ? undefined : modelOf(mapper).target.nodes.get(row)?.rule?.id;
    const id = hovered ?? selected;
    const rule = shown && id !== undefined ? ruleById(shown, id) : undefined;
    // The whole mapping is no row to be lit.
    const span = rule === undefined || rule === shown?.root || made.state.doc.toString() !== shown?.text ? undefined : rule.span;
    made.dispatch({ effects: setLit.of(span) });
  }, [mapper, editor, shown, hovered, row]);
  useEffect(() => {
    const made = editor.current;
    const selected = row === undefined ? undefined : modelOf(mapper).target.nodes.get(row)?.rule;
    if (made === undefined || selected === undefined || made.hasFocus || selected.span.end > made.state.doc.length) return;
    made.dispatch({
      effects: EditorView.scrollIntoView(EditorSelection.range(selected.span.start, selected.span.start), { y: 'nearest', yMargin: 40 }),
    });
  }, [mapper, editor, row]);
}

function diagnose(text: string): Diagnostic[] {
  if (text.trim() === '') return [];
  return checkExpression(text).map(({ message, position }) => {
    const to = Math.min(Math.max(position, 1), text.length);
    const token = /[\w$]+$|.$/s.exec(text.slice(0, to));
    return { from: to - (token?.[0].length ?? 1), to, severity: 'error', message };
  });
}
