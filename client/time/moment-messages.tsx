import { CircleX, MailQuestion } from 'lucide-react';
import { Link } from 'react-router';
import type { MomentMessages } from '#shared/moment.ts';
import type { FoundMessage, SampleBytes } from '#shared/sample.ts';
import { fullTime, timeOfDay, when } from '../format.ts';
import { tracePath } from '../trace/trace-path.ts';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import styles from './time-page.module.css';
import type { OfMoment } from './use-moment.ts';

/** Messages that came at about the moment, with what failed then; one of them may be chosen, and then its way is lit. */
export function MessagesPanel({
  flow,
  messages,
  chosen,
  onChoose,
  nameOf,
}: {
  flow: string;
  messages: OfMoment<MomentMessages>;
  chosen: string | undefined;
  onChoose: (position: string | undefined) => void;
  nameOf: (node: string) => string;
}) {
  const { data, current, error } = messages;
  if (data === undefined && error !== undefined) return <ErrorState what="Messages of that moment could not be read" error={error} />;
  if (data === undefined) return <SkeletonRows rows={4} height={44} label="Looking for messages of that moment" />;
  // A dead letter names the message that failed, so it is told at that message where that is among them.
  const shown = new Set(data.sources.flatMap(({ messages: list }) => list.map(({ position }) => position)));
  const failures = new Map(data.dead.flatMap((letter) => (letter.error ? [[letter.error.of, letter.error] as const] : [])));
  const others = data.dead.filter((letter) => letter.error !== undefined && !shown.has(letter.error.of));
  const none = data.sources.every(({ messages: list }) => list.length === 0) && data.dead.length === 0;
  return (
    <div className={current ? '' : styles.old} aria-busy={!current}>
      {data.notes.map((note) => (
        <p key={note} className={styles.gone}>
          {note}
        </p>
      ))}
      {data.sources.map(({ node, topic, messages: list, goneBefore }) => (
        <div key={`${node} ${topic}`}>
          {data.sources.length > 1 && <h3 className={styles.source}>{nameOf(node)}</h3>}
          {goneBefore !== undefined && (
            <p className={styles.gone}>
              Messages of that moment are not in <code>{topic}</code> any more: the oldest one there is of {fullTime(goneBefore)}.
            </p>
          )}
          <ul className={styles.messages} aria-label={`Messages of ${nameOf(node)} at about that moment`}>
            {list.map((message) => (
              <li key={message.position}>
                <Row
                  at={data.at}
                  flow={flow}
                  message={message}
                  failure={failures.get(message.position)}
                  chosen={message.position === chosen}
                  onChoose={() => onChoose(message.position === chosen ? undefined : message.position)}
                  nameOf={nameOf}
                />
              </li>
            ))}
          </ul>
        </div>
      ))}
      {others.length > 0 && (
        <>
          <h3 className={styles.source}>Also failed then</h3>
          <ul className={styles.messages} aria-label="Other messages that failed then">
            {others.map((letter) => (
              <li key={letter.position}>
                <Row at={data.at} flow={flow} message={letter} failure={letter.error} nameOf={nameOf} />
              </li>
            ))}
          </ul>
        </>
      )}
      {none && data.notes.length === 0 && data.sources.every(({ goneBefore }) => goneBefore === undefined) && (
        <EmptyState icon={<MailQuestion size={24} />} title="No message about then">
          The topics of the sources hold none.
        </EmptyState>
      )}
    </div>
  );
}

function Row({
  at,
  flow,
  message,
  failure,
  chosen = false,
  onChoose,
  nameOf,
}: {
  /** The moment, so that a time of another day says which. */
  at: number;
  flow: string;
  message: FoundMessage;
  failure: FoundMessage['error'];
  chosen?: boolean;
  onChoose?: () => void;
  nameOf: (node: string) => string;
}) {
  const words = (
    <>
      <span className={styles.at} title={fullTime(message.timestamp)}>
        {new Date(message.timestamp).toDateString() === new Date(at).toDateString()
          ? timeOfDay(message.timestamp, true)
          : `${when(message.timestamp, at)} ${timeOfDay(message.timestamp)}`}
      </span>
      <span className={styles.key}>{textOf(message.key) ?? 'no key'}</span>
      <span className={styles.preview}>{message.preview === null ? 'delete marker' : textOf(message.preview)}</span>
    </>
  );
  return (
    <div className={[styles.message, chosen ? styles.chosen : ''].join(' ')}>
      {onChoose === undefined ? (
        <span className={styles.open}>{words}</span>
      ) : (
        <button type="button" className={styles.open} aria-pressed={chosen} title={message.position} onClick={onChoose}>
          {words}
        </button>
      )}
      {failure !== undefined && (
        <span className={styles.failure} title={failure.message}>
          <CircleX size={14} aria-hidden="true" />
          <span>
            failed at {nameOf(failure.node)}: {failure.message}
          </span>
        </span>
      )}
      <Link className={styles.trace} to={tracePath(flow, failure?.of ?? message.position)}>
        Trace<span className="visually-hidden"> this message, {message.position}</span>
      </Link>
    </div>
  );
}

function textOf(bytes: SampleBytes | null): string | undefined {
  if (bytes === null) return undefined;
  return bytes.encoding === 'utf8' ? bytes.text : `(bytes) ${bytes.text}`;
}
