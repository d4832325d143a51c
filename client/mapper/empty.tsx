import { Inbox, LayoutTemplate } from 'lucide-react';
import { useFlow } from '../editor/context.ts';
import { TakeNow } from '../samples/take-now.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/states.tsx';
import styles from './columns.module.css';
import { useMapper } from './context.ts';

/** Nobody knows yet what messages look like. `small`: there are rows all the same, those that the mapping reads. */
export function NoSample({ small = false }: { small?: boolean }) {
  const flow = useFlow();
  if (small) {
    return (
      <div className={styles.foot}>
        <TakeNow flow={flow.id} size="small" bare />
      </div>
    );
  }
  return (
    <EmptyState icon={<Inbox size={24} />} title="No messages to look at yet" actions={<TakeNow flow={flow.id} size="small" />}>
      With a few real messages you see their fields here, and what the mapping makes of them.
    </EmptyState>
  );
}

/** Nobody said what the result should look like. */
export function NoTarget() {
  const mapper = useMapper();
  return (
    <EmptyState
      icon={<LayoutTemplate size={24} />}
      title="What should the result look like?"
      actions={
        <Button size="small" onClick={() => mapper.set({ open: { kind: 'target-shape' } })}>
          Start from a sample result
        </Button>
      }
    >
      Drag fields from the left onto “New field”, or start from a sample or schema of what the receiver wants.
    </EmptyState>
  );
}
