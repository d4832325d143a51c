import { BellOff, CircleCheck, CircleDot, Eye, RefreshCw, Undo2, Wrench } from 'lucide-react';
import { type CauseState, stateWords } from '#shared/inbox/cause-state.ts';
import type { InboxCause } from '#shared/inbox.ts';
import { exact } from '../format.ts';
import { type Level, StatusBadge } from '../ui/status.tsx';

const looks: Record<CauseState, { level: Level; Icon: typeof Eye }> = {
  new: { level: 'info', Icon: CircleDot },
  known: { level: 'off', Icon: Eye },
  'fix-ready': { level: 'ok', Icon: Wrench },
  retrying: { level: 'info', Icon: RefreshCw },
  solved: { level: 'ok', Icon: CircleCheck },
  'back-again': { level: 'warning', Icon: Undo2 },
  muted: { level: 'off', Icon: BellOff },
};

/** Where a cause stands, as icon and word; while it is retried, how far. */
export function StateBadge({ cause: { state, retry } }: { cause: Pick<InboxCause, 'state' | 'retry'> }) {
  const { level, Icon } = looks[state];
  const far = state === 'retrying' && retry !== undefined ? ` ${exact(retry.done)} of ${exact(retry.total)}` : '';
  return (
    <StatusBadge level={level} soft icon={<Icon size={14} aria-hidden="true" />}>
      {stateWords[state]}
      {far}
    </StatusBadge>
  );
}
