import { ArrowRightLeft, ChevronRight, RotateCcw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { DeploymentRecord, Deployments, FlowRecord, VersionInfo } from '#shared/api.ts';
import { type Handover, handoverVerdict } from '#shared/handover.ts';
import { nodeNames } from '#shared/node-name.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import type { TypeIndex } from '../editor/document.ts';
import { ago, duration, fullTime, timeOfDay, when } from '../format.ts';
import { hearStatus, useServerEvent } from '../live.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import { CanaryPanel } from './canary-panel.tsx';
import styles from './deployments-page.module.css';
import { HandoverReport } from './handover-report.tsx';
import { RollbackDialog } from './rollback-dialog.tsx';
import { useHandover } from './use-handover.ts';

interface Facts {
  record: FlowRecord;
  types: TypeIndex;
  versions: VersionInfo[];
  history: Deployments;
}

async function factsOf(id: string): Promise<Facts> {
  const [record, catalog, versions, history] = await Promise.all([api.flow(id), api.nodeTypes(), api.versions(id), api.deployments(id)]);
  return { record, types: new Map(catalog.types.map((type) => [type.type, type])), versions, history };
}

/** `/flows/:id/deployments`: what ran when, what each version processed around a change, the version on trial, and the way back. */
export function DeploymentsPage() {
  const { id = '' } = useParams();
  const loaded = useLoad(() => factsOf(id), id);
  const { data, reload } = loaded;
  useServerEvent((event) => {
    if (event.type === 'flow-changed' && event.flow === id) reload();
  });
  const now = useNow();
  return (
    <Page key={id}>
      <PageHeader
        title={data === undefined ? 'Deployments' : `Deployments of ${data.record.flow.name}`}
        sentence={data === undefined ? 'What ran when, and what each version processed' : sentenceOf(data.history, now)}
      />
      {data !== undefined && loaded.error !== undefined && (
        <Notice
          level="warning"
          title="The deployments could not be brought up to date"
          action={
            <Button size="small" onClick={reload}>
              Load again
            </Button>
          }
        >
          What is shown may be older.
        </Notice>
      )}
      {data === undefined && loaded.error !== undefined && (
        <Panel label="Deployments">
          <ErrorState what="The deployments could not be loaded" error={loaded.error} onRetry={reload} />
        </Panel>
      )}
      {data === undefined && loaded.error === undefined && (
        <Panel label="Deployments">
          <SkeletonRows rows={5} height={72} label="Loading the deployments" />
        </Panel>
      )}
      {data !== undefined && <Content id={id} facts={data} reload={reload} now={now} />}
    </Page>
  );
}

function Content({ id, facts, reload, now }: { id: string; facts: Facts; reload: () => void; now: number }) {
  const { record, types, versions, history } = facts;
  const mayDeploy = useMay('admin');
  const navigate = useNavigate();
  const [backTo, setBackTo] = useState<number>();
  const nameOf = nodeNames(record.flow.nodes, types);
  const [current] = history.deployments;
  const canary = history.canaries[0];
  const running = canary?.ended === undefined ? canary : undefined;
  // A canary's start is told by its own panel while it runs.
  const others = history.others.filter(({ state, share }) => share === undefined || state !== 'done');
  const rows = [
    ...history.deployments.map((one) => ({ at: Date.parse(one.deployedAt), one })),
    ...others.map((one) => ({ at: one.at, other: one })),
  ];
  return (
    <>
      {history.running && current !== undefined && (
        <CanaryPanel
          key={canary?.id ?? 'none'}
          flow={id}
          base={current.version}
          changed={record.changed}
          versions={versions}
          {...(running && { canary: running })}
          {...(canary?.ended && { last: canary })}
          onChanged={reload}
        />
      )}
      <Panel title="What ran when" label="Deployments">
        {rows.length === 0 ? (
          <EmptyState icon={<ArrowRightLeft size={24} />} title="This flow was never deployed">
            Once it is, every change of versions stands here with what each version really processed.
          </EmptyState>
        ) : (
          <ul className={styles.list}>
            {rows
              .sort((a, b) => b.at - a.at)
              .map((row) =>
                'one' in row ? (
                  <DeploymentRow
                    key={row.one.deployedAt}
                    flow={id}
                    deployment={row.one}
                    live={row.one === current && history.running}
                    newest={row.one === current}
                    now={now}
                    nameOf={nameOf}
                    {...(mayDeploy && row.one.version !== current?.version && { onBack: () => setBackTo(row.one.version) })}
                  />
                ) : (
                  <OtherRow key={row.other.id} handover={row.other} now={now} nameOf={nameOf} />
                ),
              )}
          </ul>
        )}
      </Panel>
      {backTo !== undefined && current !== undefined && (
        <RollbackDialog
          flow={id}
          to={backTo}
          from={current.version}
          onClose={() => setBackTo(undefined)}
          onDone={(deployment, again) => {
            hearStatus(deployment.status);
            setBackTo(undefined);
            if (again) void navigate(replayOf(id, current.version));
            else reload();
          }}
        />
      )}
    </>
  );
}

function DeploymentRow({
  flow,
  deployment,
  live,
  newest,
  now,
  nameOf,
  onBack,
}: {
  flow: string;
  deployment: DeploymentRecord;
  live: boolean;
  newest: boolean;
  now: number;
  nameOf: (node: string) => string;
  onBack?: () => void;
}) {
  const { version, deployedAt, deployedBy, replaced, until, override } = deployment;
  const handover = useHandover(flow, newest ? deployment.handover : undefined) ?? deployment.handover;
  const at = Date.parse(deployedAt);
  const span = until === undefined ? now - at : Date.parse(until) - at;
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <Chip look={live ? 'info' : 'plain'}>Version {version}</Chip>
        <span className={styles.words} title={fullTime(deployedAt)}>
          <strong>{when(at, now)}</strong> by {deployedBy}
          {replaced !== undefined && replaced !== version && `, in place of version ${replaced}`}
        </span>
        <span className={styles.span}>
          {live ? `live for ${duration(span)}` : until === undefined ? 'stopped since' : `ran ${duration(span)}`}
        </span>
        <span className={styles.actions}>
          {onBack && (
            <Button size="small" icon={<Undo2 size={14} />} onClick={onBack}>
              Roll back to version {version}
            </Button>
          )}
          <Link className={styles.link} to={replayOf(flow, version)}>
            <RotateCcw size={14} aria-hidden="true" />
            Replay what it handled
          </Link>
        </span>
      </div>
      {override !== undefined && (
        <p className={styles.override}>
          <StatusBadge level="warning">Deployed against the gate</StatusBadge> <span>{override}</span>
        </p>
      )}
      {handover !== undefined && <Details handover={handover} nameOf={nameOf} open={newest} />}
    </li>
  );
}

