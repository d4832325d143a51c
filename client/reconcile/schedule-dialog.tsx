import { useState } from 'react';
import { type RepeatedSpec, type ShownSchedule, timesWords } from '#shared/reconcile-schedule.ts';
import { api } from '../api.ts';
import { SendDialog } from '../ui/send-dialog.tsx';
import { ListIdField, MessageIdField, PollFields } from './list-fields.tsx';
import styles from './reconcile.module.css';
import { type Repeat, RepeatFields } from './repeat-fields.tsx';

/** Changes a schedule as it was added, all but where it compares: its results are about that place. */
export function ScheduleDialog({
  schedule,
  place,
  onClose,
  onSaved,
}: {
  schedule: ShownSchedule;
  /** What people call its source or sink. */
  place: string;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [repeat, setRepeat] = useState<Repeat>(schedule);
  const [what, setWhat] = useState(schedule.what);
  const usualName = `${timesWords(repeat.times)}: ${place}`;
  const save = async (): Promise<void> => {
    const { times, zone, period } = repeat;
    const name = repeat.name.trim() === '' ? usualName : repeat.name;
    await api.changeSchedule(schedule.flow, schedule.id, { name, times, zone, period, what });
    onSaved();
  };
  return (
    <SendDialog
      title={`Change ${schedule.name}`}
      action="Save the schedule"
      refusal="The schedule was not changed"
      size={760}
      onSend={save}
      onClose={onClose}
    >
      <p className={styles.hint}>
        {what.kind === 'sink' ? `Compares the log with ${place}.` : `Compares ${place} with the log.`} What it found before stays. For
        another place, add another schedule.
      </p>
      <div className={styles.grid}>
        <RepeatFields value={repeat} placeholder={usualName} onChange={setRepeat} />
        {what.kind === 'source' && <SourceFields value={what} onChange={setWhat} />}
      </div>
    </SendDialog>
  );
}

type RepeatedSource = Extract<RepeatedSpec, { kind: 'source' }>;

function SourceFields({ value, onChange }: { value: RepeatedSource; onChange: (value: RepeatedSource) => void }) {
  const { named, list } = value;
  return (
    <>
      <MessageIdField
        value={named.by === 'key' ? '' : named.path}
        onChange={(path) => onChange({ ...value, named: path === '' ? { by: 'key' } : { by: 'field', path } })}
      />
      <PollFields value={list} onChange={(poll) => onChange({ ...value, list: { ...list, ...poll } })} />
      <ListIdField value={list.id} required onChange={(id) => onChange({ ...value, list: { ...list, id } })} />
    </>
  );
}
