import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './dialog.module.css';
import { FocusScope } from './focus.tsx';

/** A modal dialog: Esc and the cross close it, the focus stays inside and returns to what opened it. */
export function Dialog({
  title,
  onClose,
  size = 480,
  children,
  footer,
  locked = false,
}: {
  title: ReactNode;
  onClose: () => void;
  size?: number;
  children: ReactNode;
  footer?: ReactNode;
  /** True while something runs that closing would not stop: then only the end closes it. */
  locked?: boolean;
}) {
  return (
    <Modal
      opened
      // The keyboard is moved by FocusScope: the library does it a timer later, and keys that come before are lost.
      trapFocus={false}
      returnFocus={false}
      onClose={onClose}
      title={title}
      size={size}
      centered
      padding={20}
      closeOnEscape={!locked}
      closeOnClickOutside={!locked}
      closeButtonProps={{ 'aria-label': 'Close', disabled: locked }}
      transitionProps={{ duration: 100, transition: 'fade' }}
      overlayProps={{ backgroundOpacity: 1, color: 'var(--overlay)' }}
    >
      <FocusScope />
      {children}
      {footer !== undefined && <div className={styles.footer}>{footer}</div>}
    </Modal>
  );
}
