import { useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/**
 * Does something once all that an event has changed is drawn, and before the next event: the very next key finds it done,
 * however quick the hands are and however slow the machine.
 */
export function onceDrawn(act: () => void): void {
  queueMicrotask(() => {
    flushSync(() => undefined);
    act();
  });
}

/**
 * Puts the keyboard on what `find` gives: before the next key where that is there, else as soon as it is (what is loaded comes
 * a moment later), unless somebody goes elsewhere meanwhile, by Tab or a click. Gives the way to stop waiting.
 */
export function focusWhenThere(root: HTMLElement, find: () => HTMLElement | null, then?: (place: HTMLElement) => void): () => void {
  const attempt = (): boolean => {
    const place = find();
    if (place === null) return false;
    stop();
    place.focus({ preventScroll: true });
    then?.(place);
    return true;
  };
  const observer = new MutationObserver(() => void attempt());
  const leave = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') stop();
  };
  const stop = (): void => {
    observer.disconnect();
    document.removeEventListener('keydown', leave, true);
    document.removeEventListener('pointerdown', stop, true);
  };
  if (attempt()) return stop;
  observer.observe(root, { childList: true, subtree: true });
  document.addEventListener('keydown', leave, true);
  document.addEventListener('pointerdown', stop, true);
  return stop;
}

const fields = 'input:not([type="file"], [type="hidden"]), select, textarea, [contenteditable="true"]';
const reachable = `${fields}, a[href], button, summary, [tabindex]`;

/** What had the keyboard last: a button that cannot be pressed while its work goes on loses it, and may yet have opened something. */
let last: Element | null = null;

/** Remembers from now on what has the keyboard, for dialogs to give it back. Once for a page, before anything is drawn. */
export function followKeyboard(page: Document): void {
  page.addEventListener('focusin', ({ target }) => {
    last = target instanceof Element ? target : null;
  });
}

/** What has the keyboard, or had it until it was disabled. */
function holder(): Element | null {
  const at = document.activeElement;
  return isNobody(at) && last?.matches(':disabled') === true ? last : at;
}

/** What opened each place; still known when the place is gone, for what was opened out of it. */
const openers = new WeakMap<Element, Element | null>();

/**
 * Stands in a dialog, popover or menu. When that opens, the keyboard is inside of it within the same event: on what is marked
 * `data-autofocus`, else on the first field, else on the first thing that takes keys. Tab goes round inside. When it closes, the
 * keyboard is back on what opened it, unless something else has it by then. While a part that is marked `data-awaited` stands in
 * for what is to be filled in, the dialog itself has the keyboard, and then what came.
 */
export function FocusScope() {
  const mark = useRef<HTMLSpanElement>(null);
  const [opener] = useState(holder);
  useLayoutEffect(() => {
    const scope = mark.current?.closest<HTMLElement>('[role="dialog"], [role="menu"]');
    if (!scope) return;
    openers.set(scope, opener);
    scope.dataset.focusScope = '';
    const stopWaiting = scope.contains(document.activeElement) ? undefined : enter(scope);
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'Tab' && !event.defaultPrevented && scope.role !== 'menu') goRound(event, scope);
    };
    // Esc closes a menu or popover alone: what it hangs in has no part in it.
    const keepEscape = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !scope.matches('[aria-modal="true"]')) event.stopPropagation();
    };
    document.addEventListener('keydown', press);
    scope.addEventListener('keydown', keepEscape);
    return () => {
      stopWaiting?.();
      document.removeEventListener('keydown', press);
      onceDrawn(() => {
        if (isNobody(document.activeElement)) openerOf(opener)?.focus({ preventScroll: true });
      });
    };
  }, [opener]);
  return <span ref={mark} hidden />;
}

const isNobody = (element: Element | null): boolean => element === null || element === document.body;

function enter(scope: HTMLElement): () => void {
  const stop = focusWhenThere(scope, () => startOf(scope));
  if (!scope.contains(document.activeElement)) scope.focus({ preventScroll: true });
  return stop;
}

/** Where the keyboard begins in it; null while that is still to come. */
function startOf(scope: HTMLElement): HTMLElement | null {
  const places = [...scope.querySelectorAll<HTMLElement>(reachable)].filter(takesKeys);
  const wanted =
    places.find((place) => place.matches('[data-autofocus]')) ?? places.find((place) => place.matches(fields) && inTurn(place));
  if (wanted !== undefined) return wanted;
  if (scope.querySelector('[data-awaited]') !== null) return null;
  return places.find((place) => place.tabIndex >= 0) ?? places[0] ?? scope;
}

/** What had opened it; where that was part of a menu that is gone, what had opened the menu. */
function openerOf(element: Element | null): HTMLElement | undefined {
  let at = element;
  while (at !== null && !at.isConnected) {
    const scope: Element | null = at.closest('[data-focus-scope]');
    at = scope === null ? null : (openers.get(scope) ?? null);
  }
  return at instanceof HTMLElement && !isNobody(at) ? at : undefined;
}

/** From the last place on to the first and back; in between the browser knows the way best. */
function goRound(event: KeyboardEvent, scope: HTMLElement): void {
  const at = document.activeElement;
  const lost = isNobody(at);
  if (!lost && !scope.contains(at)) return;
  const places = [...scope.querySelectorAll<HTMLElement>(reachable)].filter(
    (place) => place.tabIndex >= 0 && takesKeys(place) && inTurn(place),
  );
  const [first, last] = [places[0], places.at(-1)];
  if (!lost && at !== scope && at !== (event.shiftKey ? first : last)) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}

const takesKeys = (place: HTMLElement): boolean => !place.matches(':disabled') && place.checkVisibility({ visibilityProperty: true });

/** Of the radio buttons of one choice Tab stops at the chosen one. */
function inTurn(place: HTMLElement): boolean {
  if (!(place instanceof HTMLInputElement) || place.type !== 'radio' || place.checked || place.name === '') return true;
  const root = place.closest('[data-focus-scope]');
  return !root?.querySelector(`input[type="radio"][name="${CSS.escape(place.name)}"]:checked`);
}
