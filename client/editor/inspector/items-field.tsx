import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { Button, IconButton } from '../../ui/button.tsx';
import { newId } from '../document.ts';
import styles from './config-field.module.css';
import { SchemaField } from './config-field.tsx';
import type { ControlProps } from './control.ts';
import { fieldsOf, newItem } from './form.ts';

/**
 * A list of objects, such as the cases of a switch: add, remove, put in order. Where edges hang on an item's id
 * (`idProperty`), the id is made here once, is not shown, and stays when the item is renamed or moved.
 */
export function ItemsField({
  id,
  path,
  schema,
  value,
  problems,
  disabled,
  node,
  onChange,
  idProperty,
}: ControlProps & { idProperty: string | undefined }) {
  const items = Array.isArray(value)
    ? value.map((item) => (typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {}))
    : [];
  const itemSchema = schema.items ?? {};
  const fields = fieldsOf(itemSchema).filter((field) => field.name !== idProperty);
  const one = (schema.label ?? 'item').toLowerCase().replace(/s$/, '');
  const titleOf = (item: Record<string, unknown>, index: number) => {
    const name = item.name ?? item.label ?? item.title;
    return typeof name === 'string' && name !== '' ? name : `${one.slice(0, 1).toUpperCase()}${one.slice(1)} ${index + 1}`;
  };
  const move = (from: number, to: number) => {
    const next = [...items];
    const [item] = next.splice(from, 1);
    if (item) next.splice(to, 0, item);
    onChange(next);
  };
  const add = () => {
    const item = newItem(itemSchema);
    if (idProperty !== undefined) item[idProperty] = newId(one, (taken) => items.some((other) => other[idProperty] === taken));
    if ('name' in item && item.name === '') item.name = `${one.slice(0, 1).toUpperCase()}${one.slice(1)} ${items.length + 1}`;
    onChange([...items, item]);
  };
  return (
    <div className={styles.items}>
      {items.map((item, index) => {
        const title = titleOf(item, index);
        return (
          <section key={idProperty !== undefined ? String(item[idProperty]) : index} className={styles.item} aria-label={title}>
            <header className={styles.itemHead}>
              <span className={styles.itemTitle}>{title}</span>
              <IconButton label={`Move ${title} up`} size="small" disabled={disabled || index === 0} onClick={() => move(index, index - 1)}>
                <ArrowUp size={14} />
              </IconButton>
              <IconButton
                label={`Move ${title} down`}
                size="small"
                disabled={disabled || index === items.length - 1}
                onClick={() => move(index, index + 1)}
              >
                <ArrowDown size={14} />
              </IconButton>
              <IconButton
                label={`Remove ${title}`}
                size="small"
                disabled={disabled}
                onClick={() => onChange(items.filter((_, at) => at !== index))}
              >
                <Trash2 size={14} />
              </IconButton>
            </header>
            <div className={styles.itemBody}>
              {fields.map((field) => {
                const place = `${path}.${index}.${field.name}`;
                return (
                  <SchemaField
                    key={field.name}
                    node={node}
                    field={field}
                    path={place}
                    value={item[field.name]}
                    siblings={item}
                    problems={problems.filter((problem) => problem.field === place || (problem.field ?? '').startsWith(`${place}.`))}
                    disabled={disabled}
                    onChange={(next) => onChange(items.map((each, at) => (at === index ? { ...each, [field.name]: next } : each)))}
                  />
                );
              })}
            </div>
          </section>
        );
      })}
      <Button id={id} size="small" icon={<Plus size={14} />} disabled={disabled} onClick={add}>
        Add {one}
      </Button>
    </div>
  );
}
