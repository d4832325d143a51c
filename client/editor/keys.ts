/** Key chords as text: `Mod+Shift+Z`. Mod is Ctrl, and ⌘ on a Mac. */

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** What of a key event a chord looks at. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** True when the event is this chord. Letters and digits are matched by what is printed or by place, so layouts and Shift do not matter. */
export function matches(chord: string, event: KeyPress): boolean {
  const parts = chord.split('+');
  const key = parts.at(-1) ?? '';
  const has = (name: string) => parts.slice(0, -1).includes(name);
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  if (has('Mod') !== mod || other || has('Alt') !== event.altKey) return false;
  if (key === '?') return event.key === '?';
  if (key === 'Plus') return event.key === '+' || event.key === '=';
  if (has('Shift') !== event.shiftKey) return false;
  if (key === 'Space') return event.key === ' ';
  if (/^\d$/.test(key)) return event.code === `Digit${key}`;
  if (key === 'Minus') return event.key === '-';
  return event.key.toLowerCase() === key.toLowerCase();
}

const words: Record<string, string> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Shift: isMac ? '⇧' : 'Shift',
  Alt: isMac ? '⌥' : 'Alt',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Delete: 'Del',
  Plus: '+',
  Minus: '−',
  Escape: 'Esc',
};

/** A chord as menus and the shortcut sheet show it. */
export function showChord(chord: string): string {
  return chord
    .split('+')
    .map((part) => words[part] ?? part)
    .join(isMac ? '' : '+');
}

/** True when a key belongs to a text field, not to the editor. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
