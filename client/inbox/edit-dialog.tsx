import { useMemo, useState } from 'react';
import { pathText } from '#shared/comparison/fields.ts';
import { leavesOf } from '#shared/inbox/edit.ts';
import type { InboxCauseDetail, InboxItem } from '#shared/inbox.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { pointerOf } from '../json-text.ts';
import { useLoad } from '../load.ts';
import { SelectField, TextAreaField, TextField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import styles from './dialogs.module.css';

const mostFields = 200;

/** Edits one message, field by field or as text, and retries it. The original stays as it is; who and why is kept. */
export function EditDialog({
  cause,
  item,
  onClose,
  onStarted,
}: {
  cause: InboxCauseDetail;
  item: InboxItem;
  onClose: () => void;
  onStarted: () => void;
}) {
  const { data: letter, error: unread, reload } = useLoad(() => api.inboxLetter(item.item), item.item);
  const [way, setWay] = useState<'form' | 'text'>();
  const [changed, setChanged] = useState<ReadonlyMap<string, string>>(new Map());
  const [text, setText] = useState<string>();
  const [key, setKey] = useState<string>();
  const [reason, setReason] = useState('');
  const [from, setFrom] = useState<'node' | 'start'>('start');
  const value = letter?.value ?? '';
  const isText = letter?.encoding === 'utf8' && !letter.cut;
  const form = useMemo(() => (isText ? leavesOf(value, mostFields) : undefined), [value, isText]);
  const masked = (letter?.masked ?? 0) > 0;
  const shownWay = way ?? (form === undefined ? 'text' : 'form');
  const failing = letter?.field && pointerOf(letter.field);
  const leaves = form?.leaves.toSorted((a, b) => Number(pointerOf(b.path) === failing) - Number(pointerOf(a.path) === failing)) ?? [];
  const changes = leaves.flatMap(({ path, text: before }) => {
    const now = changed.get(pointerOf(path));
    return now === undefined || now === before ? [] : [{ path: [...path], text: now }];
  });
  const wrong = changes.filter((change) => !isJson(change.text));
  const isEdited =
    (shownWay === 'form' ? changes.length > 0 : text !== undefined && text !== value) || (key !== undefined && key !== (item.key ?? ''));
  const start = async (): Promise<void> => {
    const edit = {
      item: item.item,
      ...(key !== undefined && key !== (item.key ?? '') && { key }),
      ...(shownWay === 'form' ? changes.length > 0 && { changes } : text !== undefined && { value: text, encoding: 'utf8' as const }),
    };
    await api.retryLetters(cause.id, { select: { items: [item.item] }, from, stopAfter: 1, edits: [edit], reason: reason.trim() });
    onStarted();
  };
  return (
    <SendDialog
      title={`Edit ${item.key ?? 'the message'} and retry it`}
      action="Retry as edited"
      refusal="It was not retried"
      size={680}
      disabled={!isEdited || reason.trim().length < 3 || (shownWay === 'form' && wrong.length > 0)}
      onSend={start}
      onClose={onClose}
    >
      {unread !== undefined ? (
        <ErrorState what="This message cannot be edited" error={unread} onRetry={reload} />
      ) : letter === undefined ? (
        <div role="status" aria-label="Loading the message" data-awaited>
          <Skeleton height={120} />
        </div>
      ) : !isText ? (
        <p>
          {letter.cut
            ? 'This message is too large to be edited here. Download it, and send it anew by its source.'
            : 'These bytes are not text, so they cannot be edited here.'}
        </p>
      ) : (
        <div className={styles.form}>
          <div className={styles.between}>
            <p className={styles.quiet}>The original is kept. Your name, the reason and what you change stand in the audit.</p>
            {form !== undefined && !masked && (
              <Segments
                label="How to edit"
                value={shownWay}
                onChange={setWay}
                options={[
                  { value: 'form', label: 'Fields' },
                  { value: 'text', label: 'Text' },
                ]}
              />
            )}
          </div>
          {shownWay === 'form' && form !== undefined ? (
            <div className={styles.fields}>
              {leaves.map(({ path, text: before }, index) => {
                const pointer = pointerOf(path);
                const now = changed.get(pointer) ?? before;
                return (
                  <TextField
                    key={pointer}
                    mono
                    data-autofocus={index === 0 || undefined}
                    label={pathText(path)}
                    value={now}
                    spellCheck={false}
                    error={isJson(now) ? undefined : 'This is not JSON: put text in double quotes.'}
                    help={pointer === failing ? (cause.rule?.error ?? 'Here it failed.') : now === before ? undefined : `It was ${before}`}
                    onChange={(event) => setChanged(new Map(changed).set(pointer, event.target.value))}
                  />
                );
              })}
              {form.more > 0 && <p className={styles.quiet}>{plural(form.more, 'more field')} can be edited as text.</p>}
            </div>
          ) : masked ? (
            <p>Masks hide a part of this message, and it is no JSON, so it cannot be edited here.</p>
          ) : (
            <TextAreaField
              label="Value"
              mono
              data-autofocus
              rows={14}
              spellCheck={false}
              value={text ?? value}
              onChange={(event) => setText(event.target.value)}
            />
          )}
          <div className={styles.row}>
            <TextField label="Key" mono value={key ?? item.key ?? ''} onChange={(event) => setKey(event.target.value)} />
            <SelectField label="Goes on" value={from} onChange={(event) => setFrom(event.target.value === 'node' ? 'node' : 'start')}>
              <option value="start">From the start</option>
              <option value="node">From {cause.nodeName}</option>
            </SelectField>
          </div>
          <TextField label="Why" value={reason} help="For the audit." onChange={(event) => setReason(event.target.value)} />
        </div>
      )}
    </SendDialog>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
