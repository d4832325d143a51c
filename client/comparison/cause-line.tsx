import { ArrowLeft } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { CauseRow } from '#shared/comparison/causes.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { RuleChips } from '../mapping-chips/chips.tsx';
import styles from './cause-line.module.css';

/** Words of settings that people know by another name than the document does. */
const settingWords: Record<string, string> = {
  condition: 'Condition',
  cases: 'Case',
  key: 'Key',
  headers: 'Headers',
  topic: 'Topic',
  mode: 'Mode',
  onError: 'When a message fails',
  expression: 'Expression',
  schema: 'JSON Schema',
  url: 'URL',
  partition: 'Partition',
  partitioning: 'Partition',
};

/** What of the flow makes a difference: the row or setting, as it was and as it is, with the way to it. */
export function CauseLine({ flow, cause, label }: { flow: string; cause: CauseRow; label: string }) {
  const { what, field, item, row, before, after } = cause;
  const query = new URLSearchParams({ node: cause.node, ...(row && { row: row.id }) });
  const setting = field === undefined ? '' : (settingWords[field] ?? field);
  const place = what === 'row' ? row?.place || 'whole value' : what === 'setting' ? [setting, item].filter(Boolean).join(' ') : '';
  return (
    <div className={styles.cause}>
      <ArrowLeft size={14} className={styles.arrow} aria-label="because of" />
      <div className={styles.body}>
        <div className={styles.where}>
          <Link to={`/flows/${encodeURIComponent(flow)}?${query}`} className={styles.node}>
            {label}
          </Link>
          {place !== '' && (what === 'row' ? <code>{place}</code> : <span>{place}</span>)}
          {what === 'added' && <span>is new</span>}
          {what === 'removed' && <span>was taken out</span>}
          {what === 'wiring' && <span>leads elsewhere</span>}
        </div>
        {(before !== undefined || after !== undefined) && (
          <dl className={styles.texts}>
            {before !== undefined && (
              <div className={styles.was}>
                <dt>was</dt>
                <dd>
                  <RuleText text={before} plain={what === 'wiring'} />
                </dd>
              </div>
            )}
            <div>
              <dt>{before === undefined ? 'new' : 'now'}</dt>
              <dd>
                {after === undefined ? <span className={styles.gone}>gone</span> : <RuleText text={after} plain={what === 'wiring'} />}
              </dd>
            </div>
          </dl>
        )}
      </div>
    </div>
  );
}

/** An expression as chips where it is one, else as it is written. */
function RuleText({ text, plain }: { text: string; plain: boolean }) {
  const view = useMemo(() => (plain || text.trim() === '' || text.endsWith('…') ? undefined : viewOf(text)), [text, plain]);
  if (plain) return <span>{text}</span>;
  if (!view?.ok || text.trimStart().startsWith('{')) {
    return (
      <code className={styles.code} title={text}>
        {text}
      </code>
    );
  }
  return <RuleChips rule={view.root} text={text} />;
}
