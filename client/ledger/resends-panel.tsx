import { Repeat2 } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, exact, fullTime, plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Panel } from '../shell/page.tsx';
import { tracePath } from '../trace/trace-path.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './resends-panel.module.css';

/**
 * Messages that a sink was asked for more than once between two times (ms since 1970): those that the world outside may
 * have twice, and those that it surely has once.
 */
export function ResendsPanel({
  flow,
  since,
  until,
  nodeName,
}: {
  flow: string;
  since: number;
  until: number;
  nodeName: (id: string) => string;
}) {
  const now = useNow();
  const { data, error, loadedAt, reload } = useLoad(() => api.resends(flow, since, until), `${flow} ${until - since}`);
  // A period up to now goes on: what is shown stays until the next answer.
  const asked = useRef(`${since} ${until}`);
  useEffect(() => {
    if (asked.current === `${since} ${until}`) return;
    asked.current = `${since} ${until}`;
    reload();
  }, [since, until, reload]);
  const sinks = data?.sinks ?? [];
  const unsure = sinks.reduce((sum, sink) => sum + sink.unsure, 0);
  const all = sinks.reduce((sum, sink) => sum + sink.messages, 0);
  return (
    <Panel
      title="Sent more than once"
      label="Sent more than once"
      aside={loadedAt !== undefined && <span className={table.second}>Counted {ago(loadedAt, now)}</span>}
    >
      {data === undefined && error === undefined && <SkeletonRows rows={2} height={44} label="Loading what was sent more than once" />}
      {data === undefined && error !== undefined && (
        <ErrorState what="What was sent more than once could not be loaded" error={error} onRetry={reload} />
      )}
      {data !== undefined && all === 0 && (
        <EmptyState icon={<Repeat2 size={24} />} title="Every message went out once">
          Where a sink does not answer, it is asked again. Messages of which it may then have two stand here.
        </EmptyState>
      )}
      {data !== undefined && all > 0 && (
        <>
          <p className={styles.sentence}>
            {sinks.map(({ sink, messages, unsure: twice }) => (
              <span key={sink}>
                <strong>{nodeName(sink)}</strong> was asked again for {plural(messages, 'message')}
                {twice === 0 ? '; it had surely taken none of them before.' : `, of which it may have ${exact(twice)} twice.`}
              </span>
            ))}
          </p>
          <table className={[table.table, table.dense].join(' ')}>
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Sink</th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Tries
                </th>
                <th scope="col">There</th>
                <th scope="col">Why</th>
                <th scope="col" className={styles.when}>
                  Settled
                </th>
                <th scope="col" className={styles.narrow}>
                  <span className="visually-hidden">Way</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.messages.map((message) => (
                <tr key={`${message.topic}/${message.partition}/${message.offset}`}>
                  <td className={[table.mono, table.cut].join(' ')} title={message.key ?? undefined}>
                    {message.key ?? 'no key'}
                  </td>
                  <td className={table.cut}>{nodeName(message.sink)}</td>
                  <td className={table.number}>{message.tries}</td>
                  <td>
                    {message.unsure > 0 ? (
                      <StatusBadge level="warning">may be there twice</StatusBadge>
                    ) : (
                      <StatusBadge level="ok">once</StatusBadge>
                    )}
                  </td>
                  <td className={[table.mono, table.cut].join(' ')}>{message.code}</td>
                  <td title={fullTime(message.at)}>{when(message.at, now)}</td>
                  <td>{message.origin !== undefined && <Link to={tracePath(flow, message.origin, message.sink)}>Trace</Link>}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {data.messages.length < all && (
            <p className={styles.sentence}>
              The newest {exact(data.messages.length)} of {exact(all)} are shown
              {unsure === 0 ? '' : '; choose a shorter time to see the others'}.
            </p>
          )}
          {error !== undefined && (
            <p className={styles.sentence}>
              This could not be brought up to date. <Button onClick={reload}>Load again</Button>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
