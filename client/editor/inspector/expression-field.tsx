import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { checkExpression } from '#shared/jsonata/compile.ts';
import { completeFrom } from './completion.ts';
import styles from './config-field.module.css';
import { type ControlProps, exampleOf, textOf } from './control.ts';
import { useInputSample } from './input-sample.ts';
import { jsonataLanguage } from './jsonata-language.ts';

const lintAfterMs = 150;

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-key)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.regexp, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.keyword, color: 'var(--code-word)' },
  { tag: tags.operatorKeyword, color: 'var(--code-word)' },
  { tag: tags.atom, color: 'var(--code-word)' },
  { tag: tags.special(tags.variableName), color: 'var(--code-word)' },
  { tag: tags.operator, color: 'var(--code-dim)' },
  { tag: tags.bracket, color: 'var(--code-dim)' },
  { tag: tags.comment, color: 'var(--code-dim)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { fontSize: '12px', backgroundColor: 'transparent', maxHeight: '320px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '18px', overflow: 'auto' },
  '.cm-content': { padding: '6px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 8px' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--text-3)' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '26px', padding: '0 4px 0 6px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--selected)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'light-dark(#d8dbff, #3b4380) !important' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
  '.cm-tooltip': {
    border: '0',
    borderRadius: '8px',
    backgroundColor: 'var(--card)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow-menu)',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--selected)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal', marginLeft: '8px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--error)' },
});

/** A JSONata expression with colours, completion from live samples, and its first mistake marked where it is. Esc leaves it. */
export default function ExpressionField({ id, schema, value, disabled, problems, describedBy, node, onChange }: ControlProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange });
  const text = textOf(value);
  const sample = useInputSample(node.id);
  const sampleNow = useRef(sample);
  useEffect(() => {
    latest.current = { onChange };
    sampleNow.current = sample;
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; later values come through the next effect.
  useEffect(() => {
    if (!place.current) return;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          indentUnit.of('  '),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          jsonataLanguage,
          syntaxHighlighting(highlight),
          autocompletion({ override: [completeFrom(() => sampleNow.current)], icons: false }),
          linter((editor) => diagnose(editor.state.doc.toString()), { delay: lintAfterMs }),
          placeholder(schema.placeholder ?? exampleOf(schema) ?? 'JSONata expression'),
          EditorView.lineWrapping,
          EditorState.readOnly.of(disabled),
          EditorView.contentAttributes.of({
            id,
            'aria-labelledby': `${id}-label`,
            ...(describedBy ? { 'aria-describedby': describedBy } : {}),
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((each) => each.isUserEvent('sync')))
              latest.current.onChange(update.state.doc.toString());
          }),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          look,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const current = view.current?.state.doc.toString();
    if (current === undefined || current === text) return;
    view.current?.dispatch({ changes: { from: 0, to: current.length, insert: text }, userEvent: 'sync' });
  }, [text]);

  return (
    <div
      ref={place}
      className={[styles.code, problems.some((problem) => problem.severity === 'error') ? styles.codeWrong : ''].join(' ')}
    />
  );
}

function diagnose(text: string): Diagnostic[] {
  if (text.trim() === '') return [];
  return checkExpression(text).map(({ message, position }) => {
    const to = Math.min(Math.max(position, 1), text.length);
    const token = /[\w$]+$|.$/s.exec(text.slice(0, to));
    return { from: to - (token?.[0].length ?? 1), to, severity: 'error', message };
  });
}
