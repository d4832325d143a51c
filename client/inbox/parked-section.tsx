import { notifications } from '@mantine/notifications';
import { Hourglass } from 'lucide-react';
import { useState } from 'react';
import type { ParkedKey } from '#shared/parked.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime, plural } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { describeError, ErrorState } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import styles from './parked-section.module.css';
import { usePoll } from './use-poll.ts';

type Parked = ParkedKey & { flow: string };

/** Keys that wait at a sink behind a message that failed: why, since when, and how they go on. Nothing where none waits. */
export function ParkedSection({ flows, names }: { flows: readonly string[]; names: ReadonlyMap<string, string> }) {
  const now = useNow();
  const may = useMay('analyst');
  const { data, error, reload } = usePoll(
    async (): Promise<Parked[]> =>
      (await Promise.all(flows.map(async (flow) => (await api.parkedKeys(flow)).map((one) => ({ ...one, flow }))))).flat(),
    flows.join(' '),
    5000,
  );
  const [busy, setBusy] = useState<string>();
  if (error !== undefined && data === undefined)
    return (
      <section className={styles.section} aria-label="Parked keys">
        <ErrorState what="The parked keys could not be loaded" error={error} onRetry={reload} />
      </section>
    );
  if (data === undefined || data.length === 0) return null;
  const release = (one: Parked, first: 'retry' | 'discard'): void => {
    setBusy(one.failed);
    api
      .releaseKey(one.flow, { sink: one.sink, failed: one.failed, first })
      .then(
        () => {
          notifications.show({ title: `${one.key} is being released`, message: 'Its messages go on in their order.' });
          reload();
        },
        (reason: unknown) => notifications.show({ color: 'red', title: 'It was not released', message: describeError(reason).message }),
      )
      .finally(() => setBusy(undefined));
  };
  return (
    <section className={styles.section} aria-label="Parked keys">
      <h2 className={styles.heading}>
        <Hourglass size={16} aria-hidden="true" />
        {plural(data.length, 'parked key')}: later messages of these keys wait, in order
      </h2>
      <div className={styles.scroll}>
        <table className={[table.table, table.dense].join(' ')}>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">At</th>
              <th scope="col">Why</th>
              <th scope="col">Waits since</th>
              <th scope="col">Behind it</th>
              <th scope="col">
                <span className="visually-hidden">Release</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.slice(0, 100).map((one) => (
              <tr key={one.failed}>
                <td className={[table.mono, table.cut].join(' ')} title={one.key}>
                  {one.key}
                </td>
                <td className={table.cut}>
                  {names.get(one.flow) ?? one.flow}, {one.sink}
                </td>
                <td className={table.cut} title={one.message}>
                  {one.message}
                </td>
                <td title={fullTime(one.since)}>{ago(one.since, now)}</td>
                <td>{plural(one.count, 'message')}</td>
                <td className={styles.release}>
                  <Button size="small" busy={busy === one.failed} disabled={!may} onClick={() => release(one, 'retry')}>
                    Release
                  </Button>
                  <Button
                    size="small"
                    look="quiet"
                    disabled={!may || busy === one.failed}
                    title="Drops the message that failed and lets those behind it go on"
                    onClick={() => release(one, 'discard')}
                  >
                    Without it
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
