import type { Deployment } from '#shared/api.ts';
import { fullTime, plural, timeOfDay } from '../format.ts';
import { useFlowStatus } from '../live.ts';
import { Notice } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './deploy-result.module.css';

/** What a deploy did: the state now, the barrier at which the old version ended, and what was created. */
export function DeployResult({ deployment, labelOf }: { deployment: Deployment; labelOf: (node: string) => string }) {
  const status = useFlowStatus(deployment.flow) ?? deployment.status;
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
      {deployment.barrier.length > 0 && (
        <section className={styles.panel}>
          <h3 className={styles.head}>Barrier: the old version ended and the new one begins exactly here</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <section className={styles.scroll} aria-label="Barrier" tabIndex={0}>
            <table className={[table.table, table.dense].join(' ')}>
              <thead>
                <tr>
                  <th scope="col">Topic</th>
                  <th scope="col">Stage</th>
                  <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                    Partition
                  </th>
                  <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                    Next offset
                  </th>
                </tr>
              </thead>
              <tbody>
                {deployment.barrier.map((point) => (
                  <tr key={`${point.group} ${point.topic} ${point.partition}`}>
                    <td className={[table.mono, table.cut].join(' ')} title={point.topic}>
                      {point.topic}
                    </td>
                    <td className={table.cut} title={point.group}>
                      {stageName(point.group, deployment.flow, labelOf)}
                    </td>
                    <td className={table.number}>{point.partition}</td>
                    <td className={table.number}>{point.offset}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </section>
      )}
    </div>
  );
}

/** Groups are `millrace.<flow>.transform` and `millrace.<flow>.deliver-<sink>`; people know the stage by its node. */
function stageName(group: string, flow: string, labelOf: (node: string) => string): string {
  const stage = group.startsWith(`millrace.${flow}.`) ? group.slice(`millrace.${flow}.`.length) : group;
  return stage === 'transform' ? 'Transform' : labelOf(stage.replace(/^deliver-/, ''));
}
