import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { clearRule } from '#shared/mapping/edit/rule.ts';
import { unwrap } from '#shared/mapping/edit/wrap.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { useMapper } from '../context.ts';
import { type Draft, wordsFor } from './draft.ts';
import { draftCode, draftProblem } from './draft-code.ts';
import { EditingContext, useResult } from './editing.ts';
import editors from './editors.module.css';
import { typeWords } from './fields.ts';
import { NameRow } from './name-row.tsx';
import { beside, type Placement } from './placement.ts';
import { ResultLine } from './result-line.tsx';
import { isVariable, nameOf, type OpenRow, useRowDraft } from './row-draft.ts';
import styles from './row-form.module.css';
import { ToolBar } from './tool-bar.tsx';
import { ToolBody } from './tool-body.tsx';

const size = { width: 640, height: 460 };

/** The popover in which one row is built. Nothing is written before it is taken over. */
export function RowForm({ open, anchor, view, rule }: { open: OpenRow; anchor: HTMLElement; view: OpenView; rule: Rule | undefined }) {
  const mapper = useMapper();
  const form = useRowDraft(open, view, rule);
  const { draft, setDraft, editing, check, refusal, accept } = form;
  const place = useRef<HTMLDivElement>(null);
  // What had the keyboard before any field of the form takes it.
  const [opener] = useState(() => document.activeElement);
  const [placement, setPlacement] = useState<Placement>();

  useLayoutEffect(() => {
    const move = (): void =>
      setPlacement(beside(anchor.getBoundingClientRect(), { width: window.innerWidth, height: window.innerHeight }, size));
    move();
    window.addEventListener('scroll', move, true);
    window.addEventListener('resize', move);
    return () => {
      window.removeEventListener('scroll', move, true);
      window.removeEventListener('resize', move);
    };
  }, [anchor]);
  const placed = placement !== undefined;
  // Before the next event, as all that moves the keyboard here: what is typed next belongs to the form, however quick the hands are.
  useLayoutEffect(() => {
    if (placed && !place.current?.contains(document.activeElement)) focusField(place.current);
  }, [placed]);
  // Who chooses a kind of rule goes on in its first field.
  const [chosen, setChosen] = useState(0);
  useLayoutEffect(() => {
    if (chosen > 0) focusField(place.current);
  }, [chosen]);

  // What had the keyboard may be gone, such as a list that was chosen from: then the form has it.
  useEffect(() => {
    if (placed && (document.activeElement === null || document.activeElement === document.body))
      place.current?.focus({ preventScroll: true });
  });

  const back = (): void => {
    mapper.set({ open: undefined });
    const to = opener instanceof HTMLElement && opener.isConnected && opener !== document.body ? opener : anchor;
    to.focus({ preventScroll: true });
  };
  const take = (): void => {
    if (accept()) back();
  };
  const press = (event: KeyboardEvent): void => {
    const mod = event.ctrlKey || event.metaKey;
    // Keys of the grid around must not act on what is typed here; undo and the like of the page may.
    if (!mod && event.key !== 'F6') event.stopPropagation();
    if (event.defaultPrevented) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      form.drop();
      back();
    } else if (event.key === 'Enter' && (mod || takesEnter(event.target))) {
      event.preventDefault();
      event.stopPropagation();
      take();
    } else if (event.key === 'Tab') keepInside(event, place.current);
  };
  const name = nameOf(open.target);
  const { wanted } = form;
  return (
    <EditingContext value={editing}>
      <div
        ref={place}
        role="dialog"
        aria-label={`Rule of ${name}`}
        className={styles.form}
        style={placed ? placement : { visibility: 'hidden' }}
        tabIndex={-1}
        onKeyDown={press}
        data-row-editor
      >
        <header className={styles.head}>
          <span className={styles.title}>{name}</span>
          {wanted !== undefined && <span className={styles.type}>{typeWords(wanted.shape)}</span>}
          {wanted?.required && <span className={styles.required}>required</span>}
          <IconButton
            label="Close without changes"
            size="small"
            onClick={() => {
              form.drop();
              back();
            }}
          >
            <X size={16} />
          </IconButton>
        </header>
        {open.as === 'rename' ? (
          <div className={styles.body} data-body>
            <NameRow target={open.target} rule={rule} view={view} onDone={back} alone />
          </div>
        ) : (
          <>
            <ToolBar
              tool={draft?.tool}
              kinds={editing.kinds}
              onChoose={(tool) => {
                form.choose(tool);
                setChosen(chosen + 1);
              }}
              rule={rule}
            />
            <div className={styles.body} data-body>
              {form.isNew ? (
                <label className={editors.value}>
                  <span className={editors.label}>Name of the variable</span>
                  <input
                    className={editors.input}
                    data-autofocus
                    value={form.newName}
                    spellCheck={false}
                    placeholder="Such as vat"
                    onChange={(event) => form.setNewName(event.target.value.replace(/^\$/, ''))}
                  />
                </label>
              ) : (
                isVariable(open.target) && <NameRow target={open.target} rule={rule} view={view} />
              )}
              {draft === undefined ? (
                <p className={editors.help}>
                  {rule === undefined
                    ? 'Choose what fills this field.'
                    : `This row is an ${wordsFor(rule)}: each of them is a row of its own. Choose above to make something else of it.`}
                </p>
              ) : (
                <ToolBody key={draft.tool} draft={draft} onChange={setDraft} check={check} rule={rule} />
              )}
            </div>
            <footer className={styles.foot}>
              <Footer draft={draft} broken={form.broken} />
              {refusal !== undefined && (
                <span className={styles.refusal} role="alert">
                  {refusal}
                </span>
              )}
              <div className={styles.actions}>
                {rule !== undefined && ['default', 'choice', 'table', 'function'].includes(rule.kind) && (
                  <Button
                    look="quiet"
                    size="small"
                    onClick={() => form.run(unwrap(view, rule.id), 'take a layer off', `${name}: only the value is left.`) && back()}
                  >
                    Keep only the value
                  </Button>
                )}
                {rule !== undefined && (
                  <Button
                    look="quiet"
                    size="small"
                    onClick={() => form.run(clearRule(view, rule.id), `clear ${name}`, `${name} is cleared.`) && back()}
                  >
                    Clear the row
                  </Button>
                )}
                <span className={styles.space} />
                <Button
                  size="small"
                  onClick={() => {
                    form.drop();
                    back();
                  }}
                >
                  Cancel
                </Button>
                <Button size="small" look="filled" onClick={take} disabled={draft === undefined}>
                  Apply
                </Button>
              </div>
            </footer>
          </>
        )}
      </div>
    </EditingContext>
  );
}