/** A deploy that did not come to its end, or a canary that did not start. */
function OtherRow({ handover, now, nameOf }: { handover: Handover; now: number; nameOf: (node: string) => string }) {
  const words = handover.share === undefined ? 'Deploy' : 'Canary';
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <Chip look="outline">Version {handover.to}</Chip>
        <span className={styles.words} title={fullTime(handover.at)}>
          <strong>{when(handover.at, now)}</strong> by {handover.who}
        </span>
        <StatusBadge level={handover.state === 'failed' ? 'error' : 'warning'}>
          {words} {handover.state === 'failed' ? 'failed' : handover.state === 'interrupted' ? 'interrupted' : 'under way'}
        </StatusBadge>
      </div>
      <Details handover={handover} nameOf={nameOf} open={false} />
    </li>
  );
}

function Details({ handover, nameOf, open }: { handover: Handover; nameOf: (node: string) => string; open: boolean }) {
  const [shown, setShown] = useState(open);
  const { level, sentence } = handoverVerdict(handover);
  return (
    <div className={styles.details}>
      <button type="button" className={styles.toggle} aria-expanded={shown} onClick={() => setShown(!shown)}>
        <ChevronRight size={16} className={shown ? styles.turned : ''} aria-hidden="true" />
        <StatusBadge level={level}>Hand-over</StatusBadge>
        {!shown && <span className={styles.gist}>{sentence}</span>}
      </button>
      {shown && <HandoverReport handover={handover} nameOf={nameOf} />}
    </div>
  );
}

function sentenceOf({ deployments, running, canaries }: Deployments, now: number) {
  const [current] = deployments;
  if (current === undefined) return 'Nothing of this flow was ever deployed.';
  if (!running) return `The flow stands still. Version ${current.version} was the last to run.`;
  const trial = canaries[0]?.ended === undefined ? canaries[0] : undefined;
  const since = `since ${timeOfDay(current.deployedAt)}, ${ago(Date.parse(current.deployedAt), now)}`;
  return `Version ${current.version} is live ${since}${trial ? `; version ${trial.version} is tried beside it.` : '.'}`;
}

/** The page of replays, filled in with what a version handled. */
function replayOf(flow: string, version: number): string {
  return `/flows/${encodeURIComponent(flow)}/replay?by=version&handled=${version}`;
}
