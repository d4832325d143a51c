import type { Flow } from '#shared/flow.ts';

/**
 * Undo by keeping old documents. Edits share structure, so a step costs no more than what it changed, and no gesture
 * has to know how to undo itself. Selection rides along so that undo shows what it touched; viewport and panels do not.
 */

/** What is picked on the canvas: nodes, or one edge. */
export interface Selection {
  nodes: readonly string[];
  edge?: string | undefined;
}

export const noSelection: Selection = { nodes: [] };

/** The document at one time, with what was selected then. */
export interface Moment {
  flow: Flow;
  selection: Selection;
}

interface Step {
  moment: Moment;
  /** What the gesture was, as the undo button says it: "add Map". */
  label: string;
  /** Gestures with the same key close together are one entry: typing in one field. */
  merge?: string | undefined;
  at: number;
}

export interface History {
  /** Oldest first; `moment` is the state before the gesture. */
  past: readonly Step[];
  present: Moment;
  /** Next to redo first; `moment` is the state after the gesture. */
  future: readonly Step[];
}

/** Typing in one field counts as one gesture until the hands rest this long, in milliseconds. */
export const mergeWithinMs = 1500;

/** A history that begins with this document. */
export function begin(flow: Flow): History {
  return { past: [], present: { flow, selection: noSelection }, future: [] };
}

/**
 * Adds one gesture. The same document changes only the selection and leaves no entry; a new one drops what could be
 * redone. With `merge`, a gesture joins the entry before it when that has the same key and is recent.
 */
export function record(history: History, next: Moment, label: string, options: { merge?: string; now?: number } = {}): History {
  if (next.flow === history.present.flow) return select(history, next.selection);
  const at = options.now ?? Date.now();
  const last = history.past.at(-1);
  const merges =
    options.merge !== undefined && last?.merge === options.merge && history.future.length === 0 && at - last.at <= mergeWithinMs;
  const past = merges
    ? [...history.past.slice(0, -1), { ...last, at }]
    : [...history.past, { moment: history.present, label, merge: options.merge, at }];
  return { past, present: next, future: [] };
}

/** Changes what is selected; never an entry. */
export function select(history: History, selection: Selection): History {
  return selection === history.present.selection ? history : { ...history, present: { ...history.present, selection } };
}

/** Replaces the document under the history's feet (the server's answer to a save), without an entry. */
export function rebase(history: History, flow: Flow): History {
  return { ...history, present: { ...history.present, flow } };
}

/** Goes one gesture back; the same history when there is none. */
export function undo(history: History): History {
  const step = history.past.at(-1);
  if (step === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: step.moment,
    future: [{ ...step, moment: history.present, merge: undefined }, ...history.future],
  };
}

/** Goes one gesture forward again; the same history when there is none. */
export function redo(history: History): History {
  const [step, ...rest] = history.future;
  if (step === undefined) return history;
  return { past: [...history.past, { ...step, moment: history.present, merge: undefined }], present: step.moment, future: rest };
}
