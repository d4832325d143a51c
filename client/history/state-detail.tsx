import { Eye, GitCompareArrows, RotateCcw, Upload } from 'lucide-react';
import { Link } from 'react-router';
import { useNow } from '../clock.ts';
import { ago, fullTime } from '../format.ts';
import { replayPath } from '../replay/choice.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { ChangeList, changesInWords } from './change-list.tsx';
import { type StateOf, stateName, useChanges } from './documents.ts';
import styles from './history-page.module.css';
import type { HistoryData } from './history-page.tsx';
import { editsInWords } from './version-list.tsx';

interface Props {
  data: HistoryData;
  shown: StateOf;
  compared: StateOf | undefined;
  onCompare: (state: StateOf) => void;
  /** Left out for those who only read. */
  onPublish?: () => void;
  onRestore?: (version: number) => void;
}

/** One state of the flow: who made it, what was done with it, and how it differs from another one. */
export function StateDetail({ data, shown, compared, onCompare, onPublish, onRestore }: Props) {
  const { history, record, catalog } = data;
  const { id } = record.flow;
  const { changes, loaded } = useChanges(id, compared, shown, record.revision, catalog);
  const others: StateOf[] = ['draft', ...history.versions.map(({ version }) => version)];
  const name = stateName(shown);
  return (
    <Panel label="Changes">
      <div className={styles.head}>
        <h2 className={styles.headline}>{shown === 'draft' ? 'Draft' : `Version ${shown}`}</h2>
        <span className={styles.actions}>
          {shown === 'draft' ? (
            onPublish && (
              <Button
                icon={<Upload size={16} aria-hidden="true" />}
                onClick={onPublish}
                disabled={history.versions.length > 0 && compared === history.versions[0]?.version && changes?.length === 0}
              >
                Publish…
              </Button>
            )
          ) : (
            <>
              <Link className={styles.view} to={`/flows/${id}?v=${shown}${compared === undefined ? '' : `&with=${compared}`}`}>
                <Eye size={16} aria-hidden="true" />
                View
              </Link>
              {onRestore && (
                <Button icon={<RotateCcw size={16} aria-hidden="true" />} onClick={() => onRestore(shown)}>
                  Restore…
                </Button>
              )}
            </>
          )}
        </span>
      </div>
      <Facts data={data} shown={shown} />
      {compared === undefined ? (
        <EmptyState
          icon={<GitCompareArrows size={24} />}
          title={shown === 'draft' ? 'Nothing to compare with yet' : 'The first version'}
          heading="h2"
        >
          {shown === 'draft'
            ? 'When a version is published, what the draft changes since then stands here.'
            : 'There is none before it. Compare it with a later one, or view it.'}
          {shown !== 'draft' && others.length > 1 && <Compare others={others} shown={shown} compared={compared} onCompare={onCompare} />}
        </EmptyState>
      ) : (
        <>
          <div className={styles.compare}>
            <Compare others={others} shown={shown} compared={compared} onCompare={onCompare} />
            <span className={styles.verdict} role="status">
              {changes === undefined ? '' : `From ${stateName(compared)} to ${name}: ${changesInWords(changes)}`}
            </span>
          </div>
          {changes === undefined && loaded.error === undefined && <SkeletonRows rows={5} height={48} label="Loading the changes" />}
          {changes === undefined && loaded.error !== undefined && (
            <ErrorState what={`${stateName(compared)} and ${name} could not be compared`} error={loaded.error} onRetry={loaded.reload} />
          )}
          {changes !== undefined && changes.length === 0 && (
            <EmptyState icon={<GitCompareArrows size={24} />} title="No difference" heading="h2">
              {`Nothing differs between ${stateName(compared)} and ${name}, not even the drawing.`}
            </EmptyState>
          )}
          {changes !== undefined && changes.length > 0 && <ChangeList changes={changes} />}
        </>
      )}
    </Panel>
  );
}

interface CompareProps {
  others: readonly StateOf[];
  shown: StateOf;
  compared: StateOf | undefined;
  onCompare: (state: StateOf) => void;
}

function Compare({ others, shown, compared, onCompare }: CompareProps) {
  return (
    <label className={styles.choose}>
      Compare with
      <select
        value={String(compared ?? '')}
        onChange={(event) => {
          const chosen = others.find((state) => String(state) === event.target.value);
          if (chosen !== undefined) onCompare(chosen);
        }}
      >
        {compared === undefined && <option value="">choose one</option>}
        {others.map(
          (state) =>
            state !== shown && (
              <option key={state} value={String(state)}>
                {stateName(state)}
              </option>
            ),
        )}
      </select>
    </label>
  );
}

function Facts({ data: { history, record }, shown }: { data: HistoryData; shown: StateOf }) {
  const now = useNow();
  const version = history.versions.find((one) => one.version === shown);
  const { draft } = history;
  const [by, at, edits] =
    version === undefined ? [draft.updatedBy, draft.updatedAt, draft.edits] : [version.createdBy, version.createdAt, version.edits];
  const override = version?.deployments.find((deployment) => deployment.override !== undefined);
  return (
    <>
      <dl className={styles.facts}>
        <div>
          <dt>{version === undefined ? 'Last saved' : 'Published'}</dt>
          <dd title={fullTime(at)}>
            {ago(Date.parse(at), now)} by {by}
            <span className={styles.exact}>{fullTime(at).split(' (')[0]}</span>
          </dd>
        </div>
        {edits.length > 0 && (
          <div>
            <dt>{version !== undefined ? 'Made of' : history.versions.length === 0 ? 'Since it was made' : 'Since the last version'}</dt>
            <dd>{editsInWords(edits)}</dd>
          </div>
        )}
        {version?.deployments.map((deployment) => (
          <div key={deployment.deployedAt}>
            <dt>Deployed</dt>
            <dd title={fullTime(deployment.deployedAt)}>
              {ago(Date.parse(deployment.deployedAt), now)} by {deployment.deployedBy}
              {deployment.replaced !== undefined && `, in place of version ${deployment.replaced}`}
              <Link className={styles.exact} to={`/flows/${record.flow.id}/time?at=${Date.parse(deployment.deployedAt)}`}>
                See the flow at that moment
              </Link>
            </dd>
          </div>
        ))}
        {version !== undefined && version.note !== '' && (
          <div>
            <dt>Note</dt>
            <dd className={styles.wholeNote}>{version.note}</dd>
          </div>
        )}
      </dl>
      {version !== undefined && version.deployments.length > 0 && (
        <p className={styles.wrong}>
          Was this version wrong?{' '}
          <Link to={replayPath(record.flow.id, { by: 'version', handled: version.version, onlyDifferent: true })}>
            Replay what it handled, only what differs
          </Link>
        </p>
      )}
      {override?.override !== undefined && (
        <div className={styles.override}>
          <Notice level="warning" title={`${override.deployedBy} deployed it although the gate said no`}>
            {override.override}
          </Notice>
        </div>
      )}
    </>
  );
}
