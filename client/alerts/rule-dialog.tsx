import { useState } from 'react';
import { type AlertChannel, type AlertRule, alertTitles, defaultCondition } from '#shared/alert.ts';
import type { AlertKind } from '#shared/incident.ts';
import { api } from '../api.ts';
import { useFlowList } from '../flow-list.ts';
import { SelectField, TextField } from '../ui/field.tsx';
import { SendDialog } from '../ui/send-dialog.tsx';
import styles from './alerts.module.css';
import { ConditionFields } from './condition-fields.tsx';
import { ruleKinds } from './words.ts';

type Draft = Omit<AlertRule, 'id' | 'mutedUntil'>;

/** Makes a rule or changes one. */
export function RuleDialog({
  rule,
  channels,
  onClose,
  onSaved,
}: {
  rule: AlertRule | undefined;
  channels: readonly AlertChannel[];
  onClose: () => void;
  onSaved: () => void;
}) {
  const { flows } = useFlowList();
  const [draft, setDraft] = useState<Draft>(() => {
    if (rule === undefined)
      return { name: '', enabled: true, condition: defaultCondition('silent'), channels: [], tellEnd: true, calmSeconds: 60 };
    const { id: _id, mutedUntil: _muted, ...rest } = rule;
    return rest;
  });
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const save = async (): Promise<void> => {
    const { flow, ...rest } = draft;
    const name = draft.name.trim() === '' ? alertTitles[draft.condition.kind] : draft.name;
    await api.saveRule({ ...rest, name, ...(flow !== undefined && { flow }) }, rule?.id);
    onSaved();
  };
  return (
    <SendDialog
      title={rule === undefined ? 'New rule' : `Change ${rule.name}`}
      action={rule === undefined ? 'Add the rule' : 'Save the rule'}
      refusal="The rule was not saved"
      onSend={save}
      onClose={onClose}
    >
      {rule === undefined && (
        <SelectField
          label="What to watch"
          value={draft.condition.kind}
          onChange={(event) => set({ condition: defaultCondition(event.target.value as AlertKind) })}
          data-autofocus
        >
          {ruleKinds.map((kind) => (
            <option key={kind} value={kind}>
              {alertTitles[kind]}
            </option>
          ))}
        </SelectField>
      )}
      <TextField
        label="Name"
        value={draft.name}
        placeholder={alertTitles[draft.condition.kind]}
        maxLength={120}
        onChange={(event) => set({ name: event.target.value })}
      />
      <SelectField
        label="Flow"
        required={draft.condition.kind === 'field-empty'}
        value={draft.flow ?? ''}
        onChange={(event) => set({ flow: event.target.value === '' ? undefined : event.target.value })}
      >
        <option value="">{draft.condition.kind === 'field-empty' ? 'Choose one' : 'All flows'}</option>
        {flows?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <ConditionFields condition={draft.condition} flow={draft.flow} onChange={(condition) => set({ condition })} />
      <TextField
        label="Over after so many seconds without"
        type="number"
        min={0}
        required
        value={draft.calmSeconds}
        onChange={(event) => set({ calmSeconds: Number.isNaN(event.target.valueAsNumber) ? 0 : event.target.valueAsNumber })}
      />
      {channels.length > 0 && (
        <fieldset className={styles.checks}>
          <legend>Channels that are told (none chosen: all)</legend>
          {channels.map(({ id, name }) => (
            <label key={id} className={styles.check}>
              <input
                type="checkbox"
                checked={draft.channels.includes(id)}
                onChange={(event) =>
                  set({ channels: event.target.checked ? [...draft.channels, id] : draft.channels.filter((one) => one !== id) })
                }
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <label className={styles.check}>
        <input type="checkbox" checked={draft.tellEnd} onChange={(event) => set({ tellEnd: event.target.checked })} />
        Tell when it is over, too
      </label>
      <label className={styles.check}>
        <input type="checkbox" checked={draft.enabled} onChange={(event) => set({ enabled: event.target.checked })} />
        Switched on
      </label>
    </SendDialog>
  );
}
