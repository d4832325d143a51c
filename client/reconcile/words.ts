import type { ReconcileState } from '#shared/reconcile.ts';
import type { Level } from '../ui/status.tsx';

/** What a state is called, and how serious it is. */
export const stateWords: Readonly<Record<ReconcileState, { word: string; level: Level }>> = {
  missing: { word: 'Missing', level: 'error' },
  extra: { word: 'Extra', level: 'warning' },
  doubled: { word: 'Doubled', level: 'warning' },
  waiting: { word: 'On its way', level: 'info' },
  dead: { word: 'Refused', level: 'error' },
  written: { word: 'Backfilled', level: 'ok' },
  arrived: { word: 'Arrived late', level: 'ok' },
};
