import { Link } from 'react-router';
import type { Deployment } from '#shared/api.ts';
import { fullTime, plural, timeOfDay } from '../format.ts';
import { useFlowStatus } from '../live.ts';
import { Notice } from '../ui/status.tsx';
import styles from './deploy-result.module.css';
import { HandoverReport } from './handover-report.tsx';
import { useHandover } from './use-handover.ts';

/** What a deploy did: the state now, what was created, and what each version processed around the change. */
export function DeployResult({ deployment, labelOf }: { deployment: Deployment; labelOf: (node: string) => string }) {
  const status = useFlowStatus(deployment.flow) ?? deployment.status;
  const handover = useHandover(deployment.flow, deployment.handover);
  const level = status.health.level === 'off' ? 'info' : status.health.level;
  return (
    <div className={styles.result}>
      <Notice level={level} title={status.health.sentence}>
        <span title={fullTime(deployment.deployedAt)}>
          Deployed {timeOfDay(deployment.deployedAt, true)} by {deployment.deployedBy}
          {deployment.replaced === undefined || deployment.replaced === deployment.version
            ? ''
            : `; version ${deployment.replaced} ended and stays ready`}
          .
        </span>
      </Notice>
      <p className={styles.line}>
        {deployment.topicsCreated.length === 0 ? (
          'No topics were created.'
        ) : (
          <>
            Created {plural(deployment.topicsCreated.length, 'topic')}: <code>{deployment.topicsCreated.join(', ')}</code>
          </>
        )}
      </p>
      {handover !== undefined && handover.places.length > 0 && <HandoverReport handover={handover} nameOf={labelOf} />}
      <p className={styles.line}>
        <Link to={`/flows/${encodeURIComponent(deployment.flow)}/deployments`}>All deployments of this flow</Link>
      </p>
    </div>
  );
}
