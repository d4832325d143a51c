import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, tooltips } from '@codemirror/view';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { checkExpression } from '#shared/jsonata/compile.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { completeMapping, type Knowledge, mappingHints } from '../../mapper/completion/source.ts';
import { codeColours, codeLook } from '../code-editor/look.ts';
import styles from './config-field.module.css';
import { type ControlProps, exampleOf, textOf } from './control.ts';
import { useInputSample } from './input-sample.ts';
import { jsonataLanguage } from './jsonata-language.ts';

const lintAfterMs = 150;

const size = EditorView.theme({ '&': { maxHeight: '320px' } });

/** A JSONata expression with colours, completion that knows the fields at the cursor from the newest message, and its first mistake marked where it is. Esc leaves it. */
export default function ExpressionField({ id, schema, value, disabled, problems, describedBy, node, onChange }: ControlProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange });
  const text = textOf(value);
  const sample = useInputSample(node.id);
  const shape = useMemo(() => (sample === undefined ? unknownShape : shapeOfSamples([sample]).shape), [sample]);
  const knowledge = useRef<Knowledge>({ shape });
  useEffect(() => {
    latest.current = { onChange };
    knowledge.current = { shape };
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; later values come through the next effect; at once, because the next key may be its first.
  useLayoutEffect(() => {
    if (!place.current) return;
    const know = () => knowledge.current;
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
          codeColours,
          autocompletion({ override: [completeMapping(know)], icons: false }),
          mappingHints(know),
          tooltips({ position: 'fixed', parent: document.body }),
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
          codeLook,
          size,
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
