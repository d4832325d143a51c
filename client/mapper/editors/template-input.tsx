import { type CompletionSource, startCompletion } from '@codemirror/autocomplete';
import { Prec } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap, MatchDecorator, ViewPlugin } from '@codemirror/view';
import { Plus } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type CodeHandle, CodeInput, completing } from '../../editor/code-editor/code-input.tsx';
import { widget } from '../../editor/code-editor/look.ts';
import { Button } from '../../ui/button.tsx';
import type { DraftOf } from './draft.ts';
import { useEditing, useFields } from './editing.ts';
import styles from './editors.module.css';
import { FieldInput } from './field-input.tsx';
import { closes, markedText, opens, partsOf } from './template.ts';
import { codeProblem } from './value.ts';

const matcher = new MatchDecorator({
  regexp: new RegExp(`${opens}([^${opens}${closes}]*)${closes}`, 'g'),
  decoration: ([, code = '']) => Decoration.replace({ widget: widget(code, () => chip(code)) }),
});

function chip(code: string): HTMLElement {
  const made = document.createElement('span');
  made.className = 'cm-field';
  made.textContent = code.replaceAll('`', '').replace(/^\$\$\./, '');
  made.title = code;
  return made;
}

const chips = ViewPlugin.define(
  (view) =>
    ({
      chips: matcher.createDeco(view),
      update(update) {
        this.chips = matcher.updateDeco(update, this.chips);
      },
    }) as { chips: DecorationSet; update(update: Parameters<typeof matcher.updateDeco>[0]): void },
  {
    decorations: (plugin) => plugin.chips,
    provide: (plugin) => EditorView.atomicRanges.of((view) => view.plugin(plugin)?.chips ?? Decoration.none),
  },
);

/** Texts and fields in one line: text is typed, a field comes as a chip from `{`, from the list, or by the button. */
export function TemplateEditor({
  draft,
  onChange,
  check,
}: {
  draft: DraftOf<'template'>;
  onChange: (draft: DraftOf<'template'>) => void;
  check: boolean;
}) {
  const fields = useFields();
  const { name } = useEditing();
  const handle = useRef<CodeHandle>(null);
  const [adding, setAdding] = useState(false);
  const latest = useRef({ fields, name });
  useEffect(() => {
    latest.current = { fields, name };
  });
  const more = useMemo(() => {
    const source: CompletionSource = (context) => {
      const word = context.matchBefore(/\{[\w.$` ]*/) ?? (context.explicit ? { from: context.pos, to: context.pos, text: '' } : null);
      if (word === null) return null;
      const query = word.text.replace('{', '');
      const options = latest.current.fields
        .filter((choice) => !choice.list && choice.type !== 'object')
        .map((choice) => ({
          label: choice.code,
          detail: [choice.type, choice.example ?? ''].join('  '),
          type: 'property',
          boost: choice.reason === undefined ? 0 : 50,
          apply: (editor: EditorView, _: unknown, from: number, to: number) => {
            if (choice.naming !== undefined) latest.current.name(choice.naming);
            const insert = opens + choice.code + closes;
            const at = editor.state.sliceDoc(from - 1, from) === '{' ? from - 1 : from;
            editor.dispatch({ changes: { from: at, to, insert }, selection: { anchor: at + insert.length }, userEvent: 'input.complete' });
          },
        }));
      return {
        from: word.text.startsWith('{') ? word.from + 1 : word.from,
        to: word.to,
        options,
        filter: query !== '' || !context.explicit,
      };
    };
    return [completing([source]), chips, Prec.high(keymap.of([{ key: 'Mod-Space', run: startCompletion }]))];
  }, []);
  const marked = markedText(draft.parts);
  const broken = check
    ? draft.parts
        .map((part) => (part.kind === 'text' ? undefined : codeProblem(part.kind === 'field' || part.kind === 'code' ? part.code : 'null')))
        .find((one) => one !== undefined)
    : undefined;
  return (
    <div className={styles.stack}>
      <div className={styles.valueLine}>
        <CodeInput
          ref={handle}
          plain
          label="Text with fields"
          value={marked}
          onChange={(text) => onChange({ ...draft, parts: partsOf(text) })}
          more={more}
          placeholder="Write text; { inserts a field"
          autoFocus={!adding}
          invalid={broken !== undefined}
        />
        <Button icon={<Plus size={14} />} aria-expanded={adding} onClick={() => setAdding(!adding)}>
          Insert field
        </Button>
      </div>
      {adding && (
        <FieldInput
          label="Field to insert"
          code=""
          autoFocus
          onChange={(code) => {
            handle.current?.insert(opens + code + closes);
            setAdding(false);
          }}
        />
      )}
      {broken !== undefined ? (
        <span className={styles.error}>{broken}</span>
      ) : (
        <span className={styles.help}>A missing field counts as an empty text. Numbers are written as short as possible.</span>
      )}
    </div>
  );
}
