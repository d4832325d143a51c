import { ArrowRight } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { type ComparisonExample, type ComparisonGroup, classWords, type ShownChange } from '#shared/comparison.ts';
import { formatPosition } from '#shared/message.ts';
import { fullTime, when } from '../format.ts';
import { Chip } from '../ui/chip.tsx';
import { CauseLine } from './cause-line.tsx';
import { ClassIcon } from './classes.tsx';
import styles from './group-row.module.css';
import { apart, groupDetail, groupTitle, type LabelOf } from './group-words.ts';

/** One group of a report: what, how many, examples with before and after, what causes it, and the tick *expected*. */
export function GroupRow({
  flow,
  group,
  labelOf,
  onDecide,
}: {
  flow: string;
  group: ComparisonGroup;
  labelOf: LabelOf;
  /** Left out: this person may only look. */
  onDecide?: ((expected: boolean, note: string) => Promise<void>) | undefined;
}) {
  const title = groupTitle(group);
  const isField = group.class === 'value-changed' && !group.rest;
  return (
    <li className={styles.group} data-group={group.class}>
      <ClassIcon of={group.class} />
      <div className={styles.what}>
        <h3 className={[styles.title, isField ? styles.field : ''].join(' ')} title={group.places.join(', ')}>
          {title}
        </h3>
        <p className={styles.detail}>
          {isField && <span className="visually-hidden">{classWords[group.class].title}: </span>}
          {groupDetail(group, labelOf)}
        </p>
        {(group.added.length > 0 || group.removed.length > 0) && (
          <p className={styles.marks}>
            {group.added.length > 0 && (
              <Chip title={group.added.join(', ')}>{group.added.length === group.places.length ? 'new' : 'some new'}</Chip>
            )}
            {group.removed.length > 0 && (
              <Chip title={group.removed.join(', ')}>{group.removed.length === group.places.length ? 'gone' : 'some gone'}</Chip>
            )}
          </p>
        )}
      </div>
      <div className={styles.proof}>
        <Lead group={group} labelOf={labelOf} />
        <Examples group={group} />
        {group.causes.map((cause) => (
          <CauseLine
            key={`${cause.node} ${cause.field} ${cause.item} ${cause.row?.id}`}
            flow={flow}
            cause={cause}
            label={labelOf(cause.node)}
          />
        ))}
      </div>
      <Expected group={group} title={title} onDecide={onDecide} />
    </li>
  );
}

/** The sentence that says why, where the values alone do not. */
function Lead({ group, labelOf }: { group: ComparisonGroup; labelOf: LabelOf }) {
  const node = group.node === undefined ? undefined : <strong>{labelOf(group.node)}</strong>;
  if (group.class === 'no-longer-sent' && node) {
    return (
      <p className={styles.lead}>
        Ends at {node}: {group.reason}
      </p>
    );
  }
  if (group.class === 'new-output' && node) {
    return (
      <p className={styles.lead}>
        Passes {node}, where it ended before: {group.reason}
      </p>
    );
  }
  if (group.code !== undefined && node) {
    return (
      <p className={styles.lead}>
        At {node} <code>{group.code}</code>
      </p>
    );
  }
  return null;
}

