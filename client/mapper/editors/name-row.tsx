import { useState } from 'react';
import { renameField } from '#shared/mapping/edit/field.ts';
import { renameVariable } from '#shared/mapping/edit/variable.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import { type TargetPath, targetText } from '#shared/mapping/target.ts';
import { type OpenView, ruleById } from '#shared/mapping/view.ts';
import { plural } from '../../format.ts';
import { Button } from '../../ui/button.tsx';
import { useMapper } from '../context.ts';
import styles from './editors.module.css';

/** The name of a field or variable, which can be changed, and for a variable which rows use it. */
export function NameRow({
  target,
  rule,
  view,
  onDone,
  alone = false,
}: {
  target: TargetPath;
  rule: Rule | undefined;
  view: OpenView;
  onDone?: () => void;
  alone?: boolean;
}) {
  const mapper = useMapper();
  const last = target.at(-1);
  const variable = typeof last === 'object' && last !== null && 'variable' in last ? last.variable : undefined;
  const old = variable ?? (typeof last === 'string' ? last : '');
  const [name, setName] = useState(old);
  const [refusal, setRefusal] = useState<string>();
  if (rule === undefined || (variable === undefined && typeof last !== 'string'))
    return <p className={styles.help}>This row has no name of its own.</p>;
  const rename = (): boolean => {
    if (name === old) {
      onDone?.();
      return true;
    }
    const edit = variable === undefined ? renameField(view, rule.id, name) : renameVariable(view, rule.id, name.replace(/^\$/, ''));
    if (!edit.ok) setRefusal(edit.refusal.message);
    else if (mapper.apply(edit, `rename ${old}`, `${old} is now called ${name}.`)) {
      const renamed: TargetPath = [...target.slice(0, -1), variable === undefined ? name : { variable: name.replace(/^\$/, '') }];
      mapper.set({ row: targetText(renamed) });
      onDone?.();
      if (onDone === undefined) mapper.set({ open: { kind: 'row', target: renamed } });
    } else setRefusal(mapper.editor.getState().said.text);
    return edit.ok;
  };
  const users =
    variable === undefined
      ? []
      : [
          ...new Set(
            view.uses.filter(({ of }) => of === rule.id).map(({ row }) => targetText(ruleById(view, row)?.target ?? []) || 'the result'),
          ),
        ];
  return (
    <div className={styles.value}>
      <span className={styles.label}>{variable === undefined ? 'Name of the field' : 'Name of the variable'}</span>
      <div className={styles.valueLine}>
        <input
          className={styles.input}
          aria-label="Name"
          data-autofocus={alone || undefined}
          spellCheck={false}
          value={name}
          aria-invalid={refusal !== undefined}
          onChange={(event) => {
            setName(event.target.value);
            setRefusal(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            rename();
          }}
        />
        <Button onClick={rename} disabled={name === old && !alone}>
          Rename
        </Button>
      </div>
      {refusal !== undefined && (
        <span className={styles.error} role="alert">
          {refusal}
        </span>
      )}
      {variable !== undefined && (
        <span className={styles.help}>
          {users.length === 0
            ? 'No row uses it.'
            : `Used by ${plural(users.length, 'row')}: ${users.slice(0, 6).join(', ')}${users.length > 6 ? ' …' : ''}.`}
        </span>
      )}
    </div>
  );
}
