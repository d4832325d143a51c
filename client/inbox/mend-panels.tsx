import { notifications } from '@mantine/notifications';
import { ChevronRight, CircleAlert, CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { InboxCauseDetail, SuggestedFix } from '#shared/inbox.ts';
import { type OpenView, ruleById, viewOf } from '#shared/mapping/view.ts';
import { api, isStale } from '../api.ts';
import { useNow } from '../clock.ts';
import { exact, plural } from '../format.ts';
import type { Loaded } from '../load.ts';
import { RuleChips } from '../mapping-chips/chips.tsx';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/tell.ts';
import { CauseTitle } from './cause-title.tsx';
import styles from './mend-panels.module.css';
import { moment } from './words.ts';

const opened = (text: string): OpenView | undefined => {
  const view = viewOf(text);
  return view.ok ? view : undefined;
};

/** The address of a row in the mapper. */
export function mapperPath(flow: string, node: string, place: string): string {
  return `/flows/${encodeURIComponent(flow)}?${new URLSearchParams({ node, tab: 'mapping', row: place })}`;
}

/** The rule at which the messages fail: its chips as they were in the version that failed, and why. */
export function RulePanel({ cause }: { cause: InboxCauseDetail }) {
  const { rule } = cause;
  if (rule === undefined) {
    return (
      <Panel title="Why it failed">
        <p className={styles.sentence}>{cause.sentence}</p>
        <p className={styles.where}>
          <Link to={`/flows/${encodeURIComponent(cause.flow)}?node=${encodeURIComponent(cause.node)}`}>Open {cause.nodeName}</Link>
          <span>{cause.code}</span>
        </p>
      </Panel>
    );
  }
  const view = opened(rule.expression);
  const found = view && ruleById(view, rule.row);
  return (
    <Panel
      title="Mapping row that failed"
      aside={
        <Link className={styles.open} to={mapperPath(cause.flow, rule.node, rule.place)}>
          Open in mapper
          <ChevronRight size={14} aria-hidden="true" />
        </Link>
      }
    >
      <div className={styles.row}>
        <code className={styles.place}>{rule.place}</code>
        {view && found && <RuleChips rule={found} text={view.text} whole />}
        <span className={styles.error}>
          <CircleAlert size={14} aria-hidden="true" />
          {rule.error}
        </span>
      </div>
      <p className={styles.sentence}>{cause.sentence}</p>
      {rule.changed && <p className={styles.note}>The draft has another row here by now.</p>}
    </Panel>
  );
}

/** Edits that may mend it; one is taken as one edit of the draft, which can be taken back. */
export function FixPanel({
  cause,
  fixes: { data, error, loading, reload },
  onEdited,
}: {
  cause: InboxCauseDetail;
  fixes: Loaded<SuggestedFix[]>;
  onEdited: () => void;
}) {
  const may = useMay('analyst');
  const [busy, setBusy] = useState<string>();
  if (cause.rule === undefined || (data !== undefined && data.length === 0)) return null;

  /** Puts an expression into the draft, if the draft still has the one before. */
  async function put(from: string, to: string, node: string): Promise<boolean> {
    const { flow, revision } = await api.flow(cause.flow);
    const target = flow.nodes.find(({ id }) => id === node);
    if (target?.config.expression !== from) return false;
    const nodes = flow.nodes.map((one) => (one === target ? { ...one, config: { ...one.config, expression: to } } : one));
    await api.saveFlow({ ...flow, nodes }, revision);
    return true;
  }

  const take = (fix: SuggestedFix): void => {
    setBusy(fix.kind);
    put(fix.before, fix.after, fix.node)
      .then((done) => {
        if (!done) {
          tell('The draft has changed meanwhile', 'Nothing was edited; the suggestions are made anew.');
          reload();
          return;
        }
        const id = `fix ${cause.id} ${fix.kind}`;
        const undo = (): void => {
          notifications.hide(id);
          put(fix.after, fix.before, fix.node).then(onEdited, failed);
        };
        notifications.show({
          id,
          autoClose: 10_000,
          title: `The draft: ${fix.title.replaceAll('`', '')}`,
          closeButtonProps: { 'aria-label': 'Close this message' },
          message: (
            <Button size="small" onClick={undo}>
              Undo
            </Button>
          ),
        });
        onEdited();
      }, failed)
      .finally(() => setBusy(undefined));
  };
  const failed = (cause: unknown): void => {
    const told = isStale(cause) ? new Error('Somebody saved the flow at the same moment. Try again.', { cause }) : cause;
    tellFailure('The draft was not edited', told);
  };

  return (
    <Panel title="Suggested fix">
      {error !== undefined && data === undefined && <ErrorState what="No fixes could be tried" error={error} onRetry={reload} />}
      {data === undefined && error === undefined && (
        <div className={styles.loading} role="status" aria-label="Trying fixes">
          <Skeleton width="40%" />
          <Skeleton width="70%" />
        </div>
      )}
      {data?.map((fix) => {
        const view = opened(fix.after);
        const rule = view && ruleById(view, fix.row);
        return (
          <section key={fix.kind} className={styles.fix} aria-label={fix.title.replaceAll('`', '')} aria-busy={loading}>
            <div className={styles.fixHead}>
              <h3 className={styles.fixTitle}>
                <CauseTitle title={fix.title} />
              </h3>
              <span className={fix.passes === fix.checked ? styles.passes : styles.some}>
                {fix.passes === fix.checked ? <CircleCheck size={14} aria-hidden="true" /> : <CircleAlert size={14} aria-hidden="true" />}
                {exact(fix.passes)} of {exact(fix.checked)}
                <span className="visually-hidden"> messages would pass</span>
              </span>
            </div>
            {view && rule && <RuleChips rule={rule} text={view.text} whole />}
            <p className={styles.note}>
              <CauseTitle title={fix.sentence} />
            </p>
            {fix.inDraft === true ? (
              <p className={styles.inDraft}>
                <CircleCheck size={14} aria-hidden="true" />
                In the draft. <Link to={mapperPath(cause.flow, fix.node, cause.rule?.place ?? '')}>Look at it</Link>
              </p>
            ) : (
              <Button
                size="small"
                className={styles.take}
                busy={busy === fix.kind}
                disabled={!may || busy !== undefined}
                title={may ? 'Edits the draft; what runs stays as it is until it is deployed' : 'Editing needs the role analyst'}
                onClick={() => take(fix)}
              >
                Put into the draft
              </Button>
            )}
          </section>
        );
      })}
    </Panel>
  );
}

/** What is likely behind it, and what that rests on. */
export function LikelyPanel({ cause }: { cause: InboxCauseDetail }) {
  const now = useNow();
  const { likely, versions, messages } = cause;
  if (likely === undefined) return null;
  return (
    <Panel label="Likely cause">
      <div className={styles.likely}>
        <h3 className={styles.caption}>Likely cause</h3>
        <p>
          {likely.by === 'deployment' ? (
            <>
              It began after {likely.who} deployed version {likely.version} at {moment(likely.at, now)}.{' '}
              <Link to={`/flows/${encodeURIComponent(cause.flow)}/history`}>See what changed</Link>
            </>
          ) : (
            <>
              Since {moment(likely.since, now)} messages come with <code className={styles.field}>{likely.field}</code> as {likely.what}.{' '}
              {versions.length === 1 && messages > 1 && `All ${plural(messages, 'message')} came to version ${versions[0]}.`}
            </>
          )}
        </p>
      </div>
    </Panel>
  );
}
