import { ArrowLeft, ChevronRight, Equal, PenLine, Plus } from 'lucide-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { FlowNode } from '#shared/flow.ts';
import type { WhyStep } from '#shared/lineage/why.ts';
import { targetText } from '#shared/mapping/target.ts';
import type { OpenView } from '#shared/mapping/view.ts';
import type { TraceWay } from '#shared/trace.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { bytes, plural } from '../format.ts';
import { RuleChips } from '../mapping-chips/chips.tsx';
import { textOfRecord } from '../try/message-rows.ts';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { BesideRows } from './beside-rows.tsx';
import { type AfterRow, afterRows, fieldRows, linesTo, mostRows } from './field-rows.ts';
import styles from './way-detail.module.css';

type Look = 'changed' | 'all' | 'raw';
const rowHeight = 30;
const marks = { same: Equal, changed: PenLine, added: Plus };
const markWords = { same: 'the same', changed: 'changed', added: 'new' };

/** What stood before a node and what left it, field by field, with the row of the mapping that made each. */
export function WayDetail({
  way,
  node,
  before,
  after,
  view,
  field,
  why,
  onField,
}: {
  way: TraceWay;
  node: FlowNode;
  before: TrialRecord | undefined;
  after: TrialRecord;
  /** The mapping of the node, where it makes its value by one. */
  view: OpenView | undefined;
  /** The field that is asked about, by its name. */
  field: string | undefined;
  why: WhyStep | undefined;
  onField: (name: string | undefined) => void;
}) {
  const [look, setLook] = useState<Look>();
  const rows = useMemo(() => afterRows(before, after, view), [before, after, view]);
  const left = useMemo(() => (before ? fieldRows(before, 'whole') : []), [before]);
  const changed = rows.filter(({ change }) => change !== 'same');
  const chosen = look ?? (before === undefined || changed.length === 0 ? 'all' : 'changed');
  const shown = chosen === 'changed' ? changed : rows;
  const plain = after.encoding !== undefined || after.truncated !== undefined || after.value === null;
  return (
    <div className={styles.detail}>
      <div className={styles.tools}>
        <span className={styles.quiet}>
          {before === undefined
            ? 'as it came in'
            : changed.length === 0
              ? 'passes unchanged'
              : view
                ? ''
                : `${plural(changed.length, 'field')} of ${rows.length} changed`}
        </span>
        <Segments
          label="What of the message is shown"
          options={[
            ...(before === undefined ? [] : [{ value: 'changed' as const, label: 'Changed', count: changed.length }]),
            { value: 'all', label: 'All', count: rows.length },
            { value: 'raw', label: 'Raw' },
          ]}
          value={chosen}
          onChange={setLook}
        />
      </div>
      {chosen !== 'raw' && <BesideRows {...{ before, after, field, onField }} changedOnly={chosen === 'changed'} />}
      {chosen === 'raw' || plain ? (
        <div className={styles.raw}>
          {before !== undefined && <Raw record={before} title="Before" />}
          <Raw record={after} title={before === undefined ? 'The message' : 'After'} />
        </div>
      ) : (
        <Columns
          {...{ way, node, before, rows: shown, left, view, field, why, onField }}
          empty={
            before !== undefined && chosen === 'changed'
              ? 'Nothing changed here: what came in left as it was.'
              : 'The message has no fields.'
          }
        />
      )}
      {rows.length >= mostRows && chosen !== 'raw' && (
        <p className={styles.note}>Only the first {mostRows} fields are shown; the raw text has all of them.</p>
      )}
    </div>
  );
}

function Raw({ record, title }: { record: TrialRecord; title: string }) {
  return (
    <figure className={styles.side}>
      <figcaption>
        {title}
        {record.key !== null && ` · key ${record.key}`}
        {record.encoding === 'base64' && ' · bytes, shown in base64'}
        {record.value === null && ' · delete marker'}
        {record.truncated !== undefined && ` · the beginning of ${bytes(record.truncated)}`}
      </figcaption>
      <JsonView text={textOfRecord(record)} look="pretty" label={title} />
    </figure>
  );
}

