import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder, tooltips } from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef } from 'react';
import { jsonataLanguage } from '../inspector/jsonata-language.ts';
import styles from './code-input.module.css';
import { codeColours, codeLook } from './look.ts';

/** What others may do with a field of code. */
export interface CodeHandle {
  /** Puts text in the place of what is selected and the cursor behind it; `select` characters before that are selected. */
  insert(text: string): void;
  focus(): void;
}

export interface CodeInputProps {
  value: string;
  onChange: (value: string) => void;
  /** The accessible name. */
  label: string;
  placeholder?: string;
  /** Enter makes a line instead of being left to what is around the field. */
  lines?: boolean;
  /** Extensions that are made once: completion, marks. */
  more?: Extension;
  /** Plain text instead of code: no colours, no brackets that close by themselves. */
  plain?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  autoFocus?: boolean;
  ref?: Ref<CodeHandle>;
}

/** A field for code: one line that grows, or several. Tab leaves it; Esc and, in one line, Enter are left to what is around it. */
export function CodeInput({
  value,
  onChange,
  label,
  placeholder: hintText = '',
  lines = false,
  more = [],
  plain = false,
  invalid = false,
  describedBy,
  autoFocus = false,
  ref,
}: CodeInputProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; later values come through the next effect; before the next key, which may be its first.
  useLayoutEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        selection: { anchor: value.length },
        extensions: [
          history(),
          ...(plain ? [] : [indentUnit.of('  '), bracketMatching(), closeBrackets(), jsonataLanguage, codeColours]),
          more,
          // What pops up must not be cut off by what scrolls around the field.
          tooltips({ position: 'fixed', parent: document.body }),
          placeholder(hintText),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, ...(describedBy ? { 'aria-describedby': describedBy } : {}) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((each) => each.isUserEvent('sync')))
              latest.current(update.state.doc.toString());
          }),
          keymap.of([
            { key: 'Tab', run: acceptCompletion },
            ...(plain ? [] : closeBracketsKeymap),
            ...completionKeymap,
            ...historyKeymap,
            // Enter takes over what is around a field of one line, Ctrl+Enter around any.
            ...defaultKeymap.filter(({ key }) => key !== 'Mod-Enter' && (lines || key !== 'Enter')),
            ...(lines ? [] : [{ key: 'Shift-Enter', run: (editor: EditorView) => insertText(editor, '\n') }]),
          ]),
          codeLook,
        ],
      }),
    });
    view.current = made;
    if (autoFocus) made.focus();
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const current = view.current?.state.doc.toString();
    if (current === undefined || current === value) return;
    view.current?.dispatch({ changes: { from: 0, to: current.length, insert: value }, userEvent: 'sync' });
  }, [value]);

  useImperativeHandle(ref, () => ({
    insert: (text) => {
      if (view.current) insertText(view.current, text);
    },
    focus: () => view.current?.focus(),
  }));

  return (
    <div
      ref={place}
      className={[styles.input, lines ? styles.lines : '', plain ? styles.plain : '', invalid ? styles.wrong : ''].join(' ')}
    />
  );
}

function insertText(editor: EditorView, text: string): boolean {
  editor.dispatch({ ...editor.state.replaceSelection(text), userEvent: 'input.insert', scrollIntoView: true });
  editor.focus();
  return true;
}

/** Completion by a source, as every field of code has it. */
export function completing(source: NonNullable<Parameters<typeof autocompletion>[0]>['override']): Extension {
  // Enter right after the list has opened takes from the list: it must not take over the whole form.
  return autocompletion({ override: source ?? null, icons: false, maxRenderedOptions: 100, interactionDelay: 0 });
}
