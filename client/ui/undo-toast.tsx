import { notifications } from '@mantine/notifications';
import { Button } from './button.tsx';
import type { Removal } from './removal.ts';

const undoMs = 10_000;

/** Ends a removal after ten seconds in which a toast offers to undo it, also when the list is closed before. `id` is that of the toast. */
export function offerUndo({ id, title, removal }: { id: string; title: string; removal: Removal }): void {
  const end = (then: () => void) => () => {
    clearTimeout(timer);
    then();
    notifications.hide(id);
  };
  const finish = end(removal.finish);
  const timer = setTimeout(finish, undoMs);
  notifications.show({
    id,
    autoClose: undoMs,
    onClose: finish,
    closeButtonProps: { 'aria-label': 'Close this message' },
    title,
    message: (
      <Button size="small" onClick={end(removal.undo)}>
        Undo
      </Button>
    ),
  });
}
