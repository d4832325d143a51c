import { type Handover, handoverVerdict, waitedMessages } from '#shared/handover.ts';
import { duration, exact, fullTime, plural } from '../format.ts';
import { StatusIcon } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './handover-report.module.css';

/** What each version really processed around a change, partition by partition, and how long it took. */
export function HandoverReport({ handover, nameOf }: { handover: Handover; nameOf: (node: string) => string }) {
  const { level, sentence } = handoverVerdict(handover);
  const { from, to, share, places } = handover;
  const [old, next] = [from === undefined ? 'before' : `of ${from}`, share === undefined ? `of ${to}` : 'after it'];
  return (
    <section className={styles.report} aria-label={`Hand-over to version ${to}`}>
      <p className={styles.verdict}>
        <StatusIcon level={level} />
        <span>{sentence}</span>
      </p>
      <p className={styles.facts} title={fullTime(handover.at)}>
        {factsOf(handover)}
      </p>
      {places.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <section className={styles.scroll} aria-label="Offsets by partition" tabIndex={0}>
          <table className={[table.table, table.dense].join(' ')}>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col" className={styles.stage}>
                  Stage
                </th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Partition
                </th>
                <th scope="col" className={[table.number, styles.wide].join(' ')}>
                  Last {old}
                </th>
                <th scope="col" className={[table.number, styles.wide].join(' ')}>
                  First {next}
                </th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Waited
                </th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Between
                </th>
              </tr>
            </thead>
            <tbody>
              {places.map((place) => (
                <tr key={`${place.group} ${place.topic} ${place.partition}`}>
                  <td className={[table.mono, table.cut].join(' ')} title={place.topic}>
                    {place.topic}
                  </td>
                  <td className={table.cut} title={place.group}>
                    {place.stage === 'transform' ? 'Transform' : nameOf(place.stage.replace(/^deliver-/, ''))}
                  </td>
                  <td className={table.number}>{place.partition}</td>
                  <td className={table.number} title={`Committed up to ${place.barrier}`}>
                    {place.last ?? <span className={styles.none}>before {place.barrier}</span>}
                  </td>
                  <td className={table.number}>
                    {place.first ?? (
                      <span className={styles.none}>{place.ends === true ? 'reads it no more' : `will be ≥ ${place.barrier}`}</span>
                    )}
                  </td>
                  <td className={table.number}>{exact(place.waiting)}</td>
                  <td className={table.number}>
                    {place.between === undefined ? <span className={styles.none}>–</span> : exact(place.between)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function factsOf(handover: Handover): string {
  const { drainMs, startMs, from } = handover;
  const parts = [
    drainMs !== undefined && from !== undefined && `drained in ${duration(drainMs)}`,
    startMs !== undefined && `started in ${duration(startMs)}`,
    startMs !== undefined && `${plural(waitedMessages(handover), 'message')} waited meanwhile`,
  ].filter((part) => part !== false);
  const text = parts.join(', ');
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