/** Puts the keyboard on the field that an editor is about, else on its first field, else on the editor. */
function focusField(form: HTMLElement | null): void {
  const places = [
    '[data-autofocus]',
    '[data-body] :is(input:not([type="checkbox"]), textarea, [contenteditable])',
    '[data-body] :is(select, button)',
  ];
  const field =
    places.reduce<HTMLElement | null>((found, selector) => found ?? form?.querySelector<HTMLElement>(selector) ?? null, null) ?? form;
  field?.focus({ preventScroll: true });
  if (field instanceof HTMLInputElement) field.select();
}

function Footer({ draft, broken }: { draft: Draft | undefined; broken: string | undefined }) {
  const problem = draft === undefined ? 'nothing chosen yet' : draftProblem(draft);
  const code =
    draft === undefined || problem !== undefined
      ? undefined
      : draft.tool === 'loop'
        ? `$count(${draftCode(draft)
            .replace(/\.\{ \}\]?$/, '')
            .replace(/^\[/, '')})`
        : draftCode(draft);
  const result = useResult(code);
  const counted =
    draft?.tool === 'loop' && result?.kind === 'value'
      ? { ...result, json: `${result.json} ${result.json === '1' ? 'item' : 'items'}` }
      : result;
  return <ResultLine result={counted} waiting={broken ?? problem} />;
}

/** Whether Enter in an element takes the whole form over: not on buttons and lists, and not where it makes a line. */
function takesEnter(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'file' && target.type !== 'button';
  if (target instanceof HTMLSelectElement) return false;
  if (target.dataset.rowEditor !== undefined || target.dataset.step !== undefined) return true;
  return target.isContentEditable && target.closest('[data-lines]') === null;
}

/** Tab goes round inside the form: what is behind it on the page is far away. */
function keepInside(event: KeyboardEvent, form: HTMLElement | null): void {
  const all = [
    ...(form?.querySelectorAll<HTMLElement>(
      'button:not(:disabled), input:not(:disabled):not([hidden]), select, textarea, [contenteditable="true"]',
    ) ?? []),
  ].filter((one) => one.tabIndex >= 0 && one.offsetParent !== null);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return;
  const at = document.activeElement;
  if (event.shiftKey ? at === first || at === form : at === last) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}
