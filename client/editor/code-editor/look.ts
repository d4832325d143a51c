import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView, WidgetType } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The colours of code, from the tokens of the theme. */
export const codeColours: Extension = syntaxHighlighting(
  HighlightStyle.define([
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
  ]),
);

/** How every code editor of the studio looks, its lists and hints included. */
export const codeLook: Extension = EditorView.theme({
  '&': { fontSize: '12px', backgroundColor: 'transparent' },
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
    zIndex: '400',
  },
  '.cm-tooltip.cm-completionInfo': { padding: '8px 10px', maxWidth: '320px', font: 'var(--type-small)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px', maxHeight: '240px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--selected)', color: 'var(--text)' },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal', marginLeft: '8px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--error)' },
  '.cm-hint': { padding: '8px 10px', maxWidth: '380px', font: 'var(--type-small)' },
  '.cm-hint strong': { fontFamily: 'var(--font-mono)', fontWeight: '500' },
  '.cm-hint code': { fontFamily: 'var(--font-mono)', color: 'var(--code-string)', overflowWrap: 'anywhere' },
  '.cm-hint p': { margin: '4px 0 0', color: 'var(--text-2)' },
  '.cm-field': { borderRadius: '4px', backgroundColor: 'var(--accent-soft)', color: 'var(--accent)', padding: '1px 3px' },
  '.cm-field *': { color: 'inherit !important' },
  '.cm-row': { backgroundColor: 'color-mix(in srgb, var(--accent) 12%, transparent)' },
});

/** A piece of a text that is shown as an element. Two with the same `key` are drawn once. */
export function widget(key: string, draw: () => HTMLElement): WidgetType {
  const made: WidgetType & { key: string } = Object.assign(Object.create(WidgetType.prototype) as WidgetType, {
    key,
    toDOM: draw,
    eq: (other: WidgetType) => 'key' in other && other.key === key,
    ignoreEvent: () => false,
  });
  return made;
}

/** A hint on a function or field: what it is called, what it takes, one sentence, an example. */
export function hint({ name, words, help, example }: { name: string; words?: string; help?: string; example?: string }): HTMLElement {
  const made = document.createElement('div');
  made.className = 'cm-hint';
  const title = document.createElement('strong');
  title.textContent = name;
  made.append(title, words === undefined || words === '' ? '' : ` ${words}`);
  for (const [text, tag] of [
    [help, 'span'],
    [example, 'code'],
  ] as const) {
    if (text === undefined || text === '') continue;
    const line = document.createElement('p');
    const inner = document.createElement(tag);
    inner.textContent = text;
    line.append(inner);
    made.append(line);
  }
  return made;
}
