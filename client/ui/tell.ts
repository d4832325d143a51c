import { notifications } from '@mantine/notifications';
import { describeError } from './states.tsx';

const closeButtonProps = { 'aria-label': 'Close this message' };

/** Says in a corner of the screen that something was done, for as long as it takes to read. */
export function tell(title: string, message: string): void {
  notifications.show({ closeButtonProps, title, message });
}

/** Says there that something was not done, and why. */
export function tellFailure(title: string, error: unknown): void {
  notifications.show({ closeButtonProps, color: 'red', title, message: describeError(error).message });
}
