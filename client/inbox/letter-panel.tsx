import { Check, ChevronLeft, ChevronRight, Download, FlaskConical, Waypoints } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { InboxCauseDetail, InboxItem } from '#shared/inbox.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { bytes, exact, fullTime, plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { SaveAsTestButton } from '../tests/save-test.tsx';
import { tracePath } from '../trace/trace-path.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { CopyButton, ErrorState, Skeleton } from '../ui/states.tsx';
import { tellFailure } from '../ui/tell.ts';
import styles from './letter-panel.module.css';
import { moment, shortPosition } from './words.ts';

/** One message of the cause with its original bytes, the failing field marked, and what can be made of it. */
export function LetterPanel({
  cause,
  item,
  index,
  total,
  onMove,
}: {
  cause: InboxCauseDetail;
  item: InboxItem;
  index: number;
  total: number;
  onMove: (by: -1 | 1) => void;
}) {
  const now = useNow();
  const [look, setLook] = useState<'pretty' | 'raw'>('pretty');
  const { data: letter, error, reload } = useLoad(() => api.inboxLetter(item.item), item.item);
  const [shown, setShown] = useState(letter);
  // The letter before stays until the next is there, so that nothing jumps.
  useEffect(() => {
    if (letter !== undefined) setShown(letter);
  }, [letter]);
  const view = error === undefined ? (letter ?? shown) : letter;
  const mark = view?.field && { path: view.field, note: cause.rule?.error ?? 'here it failed' };
  return (
    <Panel
      title={
        <>
          Message{' '}
          <span className={styles.of}>
            {exact(index + 1)} of {exact(total)}
          </span>
        </>
      }
      aside={
        <span className={styles.tools}>
          <Segments
            label="How the value is shown"
            value={look}
            onChange={setLook}
            options={[
              { value: 'pretty', label: 'Pretty' },
              { value: 'raw', label: 'Raw' },
            ]}
          />
          <IconButton label="Newer message" size="small" disabled={index === 0} onClick={() => onMove(-1)}>
            <ChevronLeft size={16} />
          </IconButton>
          <IconButton label="Older message" size="small" disabled={index >= total - 1} onClick={() => onMove(1)}>
            <ChevronRight size={16} />
          </IconButton>
        </span>
      }
    >
      {error !== undefined ? (
        <ErrorState what="This message cannot be shown" error={error} onRetry={reload} />
      ) : view === undefined ? (
        <div className={styles.loading} role="status" aria-label="Loading the message">
          {[60, 40, 70, 30, 55].map((width) => (
            <Skeleton key={width} width={`${width}%`} />
          ))}
        </div>
      ) : (
        <>
          <ItemHistory item={view.item} now={now} />
          {view.encoding === 'base64' && <p className={styles.note}>These bytes are not UTF-8 text; they are shown in base64.</p>}
          {view.cut && (
            <p className={styles.note}>
              Only the first {bytes(view.value?.length ?? 0)} of {bytes(view.item.bytes)} are shown. Download it to see all.
            </p>
          )}
          {view.value === null ? (
            <p className={styles.note}>A delete marker: the message has no value.</p>
          ) : (
            <div className={styles.value}>
              <JsonView
                text={view.value}
                look={view.encoding === 'base64' || view.cut ? 'raw' : look}
                label="Value of the message"
                mark={mark || undefined}
              />
            </div>
          )}
          <details className={styles.more}>
            <summary>
              {bytes(view.item.bytes)}
              {view.masked > 0 && `, ${plural(view.masked, 'field')} masked`}, {plural(Object.keys(view.headers).length, 'header')}, where
              it came from
            </summary>
            <dl className={styles.facts}>
              <Fact name="Why">{view.message}</Fact>
              <Fact name="Key">{view.item.key ?? 'no key'}</Fact>
              <Fact name="Failed">
                <span title={fullTime(view.item.lastAt)}>{moment(view.item.lastAt, now)}</span>, try {view.item.attempt}
              </Fact>
              <Fact name="Came in at">{shortPosition(view.item.origin)}</Fact>
              <Fact name="Lies at">{shortPosition(view.item.position)}</Fact>
              {Object.entries(view.headers).map(([name, value]) => (
                <Fact key={name} name={name}>
                  {value}
                </Fact>
              ))}
            </dl>
          </details>
          <div className={styles.bottom}>
            <Link className={styles.link} to={tracePath(cause.flow, view.item.origin, cause.node)}>
              <Waypoints size={14} aria-hidden="true" />
              Trace
            </Link>
            <TakeAsSample key={`take ${view.item.item}`} flow={cause.flow} item={view.item} />
            <SaveAsTestButton
              key={view.item.item}
              flow={cause.flow}
              source={{ positions: [view.item.position] }}
              name={`${cause.nodeName}: ${cause.code}`}
            />
            {view.cut || view.encoding === 'base64' ? (
              <a className={styles.link} href={`/api/inbox/letter/value?item=${encodeURIComponent(view.item.item)}`} download>
                <Download size={14} aria-hidden="true" />
                Download
              </a>
            ) : (
              <CopyButton text={view.value ?? ''}>Copy</CopyButton>
            )}
          </div>
        </>
      )}
    </Panel>
  );
}

/** What became of it after it had failed, and by whom. */
function ItemHistory({ item: { state, attempt, by }, now }: { item: InboxItem; now: number }) {
  if (by === undefined) return null;
  const what = {
    open: attempt > 1 ? 'Sent again, and failed again:' : 'Sent again:',
    sent: 'On its way again:',
    solved: 'Went through:',
    discarded: 'Discarded:',
  }[state];
  return (
    <p className={styles.note}>
      {what}{' '}
      {by.replay !== undefined ? (
        <>
          replay{' '}
          <Link className={styles.link} to={`/replays/${encodeURIComponent(by.replay.id)}`}>
            {by.replay.name}
          </Link>
        </>
      ) : by.retry === 'release' ? (
        'its key was released'
      ) : by.retry !== undefined ? (
        'a retry'
      ) : (
        (by.reason ?? '')
      )}
      , by {by.who}, <span title={fullTime(by.at)}>{moment(by.at, now)}</span>.
    </p>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt title={name}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Copies the message into its flow's workspace, masked, to map and try against. */
function TakeAsSample({ flow, item }: { flow: string; item: InboxItem }) {
  const may = useMay('analyst');
  const [state, setState] = useState<'open' | 'busy' | 'taken'>('open');
  if (state === 'taken') {
    return (
      <Link to={`/flows/${encodeURIComponent(flow)}?node=${encodeURIComponent(item.node)}`} className={styles.link}>
        <Check size={14} aria-hidden="true" />
        Taken as sample. Open the flow
      </Link>
    );
  }
  const take = (): void => {
    setState('busy');
    api.takeSamples(flow, { from: 'topic', positions: [item.position] }).then(
      () => setState('taken'),
      (error: unknown) => {
        setState('open');
        tellFailure('It was not taken', error);
      },
    );
  };
  return (
    <Button
      size="small"
      icon={<FlaskConical size={14} />}
      busy={state === 'busy'}
      disabled={!may}
      title={may ? 'Copies it into the samples of its flow, masked, to map and try against' : 'Taking samples needs the role analyst'}
      onClick={take}
    >
      Take as sample
    </Button>
  );
}
