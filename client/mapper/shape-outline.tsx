import { isList, type Kind, type Shape } from '#shared/shape/shape.ts';
import { plural } from '../format.ts';
import styles from './shape-outline.module.css';

/** Rows that are shown; a shape may have thousands of fields. */
const most = 200;

const words: Readonly<Record<Kind, string>> = {
  text: 'text',
  number: 'number',
  boolean: 'yes/no',
  null: 'null',
  object: 'object',
  list: 'list',
};

interface Line {
  depth: number;
  name: string;
  type: string;
  required: boolean;
}

/** A shape as an indented list of its fields with their types. */
export function ShapeOutline({ shape, label }: { shape: Shape; label: string }) {
  const lines: Line[] = [];
  gather(shape, 0, lines);
  const required = lines.filter((line) => line.required).length;
  return (
    <div className={styles.outline}>
      <div className={styles.sum}>
        {lines.length === 0 ? typeOf(shape) : plural(lines.length, 'field')}
        {required > 0 && `, ${required} required`}
      </div>
      {lines.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <section className={styles.lines} aria-label={label} tabIndex={0}>
          {lines.slice(0, most).map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            <div key={index} className={styles.line} style={{ paddingLeft: 8 + line.depth * 16 }}>
              <span className={styles.name}>
                {line.name}
                {line.required && (
                  <abbr className={styles.required} title="required">
                    *
                  </abbr>
                )}
              </span>
              <span className={styles.type}>{line.type}</span>
            </div>
          ))}
          {lines.length > most && <div className={styles.more}>and {plural(lines.length - most, 'more field', 'more fields')}</div>}
        </section>
      )}
    </div>
  );
}

function gather(shape: Shape, depth: number, into: Line[]): void {
  const inner = itemsOf(shape);
  for (const field of inner.fields ?? []) {
    into.push({ depth, name: field.name, type: typeOf(field.shape), required: field.required });
    gather(field.shape, depth + 1, into);
  }
}

const itemsOf = (shape: Shape): Shape =>
  isList(shape) && shape.item !== undefined && shape.fields === undefined ? itemsOf(shape.item) : shape;

function typeOf(shape: Shape): string {
  const kinds = shape.kinds.filter((kind) => kind !== 'null');
  const { maxLength, allowed, looks } = shape.facts ?? {};
  if (kinds.length === 0) return 'any value';
  const of = isList(shape) && shape.item !== undefined && shape.item.kinds.length > 0 ? ` of ${typeOf(shape.item)}s` : '';
  const more =
    allowed !== undefined
      ? `, ${allowed.length} values`
      : maxLength !== undefined
        ? `, at most ${maxLength}`
        : looks?.[0]
          ? `, ${looks[0]}`
          : '';
  return kinds.map((kind) => words[kind]).join(' or ') + of + more;
}
