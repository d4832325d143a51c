import { ArrowUpDown, Minus, PenLine, Plus } from 'lucide-react';
import type { ChangeKind, FlowChange } from '#shared/flow-diff/change.ts';
import { plural } from '../format.ts';
import styles from './change-list.module.css';

const looks: Record<ChangeKind, { icon: typeof Plus; word: string }> = {
  added: { icon: Plus, word: 'Added' },
  removed: { icon: Minus, word: 'Removed' },
  changed: { icon: PenLine, word: 'Changed' },
  moved: { icon: ArrowUpDown, word: 'Moved' },
};

/** Differences in words, those of one place under its name; what only concerns names and drawing is quieter. */
export function ChangeList({ changes }: { changes: readonly FlowChange[] }) {
  return (
    <ul className={styles.groups}>
      {groupsOf(changes).map(({ place, items }) => (
        <li key={`${place} ${items[0]?.node ?? ''}`} className={styles.group}>
          <h3 className={styles.place}>{place}</h3>
          <ul className={styles.list}>
            {items.map((change, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two changes may say the same, and the list never changes in place.
              <Change key={index} change={change} />
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function Change({ change }: { change: FlowChange }) {
  const { icon: Icon, word } = looks[change.kind];
  const { before, after } = change;
  const long = (before ?? '').length + (after ?? '').length > 60 || `${before ?? ''}${after ?? ''}`.includes('\n');
  return (
    <li className={[styles.change, styles[change.kind], change.weight === 'logic' ? '' : styles.quiet].join(' ')}>
      <span className={styles.icon} title={word}>
        <Icon size={14} aria-hidden="true" />
        <span className="visually-hidden">{word}: </span>
      </span>
      <div className={styles.words}>
        {change.label !== undefined && <span className={styles.label}>{change.label}: </span>}
        {change.row !== undefined && change.row !== '' && (
          <>
            <code className={styles.row}>{change.row}</code>{' '}
          </>
        )}
        {change.label === undefined && !change.row ? capital(change.sentence) : change.sentence}
        {long && (
          <details className={styles.details}>
            <summary>{before === undefined ? 'Show it' : after === undefined ? 'Show what it was' : 'Show before and after'}</summary>
            <div className={styles.texts}>
              {before !== undefined && <Text title="Before" text={before} />}
              {after !== undefined && <Text title="After" text={after} />}
            </div>
          </details>
        )}
      </div>
    </li>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <div className={styles.text}>
      <span className={styles.side}>{title}</span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by keyboard too. */}
      <pre tabIndex={0}>{text}</pre>
    </div>
  );
}

function groupsOf(changes: readonly FlowChange[]): { place: string; items: FlowChange[] }[] {
  const groups = new Map<string, { place: string; items: FlowChange[] }>();
  for (const change of changes) {
    const place = change.place ?? 'Flow';
    // Two nodes may have one name.
    const key = place === 'Connections' ? place : `${place} ${change.node ?? ''}`;
    const group = groups.get(key) ?? { place, items: [] };
    group.items.push(change);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `4 changes`, and how many of them let the flow run otherwise. */
export function changesInWords(changes: readonly FlowChange[]): string {
  const logic = changes.filter(({ weight }) => weight === 'logic').length;
  if (changes.length === 0) return 'no difference';
  const all = plural(changes.length, 'change');
  if (logic === changes.length) return all;
  if (logic === 0) return `${all}, none of which alters how it runs`;
  return `${all}, ${logic} of which ${logic === 1 ? 'alters' : 'alter'} how it runs`;
}
