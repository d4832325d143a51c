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

const fields = 'input:not([type="file"], [type="hidden"]), select, textarea, [contenteditable="true"]';
const reachable = `${fields}, a[href], button, summary, [tabindex]`;

/** What opened each place; still known when the place is gone, for what was opened out of it. */
const openers = new WeakMap<Element, Element | null>();

/**
 * Stands in a dialog, popover or menu. When that opens, the keyboard is inside of it within the same event: on what is marked
 * `data-autofocus`, else on the first field, else on the first thing that takes keys. Tab goes round inside. When it closes, the
 * keyboard is back on what opened it, unless something else has it by then.
 */
export function FocusScope() {
  const mark = useRef<HTMLSpanElement>(null);
  const [opener] = useState(() => document.activeElement);
  useLayoutEffect(() => {
    const scope = mark.current?.closest<HTMLElement>('[role="dialog"], [role="menu"]');
    if (!scope) return;
    openers.set(scope, opener);
    scope.dataset.focusScope = '';
    if (!scope.contains(document.activeElement)) enter(scope);
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
      document.removeEventListener('keydown', press);
      onceDrawn(() => {
        if (isNobody(document.activeElement)) openerOf(opener)?.focus({ preventScroll: true });
      });
    };
  }, [opener]);
  return <span ref={mark} hidden />;
}

const isNobody = (element: Element | null): boolean => element === null || element === document.body;

function enter(scope: HTMLElement): void {
  const places = [...scope.querySelectorAll<HTMLElement>(reachable)].filter(takesKeys);
  const first =
    scope.querySelector<HTMLElement>('[data-autofocus]') ??
    places.find((place) => place.matches(fields) && inTurn(place)) ??
    places.find((place) => place.tabIndex >= 0) ??
    places[0] ??
    scope;
  first.focus({ preventScroll: true });
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