function Columns({
  way,
  node,
  before,
  rows,
  left,
  view,
  field,
  why,
  onField,
  empty,
}: {
  way: TraceWay;
  node: FlowNode;
  before: TrialRecord | undefined;
  rows: readonly AfterRow[];
  left: ReturnType<typeof fieldRows>;
  view: OpenView | undefined;
  field: string | undefined;
  why: WhyStep | undefined;
  onField: (name: string | undefined) => void;
  empty: string;
}) {
  const table = useRef<HTMLTableSectionElement>(null);
  const chosen = rows.findIndex(({ name }) => name === (field ?? ''));
  const at = field === undefined ? -1 : chosen;
  const exact = useMemo(() => why?.fields.flatMap(({ place, beside }) => (beside === undefined ? [place] : [])), [why]);
  const lit = view && at >= 0 && rows[at] ? linesTo(view, left, rows[at].place, exact) : [];
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const buttons = [...(table.current?.querySelectorAll<HTMLButtonElement>('[data-field]') ?? [])];
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (here < 0) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, here + step))]?.focus();
  };
  if (rows.length === 0) return <p className={styles.note}>{empty}</p>;
  const height = Math.max(rows.length, view ? left.length : 0) * rowHeight;
  return (
    <div className={[styles.columns, view ? styles.mapped : ''].join(' ')}>
      {view && before && (
        <>
          <div className={styles.before}>
            <h3 className={styles.head}>Before</h3>
            <ul aria-label="Fields before">
              {left.map((row, index) => (
                <li
                  key={row.name}
                  className={[styles.row, lit.includes(index) ? styles.read : ''].join(' ')}
                  style={{ paddingLeft: 16 + row.depth * 14 }}
                >
                  <span className={styles.name} title={row.name}>
                    {row.kind === 'item' ? row.place.at(-1) : row.name}
                  </span>
                  <code className={styles.value} title={row.text}>
                    {row.text}
                  </code>
                </li>
              ))}
            </ul>
          </div>
          <div className={styles.gutter}>
            <div className={styles.head} />
            <svg width="88" height={height} aria-hidden="true">
              {rows.map((row, index) =>
                (row.again || index === at ? [] : linesTo(view, left, row.place)).map((from) => (
                  <path key={`${from} ${row.name}`} d={curve(from, index)} className={styles.line} />
                )),
              )}
              {at >= 0 && lit.map((from) => <path key={`lit ${from}`} d={curve(from, at)} className={styles.litLine} />)}
            </svg>
          </div>
        </>
      )}
      <div className={styles.after}>
        {/* A real table: a screen reader hears field, value and row together. */}
        <table>
          <thead>
            <tr>
              <th scope="col">{view ? 'After' : 'Field'}</th>
              {!view && before && <th scope="col">Before</th>}
              <th scope="col">{view ? <span className="visually-hidden">Value</span> : before ? 'After' : 'Value'}</th>
              {view && <th scope="col">Made by this mapping row</th>}
            </tr>
          </thead>
          <tbody ref={table} onKeyDown={walk}>
            {rows.map((row, index) => {
              const Mark = marks[row.change];
              return (
                <tr key={row.name} className={index === at ? styles.chosen : ''} data-change={row.change}>
                  <th scope="row">
                    <button
                      type="button"
                      data-field={row.name}
                      className={styles.field}
                      aria-pressed={index === at}
                      title={`Why is ${row.name || 'the value'} what it is?`}
                      onClick={() => onField(index === at ? undefined : row.name)}
                    >
                      {!view && before && (
                        <span className={styles[row.change]} title={markWords[row.change]}>
                          <Mark size={12} aria-hidden="true" />
                          <span className="visually-hidden">{markWords[row.change]}: </span>
                        </span>
                      )}
                      {row.name || 'value'}
                    </button>
                  </th>
                  {!view && before && (
                    <td>
                      <code className={styles.old} title={row.before}>
                        {row.kind === 'list' ? '' : (row.before ?? '–')}
                      </code>
                    </td>
                  )}
                  <td>
                    <code className={styles.value} title={row.text}>
                      {row.text}
                    </code>
                  </td>
                  {view && (
                    <td className={styles.rule}>
                      {row.rule && !row.again && (
                        <span className={styles.chips}>
                          <ArrowLeft size={13} aria-hidden="true" />
                          <RuleChips rule={row.rule} text={view.text} />
                        </span>
                      )}
                      {row.rule && index === at && <OpenRow way={way} node={node} row={targetText(row.rule.target)} />}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Into the mapper at the row: of the version that handled the message, or of the draft, where it can be mended. */
export function OpenRow({
  way,
  node,
  row,
  draft = false,
}: {
  way: Pick<TraceWay, 'flow' | 'version'>;
  node: Pick<FlowNode, 'id'>;
  row: string;
  draft?: boolean;
}) {
  const at = new URLSearchParams({
    ...(!draft && { v: String(way.version) }),
    node: node.id,
    tab: 'mapping',
    ...(row !== '' && { row }),
  });
  return (
    <Link to={`/flows/${encodeURIComponent(way.flow)}?${at}`} className={styles.open}>
      {draft ? 'Mend it in the draft' : 'Open row'}
      <ChevronRight size={14} aria-hidden="true" />
    </Link>
  );
}

/** To the node in the version that handled the message, and in the draft, where it can be mended. */
export function OpenNode({ way, node }: { way: Pick<TraceWay, 'flow' | 'version'>; node: Pick<FlowNode, 'id'> }) {
  const to = (more: Record<string, string>) => `/flows/${encodeURIComponent(way.flow)}?${new URLSearchParams({ ...more, node: node.id })}`;
  return (
    <span className={styles.opens}>
      <Link to={to({ v: String(way.version) })} className={styles.open}>
        Open node
        <ChevronRight size={14} aria-hidden="true" />
      </Link>
      <Link to={to({})} className={styles.open}>
        Mend it in the draft
        <ChevronRight size={14} aria-hidden="true" />
      </Link>
    </span>
  );
}

function curve(from: number, to: number): string {
  const [y1, y2] = [from * rowHeight + rowHeight / 2, to * rowHeight + rowHeight / 2];
  return `M0 ${y1} C 44 ${y1}, 44 ${y2}, 88 ${y2}`;
}