function Examples({ group: { examples, places } }: { group: ComparisonGroup }) {
  // Messages of which there is nothing to show but who they are stand in one line, below the sentence that they share.
  const bare = new Map<string, ComparisonExample[]>();
  for (const example of examples) {
    if (example.changes.length > 0) continue;
    const sentence = example.after ?? example.before ?? '';
    bare.set(sentence, [...(bare.get(sentence) ?? []), example]);
  }
  return (
    <ul className={styles.examples} aria-label="Examples">
      {examples.map((example) =>
        example.changes.length === 0 ? null : (
          <Example key={formatPosition(example.position)} example={example} onePlace={places.length === 1} />
        ),
      )}
      {[...bare].map(([sentence, all]) => (
        <li key={sentence} className={styles.example}>
          {sentence !== '' && <span className={styles.sentence}>{sentence}</span>}
          <span className={styles.names}>
            {all.map((example) => (
              <Name key={formatPosition(example.position)} example={example} />
            ))}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What people call a message; where it stands is in the tooltip. */
function Name({ example: { label, key, position, timestamp } }: { example: ComparisonExample }) {
  const name = label ? `${label.name} ${label.value}` : key !== null ? `key ${key}` : `offset ${position.offset}`;
  return (
    <span className={styles.who} title={`${formatPosition(position)}, ${fullTime(timestamp)}`}>
      {name}
    </span>
  );
}

function Example({ example, onePlace }: { example: ComparisonExample; onePlace: boolean }) {
  const { changes, more } = example;
  const who = <Name example={example} />;
  const inline = onePlace && changes.length === 1;
  return (
    <li className={styles.example}>
      {!inline && who}
      {changes.map((change, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a change is its place in the list.
        <div key={index} className={styles.change}>
          {!(onePlace && changes.every((one) => one.place === changes[0]?.place)) && (
            <code className={styles.place}>{change.place || 'value'}</code>
          )}
          <Change change={change} />
          {inline && who}
        </div>
      ))}
      {more > 0 && <span className={styles.more}>and {more} more fields</span>}
    </li>
  );
}

/** Before, arrow, after; what differs inside two texts is underlined. */
function Change({ change: { before, after, masked } }: { change: ShownChange }) {
  const texts = before?.startsWith('"') && after?.startsWith('"') ? apart(before, after) : undefined;
  return (
    <span className={styles.values}>
      <span className={styles.before} title={before}>
        <span className="visually-hidden">before </span>
        {before === undefined ? <i>nothing</i> : texts ? <Marked head={texts.head} middle={texts.before} tail={texts.tail} /> : before}
      </span>
      <ArrowRight size={14} className={styles.arrow} aria-hidden="true" />
      <span className={styles.after} title={after}>
        <span className="visually-hidden">after </span>
        {after === undefined ? <i>nothing</i> : texts ? <Marked head={texts.head} middle={texts.after} tail={texts.tail} /> : after}
      </span>
      {masked && <span className={styles.masked}>masked</span>}
    </span>
  );
}

function Marked({ head, middle, tail }: { head: string; middle: string; tail: string }) {
  return (
    <>
      {head}
      {middle !== '' && <mark>{middle}</mark>}
      {tail}
    </>
  );
}

function Expected({
  group,
  title,
  onDecide,
}: {
  group: ComparisonGroup;
  title: string;
  onDecide: ((expected: boolean, note: string) => Promise<void>) | undefined;
}) {
  const { expected } = group;
  const [note, setNote] = useState<string>();
  /** What was asked for while the server keeps it, so that the tick answers at once. */
  const [wanted, setWanted] = useState<boolean>();
  const id = useId();
  const asked = useRef(0);
  const decide = (yes: boolean, text: string): void => {
    if (!onDecide) return;
    setWanted(yes);
    asked.current++;
    void onDecide(yes, text).finally(() => {
      if (--asked.current === 0) setWanted(undefined);
      // What was typed meanwhile stays.
      setNote((typed) => (typed === text ? undefined : typed));
    });
  };
  const ticked = wanted ?? expected !== undefined;
  const keep = (): void => {
    if (note === undefined) return;
    if (ticked && note !== (expected?.note ?? '')) decide(true, note);
    else setNote(undefined);
  };
  return (
    <div className={styles.expected}>
      <label className={styles.tick} title={onDecide ? undefined : 'Your role may look but not decide. Ask an analyst or an admin.'}>
        <input
          type="checkbox"
          checked={ticked}
          disabled={!onDecide}
          aria-describedby={expected ? `${id}-by` : undefined}
          onChange={(event) => decide(event.currentTarget.checked, '')}
        />
        <span>
          Expected<span className="visually-hidden">: {title}</span>
        </span>
      </label>
      {ticked && (
        <>
          {onDecide ? (
            <textarea
              className={styles.note}
              rows={1}
              aria-label={`Why ${title} is expected`}
              placeholder="Add a note"
              maxLength={500}
              value={note ?? expected?.note ?? ''}
              onChange={(event) => setNote(event.currentTarget.value)}
              onBlur={keep}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && !event.shiftKey) {
                  event.preventDefault();
                  event.currentTarget.blur();
                }
                if (event.key === 'Escape') setNote(undefined);
              }}
            />
          ) : (
            expected && expected.note !== '' && <p className={styles.said}>{expected.note}</p>
          )}
          {expected && (
            <p id={`${id}-by`} className={styles.by} title={fullTime(expected.at)}>
              {expected.by}, {when(expected.at, Date.now())}
            </p>
          )}
        </>
      )}
    </div>
  );
}
