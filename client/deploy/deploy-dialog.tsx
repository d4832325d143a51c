import { useState } from 'react';
import type { Deployment, DeployPreview } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { isDeployable, type Problem } from '#shared/problem.ts';
import { ApiError, api } from '../api.ts';
import { reloadFlowList } from '../flow-list.ts';
import { hearStatus, useFlowStatus } from '../live.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import dialogStyles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { CopyButton, describeError, ErrorState, Skeleton } from '../ui/states.tsx';
import { Notice, StatusIcon } from '../ui/status.tsx';
import styles from './deploy-dialog.module.css';
import { DeployPlan } from './deploy-plan.tsx';
import { DeployResult } from './deploy-result.tsx';

export interface DeployDialogProps {
  flowId: string;
  onClose: () => void;
  /** Called once the new version is live; the dialog stays open and shows what happened. */
  onDeployed?: (deployment: Deployment) => void;
  /** Called with a problem that was clicked, to go to its place; the dialog then closes. Without it problems are plain lines. */
  onOpenProblem?: (problem: Problem) => void;
}

/**
 * What a deploy of the stored draft would do, then the deploy itself and its result. The caller saves the draft first.
 * The focus returns to what opened it.
 */
export function DeployDialog({ flowId, onClose, onDeployed, onOpenProblem }: DeployDialogProps) {
  const loaded = useLoad(async () => {
    const [record, preview] = await Promise.all([api.flow(flowId), api.preview(flowId)]);
    return { flow: record.flow, preview };
  }, flowId);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const [deployment, setDeployment] = useState<Deployment>();

  const deploy = (): void => {
    setRunning(true);
    setError(undefined);
    api.deploy(flowId).then(
      (done) => {
        hearStatus(done.status);
        setDeployment(done);
        setRunning(false);
        void reloadFlowList();
        onDeployed?.(done);
      },
      (cause: unknown) => {
        setError(cause);
        setRunning(false);
      },
    );
  };

  const { data } = loaded;
  const title =
    deployment !== undefined && data !== undefined
      ? `Version ${deployment.version} of ${data.flow.name} is live`
      : data === undefined
        ? 'Deploy'
        : `Deploy version ${data.preview.nextVersion} of ${data.flow.name}`;

  return (
    <Dialog title={title} onClose={onClose} size={1040} locked={running}>
      {data === undefined && loaded.error === undefined && <Loading />}
      {data === undefined && loaded.error !== undefined && (
        <ErrorState what="The preview could not be made" error={loaded.error} onRetry={loaded.reload} />
      )}
      {data !== undefined && deployment === undefined && (
        <>
          {error !== undefined && <Failed error={error} />}
          {running ? (
            <Progress flowId={flowId} preview={data.preview} />
          ) : (
            <DeployPlan
              flow={data.flow}
              preview={data.preview}
              action={<Action preview={data.preview} onDeploy={deploy} />}
              {...(onOpenProblem && {
                onOpenProblem: (problem: Problem) => {
                  onClose();
                  onOpenProblem(problem);
                },
              })}
            />
          )}
        </>
      )}
      {deployment !== undefined && data !== undefined && (
        <>
          <DeployResult deployment={deployment} labelOf={(node) => labelOf(data.flow, node)} />
          <div className={dialogStyles.footer}>
            <Button look="filled" onClick={onClose} autoFocus>
              Done
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function labelOf(flow: Flow, node: string): string {
  const found = flow.nodes.find((each) => each.id === node);
  return found === undefined || found.label === '' ? node : found.label;
}

/** The one filled button, which names its effect, and why it cannot be pressed when it cannot. */
function Action({ preview, onDeploy }: { preview: DeployPreview; onDeploy: () => void }) {
  const mayDeploy = useMay('admin');
  const deployable = isDeployable(preview.problems);
  const errors = preview.problems.filter((problem) => problem.severity === 'error').length;
  const note = !mayDeploy
    ? 'Your role may look but not deploy. Ask an admin.'
    : !deployable
      ? `Solve ${errors === 1 ? 'the error' : `the ${errors} errors`} first.`
      : preview.replaces === preview.nextVersion
        ? 'It is live already; this changes nothing.'
        : preview.replaces === undefined
          ? 'It can be stopped at any time.'
          : `Version ${preview.replaces} stays ready.`;
  return (
    <div className={styles.action}>
      <Button look="filled" size="main" disabled={!mayDeploy || !deployable} onClick={onDeploy} aria-describedby="deploy-note">
        Deploy version {preview.nextVersion}
      </Button>
      <p id="deploy-note" className={styles.note}>
        {note}
      </p>
    </div>
  );
}

function Loading() {
  return (
    <div className={styles.loading} role="status" aria-label="Making the preview">
      <Skeleton height={60} radius={10} />
      <Skeleton height={280} radius={12} />
    </div>
  );
}

function Failed({ error }: { error: unknown }) {
  const { message, details } = describeError(error);
  const problems = error instanceof ApiError ? error.problems : [];
  return (
    <div className={styles.failed}>
      <Notice level="error" title="The deploy did not go through" action={<CopyButton text={details} />}>
        {message}
        {problems.map((problem) => (
          <span key={`${problem.code}${problem.node ?? ''}${problem.field ?? ''}`} className={styles.problem}>
            {problem.message}
          </span>
        ))}
      </Notice>
    </div>
  );
}

/** While the server works: the steps, with the one that the live state tells of. */
function Progress({ flowId, preview }: { flowId: string; preview: DeployPreview }) {
  const status = useFlowStatus(flowId);
  const next = status?.version === preview.nextVersion;
  const at = next ? (status?.state === 'running' ? 3 : 2) : status?.state === 'draining' || status?.state === 'starting' ? 1 : 0;
  const steps = [
    `Checking and publishing version ${preview.nextVersion}`,
    preview.replaces === undefined
      ? 'Creating topics'
      : preview.restarts
        ? `Draining version ${preview.replaces} to a barrier`
        : `Version ${preview.replaces} goes on`,
    preview.restarts ? 'Starting from the barrier' : 'Recording the version',
  ];
  return (
    <ol className={styles.steps} aria-live="polite">
      {steps.map((step, index) => (
        <li key={step} className={index > at ? styles.later : ''}>
          {index === at ? <span className={styles.spinner} aria-hidden="true" /> : <StatusIcon level={index < at ? 'ok' : 'off'} />}
          <span>{step}</span>
          <span className="visually-hidden">{index < at ? 'done' : index === at ? 'under way' : 'waiting'}</span>
        </li>
      ))}
    </ol>
  );
}
