import { History } from 'lucide-react';
import { useEffect } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList, useFlowName } from '../flow-list.ts';
import { ago, exact, fullTime, percent, plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { ListPanel } from '../pages/list-panel.tsx';
import { Page, PageHeader } from '../shell/page.tsx';
import { EmptyState } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './replays-page.module.css';
import { closes, isUnderWay, stateWords, targetWords } from './words.ts';

const everyMs = 2000;

/** `/replays`: what was replayed, newest first; `?flow=` of one flow. */
export function ReplaysPage() {
  const [query] = useSearchParams();
  const flow = query.get('flow') ?? undefined;
  const name = useFlowName(flow ?? '');
  const { flows } = useFlowList();
  const names = new Map((flows ?? []).map((one) => [one.id, one.name]));
  const loaded = useLoad(() => api.replays(flow), flow ?? '');
  const now = useNow();
  const { data, reload, loadedAt } = loaded;
  const running = data?.some(isUnderWay) === true;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer asks for the next one.
  useEffect(() => {
    if (!running) return;
    const timer = setTimeout(reload, everyMs);
    return () => clearTimeout(timer);
  }, [running, loadedAt, reload]);
  const underWay = data?.filter(isUnderWay).length ?? 0;
  return (
    <Page>
      <PageHeader
        title={flow === undefined ? 'Replays' : `Replays of ${name}`}
        sentence={
          data === undefined
            ? 'What was run once more, by whom, and how its balance closed'
            : `${plural(data.length, 'replay')}${underWay === 0 ? '' : `, ${underWay} under way`}`
        }
        actions={
          flow === undefined ? undefined : (
            <>
              <Link to="/replays">Of all flows</Link>
              <Link to={`/flows/${encodeURIComponent(flow)}/replay`} className={styles.plan}>
                <History size={16} aria-hidden="true" />
                Plan a replay
              </Link>
            </>
          )
        }
      />
      <ListPanel
        what="replays"
        loaded={loaded}
        empty={
          <EmptyState
            icon={<History size={24} />}
            title="Nothing was replayed yet"
            {...(flow !== undefined && { actions: <Link to={`/flows/${encodeURIComponent(flow)}/replay`}>Plan a replay of {name}</Link> })}
          >
            A replay runs past messages once more, beside the live flow. Begin it from a flow’s menu, its history or a trace.
          </EmptyState>
        }
      >
        {(replays) => (
          <div className={styles.scroll}>
            <table className={[table.table, styles.table].join(' ')}>
              <thead>
                <tr>
                  <th scope="col">Replay</th>
                  <th scope="col" className={styles.flow}>
                    Flow
                  </th>
                  <th scope="col" className={styles.state}>
                    State
                  </th>
                  <th scope="col" className={[table.number, styles.count].join(' ')}>
                    Messages
                  </th>
                  <th scope="col" className={[table.number, styles.count].join(' ')}>
                    Failed
                  </th>
                  <th scope="col" className={styles.who}>
                    Started
                  </th>
                </tr>
              </thead>
              <tbody>
                {replays.map((replay) => {
                  const { word, level } = stateWords[replay.state];
                  const { spec, balance } = replay;
                  return (
                    <tr key={replay.id}>
                      <td className={table.cut} title={spec.name}>
                        <Link to={`/replays/${encodeURIComponent(replay.id)}`}>{spec.name}</Link>
                        <div className={[table.second, table.cut].join(' ')}>
                          {targetWords[spec.target].title}, version {spec.version}
                        </div>
                      </td>
                      <td className={table.cut}>{names.get(spec.flow) ?? spec.flow}</td>
                      <td>
                        <StatusBadge level={closes(balance) ? level : 'error'}>{closes(balance) ? word : 'Does not balance'}</StatusBadge>
                      </td>
                      <td className={table.number} title={`${exact(balance.read)} of ${exact(replay.total)} read`}>
                        {exact(balance.read)}
                        {isUnderWay(replay) && <div className={table.second}>{percent(balance.read, replay.total)}</div>}
                      </td>
                      <td className={[table.number, balance.failed === 0 ? table.second : ''].join(' ')}>{exact(balance.failed)}</td>
                      <td className={table.cut} title={fullTime(replay.startedAt)}>
                        {ago(replay.startedAt, now)}
                        <div className={table.second}>{replay.startedBy}</div>
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </ListPanel>
    </Page>
  );
}
