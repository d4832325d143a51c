import { useId, useState } from 'react';
import { Link } from 'react-router';
import type { DeployPreview } from '#shared/api.ts';
import { environmentWords, type Gate } from '#shared/gate.ts';
import { isDeployable } from '#shared/problem.ts';
import { useMay, useMe } from '../session.ts';
import { OverrideDialog } from '../tests/gate-sections.tsx';
import { sectionTitles } from '../tests/verdict.ts';
import { Button } from '../ui/button.tsx';
import styles from './deploy-action.module.css';

/** The one filled button, which names its effect and where; what stands in its way; and for an admin the way round it. */
export function DeployAction({
  flow,
  preview,
  gate,
  comparing,
  onDeploy,
}: {
  flow: string;
  preview: DeployPreview;
  gate: Gate;
  comparing: boolean;
  onDeploy: (override?: string) => void;
}) {
  const { demo, environment } = useMe();
  const mayDeploy = useMay('admin');
  const [asking, setAsking] = useState(false);
  const note = useId();
  const place = demo && environment === 'development' ? 'demo' : environmentWords[environment].toLowerCase();
  const what = `Deploy version ${preview.nextVersion} to ${place}`;
  const deployable = isDeployable(preview.problems);
  const blocked = gate.sections.filter(({ verdict }) => verdict === 'blocked');
  const ready = mayDeploy && deployable && blocked.length === 0;

  return (
    <section className={styles.panel} aria-label="Deploy">
      <Button look="filled" size="main" disabled={!ready} onClick={() => onDeploy()} aria-describedby={note}>
        {what}
      </Button>
      <p id={note} className={styles.note}>
        {noteOf(preview, { mayDeploy, deployable, blocked: blocked.map(({ id }) => sectionTitles[id]), comparing })}
      </p>
      {mayDeploy && deployable && blocked.length > 0 && (
        <Button look="quiet" onClick={() => setAsking(true)}>
          Deploy all the same…
        </Button>
      )}
      {mayDeploy && deployable && preview.replaces !== undefined && preview.restarts && (
        <Link className={styles.note} to={`/flows/${encodeURIComponent(flow)}/deployments`}>
          Or try it on a share of the messages first
        </Link>
      )}
      {asking && (
        <OverrideDialog
          gate={gate}
          version={preview.nextVersion}
          onClose={() => setAsking(false)}
          onOverride={async (reason) => {
            setAsking(false);
            onDeploy(reason);
          }}
        />
      )}
    </section>
  );
}

function noteOf(
  { problems, replaces, nextVersion }: DeployPreview,
  state: { mayDeploy: boolean; deployable: boolean; blocked: string[]; comparing: boolean },
): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (!state.mayDeploy) return 'Your role may look but not deploy. Ask an admin.';
  if (!state.deployable) return `Solve ${errors === 1 ? 'the error' : `the ${errors} errors`} first.`;
  if (state.blocked.length > 0) return `In the way: ${state.blocked.join(', ')}.`;
  if (state.comparing) return 'Still comparing: wait to see what would change.';
  if (replaces === nextVersion) return 'It is live already; this changes nothing.';
  if (replaces === undefined) return 'It can be stopped at any time.';
  return `Version ${replaces} stays ready. Going back is one step.`;
}
