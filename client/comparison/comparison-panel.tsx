import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Comparison, type ComparisonScope, comparisonLimits, headlineOf, undecided } from '#shared/comparison.ts';
import { exact, fullTime, plural, timeOfDay, when } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton, describeError, Skeleton } from '../ui/states.tsx';
import { StatusBadge, StatusIcon } from '../ui/status.tsx';
import styles from './comparison-panel.module.css';
import { GroupRow } from './group-row.tsx';
import { ScopeForm } from './scope-form.tsx';
import { ShareBar } from './share-bar.tsx';
import type { ComparisonView } from './use-comparison.ts';

/**
 * "What would change": the draft against what is deployed, over real messages. Starts by itself when the draft was not
 * compared yet and the person may; shows how far it is, and then the report to be decided.
 */
export function ComparisonPanel({
  flow,
  view,
  startsItself,
  blocks,
}: {
  flow: string;
  view: ComparisonView;
  /** False where there is nothing to compare yet. */
  startsItself: boolean;
  /** Whether an undecided group blocks a deploy here. */
  blocks: boolean;
}) {
  const { comparison, error } = view;
  const may = useMay('analyst');
  const [asking, setAsking] = useState(false);
  const [all, setAll] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const started = useRef(false);
  const fresh = comparison !== null && comparison.stale !== true;
  useEffect(() => {
    if (!startsItself || !may || started.current || fresh) return;
    started.current = true;
    view.start({ by: 'newest', count: comparisonLimits.defaultMessages });
  }, [startsItself, may, fresh, view]);

  const labelOf = (node: string): string => comparison?.labels[node] ?? node;
  const close = (): void => {
    setAsking(false);
    opener.current?.focus();
  };
  const running = comparison?.state === 'running';
  // One button for both, so that the focus stays on it when the one becomes the other.
  const action = may ? (
    <Button
      ref={opener}
      size="small"
      onClick={() => (running ? view.stop() : setAsking(!asking))}
      {...(!running && { 'aria-expanded': asking })}
    >
      {running ? 'Stop' : comparison === null ? 'Compare…' : 'Compare again…'}
    </Button>
  ) : null;

  const coming = error === undefined && (running || (startsItself && may && !fresh));
  // What comes has its room from the start and scrolls in it, so that nothing below is moved by it; people may open it.
  const hasRoom = !all && !asking && (comparison !== null || coming);
  const differences = comparison === null ? 0 : comparison.groups.length + comparison.unseen.length;

  return (
    <section className={[styles.panel, hasRoom ? styles.room : ''].join(' ')} aria-label="What would change" aria-busy={running}>
      <div className={styles.top}>
        <div className={styles.line}>
          <h2 className={styles.caption}>What would change</h2>
          <span className={styles.aside}>{comparison ? runWords(comparison) : ''}</span>
          {action}
        </div>
        {error !== undefined && <Failed error={error} />}
        {comparison === null && (coming ? <Skeleton width="60%" height={24} /> : <p className={styles.headline}>Not compared yet</p>)}
        {comparison && <Head comparison={comparison} />}
      </div>
      {asking && !running && (
        <ScopeForm
          flow={flow}
          scope={comparison?.scope}
          labelOf={labelOf}
          onCancel={close}
          onStart={(scope) => {
            close();
            setAll(false);
            view.start(scope);
          }}
        />
      )}
      <div className={styles.body}>
        {coming && differences === 0 && <Coming />}
        {comparison?.state === 'done' && differences === 0 && comparison.done > 0 && (
          <p className={styles.calm}>Each of them leaves as it does now.</p>
        )}
        {comparison && comparison.groups.length > 0 && (
          <ul className={styles.groups} aria-label="Differences">
            {comparison.groups.map((group) => (
              <GroupRow
                key={group.signature}
                flow={flow}
                group={group}
                labelOf={labelOf}
                onDecide={may && comparison.stale !== true ? (expected, note) => view.decide(group.signature, expected, note) : undefined}
              />
            ))}
          </ul>
        )}
        {comparison && comparison.unseen.length > 0 && (
          <ul className={styles.unseen}>
            {comparison.unseen.map(({ node, fields }) => (
              <li key={node}>
                <StatusIcon level="warning" />
                <span>
                  The settings of <strong>{labelOf(node)}</strong> differ too ({fields.join(', ')}). They act when it writes, which is not
                  tried here: not compared.
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {comparison && comparison.state !== 'running' && comparison.groups.length > 0 && (
        <Foot comparison={comparison} blocks={blocks}>
          {hasRoom && differences > 1 && (
            <Button size="small" onClick={() => setAll(true)}>
              Show all {differences} at once
            </Button>
          )}
        </Foot>
      )}
    </section>
  );
}

/** The verdict, or how far it is. */
function Head({ comparison }: { comparison: Comparison }) {
  const { state, done, total, counts, reason, stale, missing } = comparison;
  if (state === 'running') {
    return (
      <>
        <p className={styles.headline} role="status">
          {total === 0 ? 'Looking for messages…' : `Comparing ${exact(done)} of ${plural(total, 'message')}`}
        </p>
        <progress className={styles.progress} max={Math.max(total, 1)} value={done} aria-label="Messages compared" />
      </>
    );
  }
  const compared = done > 0;
  return (
    <>
      {stale && (
        <p className={styles.stale}>
          <StatusBadge level="warning">This is about an earlier draft or another version. It does not count: compare again.</StatusBadge>
        </p>
      )}
      {reason && <Reason level={state === 'done' ? 'info' : 'warning'}>{reason.sentence}</Reason>}
      {compared && <p className={styles.headline}>{headlineOf(comparison)}</p>}
      {compared && <ShareBar counts={counts} done={done} />}
      {missing > 0 && <p className={styles.aside}>{plural(missing, 'message')} meanwhile gone from the topic.</p>}
    </>
  );
}

function Reason({ level, children }: { level: 'info' | 'warning'; children: ReactNode }) {
  return (
    <p className={styles.reason}>
      <StatusIcon level={level} size={20} />
      <span>{children}</span>
    </p>
  );
}

function Failed({ error }: { error: unknown }) {
  const { message, details } = describeError(error);
  return (
    <div className={styles.reason} role="alert">
      <StatusIcon level="error" size={20} />
      <span className={styles.grow}>{message}</span>
      <CopyButton text={details} />
    </div>
  );
}

/** The shape of what is being found out. */
function Coming() {
  return (
    <div className={styles.coming} aria-hidden="true">
      {['first', 'second'].map((row) => (
        <div key={row} className={styles.comingRow}>
          <Skeleton width="18%" />
          <Skeleton width="46%" />
        </div>
      ))}
    </div>
  );
}

function Foot({ comparison, blocks, children }: { comparison: Comparison; blocks: boolean; children: ReactNode }) {
  const open = undecided(comparison.groups).length;
  const all = comparison.groups.length;
  return (
    <div className={styles.foot} role="status">
      {open === 0 ? (
        <StatusBadge level="ok">{all === 1 ? 'The group is decided' : `All ${all} groups are decided`}</StatusBadge>
      ) : (
        <StatusBadge level={blocks ? 'error' : 'warning'}>{`${open} of ${plural(all, 'group')} undecided`}</StatusBadge>
      )}
      <span className={styles.aside}>
        {blocks ? 'An undecided group blocks the deploy.' : 'Tick what you expect; the report is kept with the deployment.'}
      </span>
      {children}
    </div>
  );
}

const scopeWords = (scope: ComparisonScope, done: number): string => {
  if (scope.by === 'newest') return `Last ${plural(done, 'real message')}`;
  if (scope.by === 'time')
    return `${plural(done, 'real message')} from ${when(scope.since, Date.now())} to ${when(scope.until, Date.now())}`;
  return `${plural(done, 'message')} behind dead letters`;
};

function runWords({ scope, done, state, endedAt, startedAt, against, reason }: Comparison): ReactNode {
  if (state === 'running') return 'Nothing is written.';
  const at = endedAt ?? startedAt;
  const messages =
    done > 0 ? `${scopeWords(scope, done)} against version ${against}` : reason?.code === 'equal' ? 'Logic compared' : 'No messages';
  return (
    <span
      title={fullTime(at)}
    >{`${messages}, ${when(at, Date.now()) === timeOfDay(at) ? '' : 'on '}${when(at, Date.now())}. Nothing was written.`}</span>
  );
}
