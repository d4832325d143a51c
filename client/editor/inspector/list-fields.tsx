import { Plus, Trash2 } from 'lucide-react';
import { Button, IconButton } from '../../ui/button.tsx';
import styles from './config-field.module.css';
import { type ControlProps, textOf } from './control.ts';

/** Names and their expressions, such as headers: add, rename, change, remove. */
export function ExpressionsField(props: ControlProps) {
  const { value, onChange, disabled, path, schema } = props;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value as Record<string, unknown>) : [];
  const write = (next: [string, unknown][]) => onChange(Object.fromEntries(next));
  const free = () => {
    for (let number = entries.length + 1; ; number++) if (!entries.some(([name]) => name === `name-${number}`)) return `name-${number}`;
  };
  return (
    <div className={styles.rows}>
      {entries.map(([name, expression], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed; the place is what stays.
        <div key={index} className={styles.pairRow} data-field={`${path}.${name}`}>
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`Name ${index + 1}`}
            disabled={disabled}
            defaultValue={name}
            key={name}
            spellCheck={false}
            onBlur={(event) => {
              const next = event.target.value.trim();
              if (next !== '' && next !== name && !entries.some(([other]) => other === next))
                write(entries.map((entry, at) => (at === index ? [next, entry[1]] : entry)));
              else event.target.value = name;
            }}
          />
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`Expression for ${name}`}
            disabled={disabled}
            value={textOf(expression)}
            placeholder="expression"
            spellCheck={false}
            onChange={(event) => write(entries.map((entry, at) => (at === index ? [name, event.target.value] : entry)))}
          />
          <IconButton
            label={`Remove ${name}`}
            size="small"
            disabled={disabled}
            onClick={() => write(entries.filter((_, at) => at !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button id={props.id} size="small" icon={<Plus size={14} />} disabled={disabled} onClick={() => write([...entries, [free(), '']])}>
        Add {(schema.label ?? 'entry').toLowerCase().replace(/s$/, '')}
      </Button>
    </div>
  );
}

/** A list of texts or numbers, one a line. */
export function LinesField(props: ControlProps) {
  const { value, onChange, disabled, path, schema, id } = props;
  const lines = Array.isArray(value) ? value : [];
  const numeric = schema.items?.type === 'number' || schema.items?.type === 'integer';
  return (
    <div className={styles.rows}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the list.
        <div key={index} className={styles.lineRow} data-field={`${path}.${index}`}>
          <input
            className={[styles.input, styles.mono].join(' ')}
            aria-label={`${schema.label ?? 'Entry'} ${index + 1}`}
            disabled={disabled}
            type={numeric ? 'number' : 'text'}
            value={textOf(line)}
            spellCheck={false}
            onChange={(event) =>
              onChange(lines.map((each, at) => (at === index ? (numeric ? event.target.valueAsNumber : event.target.value) : each)))
            }
          />
          <IconButton
            label={`Remove entry ${index + 1}`}
            size="small"
            disabled={disabled}
            onClick={() => onChange(lines.filter((_, at) => at !== index))}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      ))}
      <Button id={id} size="small" icon={<Plus size={14} />} disabled={disabled} onClick={() => onChange([...lines, numeric ? 0 : ''])}>
        Add
      </Button>
    </div>
  );
}
