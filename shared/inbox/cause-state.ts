/**
 * Where a cause stands. `new`: nobody has looked. `known`: somebody has. `fix-ready`: Check fix says that the draft lets all
 * of it through. `retrying`: its messages are being retried. `solved`: none of it is open. `back-again`: it was solved, and
 * has come again. `muted`: nobody wants to hear of it.
 */
export const causeStates = ['new', 'known', 'fix-ready', 'retrying', 'solved', 'back-again', 'muted'] as const;
export type CauseState = (typeof causeStates)[number];

/** What happens to a cause. The last four are done by a person. */
export const causeEvents = [
  /** A message that was not there before. */
  'arrived',
  /** Check fix: all would pass with the draft. */
  'fix-holds',
  /** Check fix: not all would pass, or the draft is another now. */
  'fix-fails',
  'retry-started',
  /** The retry is over, and some are open. */
  'retry-ended',
  /** Nothing of it is open any more: solved, discarded or gone. */
  'emptied',
  /** Something that was settled is open again: recovered from the discarded ones, or failed again. */
  'reopened',
  'looked-at',
  'set-new',
  'muted',
  'unmuted',
] as const;
export type CauseEvent = (typeof causeEvents)[number];

/** Every state with every event: total, so that no order of events leaves a cause without a state. */
const table: Readonly<Record<CauseState, Readonly<Record<CauseEvent, CauseState>>>> = {
  new: {
    arrived: 'new',
    'fix-holds': 'fix-ready',
    'fix-fails': 'new',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    emptied: 'solved',
    reopened: 'new',
    'looked-at': 'known',
    'set-new': 'new',
    muted: 'muted',
    unmuted: 'new',
  },
  known: {
    arrived: 'known',
    'fix-holds': 'fix-ready',
    'fix-fails': 'known',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    emptied: 'solved',
    reopened: 'known',
    'looked-at': 'known',
    'set-new': 'new',
    muted: 'muted',
    unmuted: 'known',
  },
  'fix-ready': {
    arrived: 'fix-ready',
    'fix-holds': 'fix-ready',
    'fix-fails': 'known',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    emptied: 'solved',
    reopened: 'fix-ready',
    'looked-at': 'fix-ready',
    'set-new': 'new',
    muted: 'muted',
    unmuted: 'fix-ready',
  },
  retrying: {
    arrived: 'retrying',
    'fix-holds': 'retrying',
    'fix-fails': 'retrying',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    // The retry may have messages left that are on their way; its end says whether all went through.
    emptied: 'solved',
    reopened: 'retrying',
    'looked-at': 'retrying',
    'set-new': 'retrying',
    muted: 'muted',
    unmuted: 'retrying',
  },
  solved: {
    arrived: 'back-again',
    'fix-holds': 'solved',
    'fix-fails': 'solved',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    emptied: 'solved',
    reopened: 'known',
    'looked-at': 'solved',
    'set-new': 'solved',
    muted: 'muted',
    unmuted: 'solved',
  },
  'back-again': {
    arrived: 'back-again',
    'fix-holds': 'fix-ready',
    'fix-fails': 'back-again',
    'retry-started': 'retrying',
    'retry-ended': 'known',
    emptied: 'solved',
    reopened: 'back-again',
    'looked-at': 'known',
    'set-new': 'new',
    muted: 'muted',
    unmuted: 'back-again',
  },
  muted: {
    arrived: 'muted',
    'fix-holds': 'muted',
    'fix-fails': 'muted',
    'retry-started': 'muted',
    'retry-ended': 'muted',
    emptied: 'muted',
    reopened: 'muted',
    'looked-at': 'muted',
    'set-new': 'muted',
    muted: 'muted',
    unmuted: 'known',
  },
};

/** The state after an event. */
export function nextState(state: CauseState, event: CauseEvent): CauseState {
  return table[state][event];
}

/** What people read. */
export const stateWords: Readonly<Record<CauseState, string>> = {
  new: 'New',
  known: 'Known',
  'fix-ready': 'Fix ready',
  retrying: 'Retrying',
  solved: 'Solved',
  'back-again': 'Back again',
  muted: 'Muted',
};
