import { type ReactNode, useState } from 'react';
import { TextAreaField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';

/** Asks for the reason of something that is told to others; what it does stands on the button. */
export function ReasonDialog({
  title,
  label,
  help,
  action,
  least = 1,
  danger = false,
  refusal = 'That did not work',
  keep = 'Cancel',
  children,
  onConfirm,
  onClose,
}: {
  title: string;
  label: string;
  help: string;
  action: string;
  /** Characters that a reason has at least. */
  least?: number;
  danger?: boolean;
  /** What did not happen when it is refused. */
  refusal?: string;
  /** The other button. */
  keep?: string;
  children?: ReactNode;
  onConfirm: (reason: string) => Promise<void>;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const given = reason.trim();
  return (
    <SendDialog
      title={title}
      action={action}
      refusal={refusal}
      keep={keep}
      size={560}
      look={danger ? 'danger' : 'filled'}
      disabled={given.length < least}
      onSend={() => onConfirm(given)}
      onClose={onClose}
    >
      {children}
      <TextAreaField
        label={label}
        help={help}
        rows={3}
        maxLength={1000}
        value={reason}
        data-autofocus
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
      />
    </SendDialog>
  );
}
