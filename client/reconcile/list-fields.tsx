import type { PollList } from '#shared/reconcile.ts';
import { TextField } from '../ui/field.tsx';
import { AuthFields, noAuth } from './auth-fields.tsx';

/** A list that is asked for over HTTP; what its things are called stands beside it, as with every list. */
export type Poll = Omit<PollList, 'id'>;
export const noPoll: Poll = { url: '', items: '', next: '', ...noAuth };

/** Where a list is asked for, and how. */
export function PollFields({ value, onChange }: { value: Poll; onChange: (value: Poll) => void }) {
  const set = (change: Partial<Poll>): void => onChange({ ...value, ...change });
  return (
    <>
      <TextField
        label="Address"
        type="url"
        required
        placeholder="https://shop.example.com/orders?from={since}&page={page}"
        help="{since}, {until}, {page} and {cursor} are filled in."
        value={value.url}
        onChange={(event) => set({ url: event.target.value })}
      />
      <TextField
        label="List in the answer"
        placeholder="orders"
        help="Empty: the answer is the list."
        value={value.items}
        onChange={(event) => set({ items: event.target.value })}
      />
      <TextField
        label="Next page in the answer"
        placeholder="next"
        help="Empty: the Link header, or {page}."
        value={value.next}
        onChange={(event) => set({ next: event.target.value })}
      />
      <AuthFields value={value} onChange={set} />
    </>
  );
}

/** By what a message is known. */
export function MessageIdField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      label="Id in the message"
      placeholder="order.number"
      help="Path of the field. Empty: the key of the message."
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** By what a thing of the list is known. */
export function ListIdField({ value, required, onChange }: { value: string; required: boolean; onChange: (value: string) => void }) {
  return (
    <TextField
      label="Id in the list"
      placeholder="number"
      required={required}
      help={required ? 'Path of the field in each thing of the list.' : 'Name of the column or field. Empty: each line is an id.'}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
