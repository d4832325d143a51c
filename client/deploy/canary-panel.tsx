import { FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { VersionInfo } from '#shared/api.ts';
import { type Canary, noCounts } from '#shared/canary.ts';
import type { VersionCounts } from '#shared/ledger.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, exact, fullTime, percent, plural, timeOfDay } from '../format.ts';
import { hearStatus, useFlowStatus } from '../live.ts';
import { addressOf } from '../replay/position-list.ts';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { CanaryDialog } from './canary-dialog.tsx';
import styles from './canary-panel.module.css';
import { percentText, ShareField, shareOf } from './share-field.tsx';

/** The version on trial beside the deployed one: how both do, and what can be done; or the way to start one. */
export function CanaryPanel({
  flow,
  base,
  changed,
  versions,
  canary,
  last,
  onChanged,
}: {
  flow: string;
  base: number;
  /** The draft differs from what is deployed. */
  changed: boolean;
  versions: readonly VersionInfo[];
  canary?: Canary;
  /** The newest that has ended. */
  last?: Canary;
  onChanged: () => void;
}) {
  const mayDeploy = useMay('admin');
  const [asking, setAsking] = useState(false);
  if (canary !== undefined) return <Running flow={flow} canary={canary} onChanged={onChanged} />;
  if (!mayDeploy && last === undefined) return null;
  return (
    <Panel
      title="Try a version on a share of the messages"
      label="Canary"
      aside={
        mayDeploy && (
          <Button size="small" icon={<FlaskConical size={14} />} onClick={() => setAsking(true)}>
            Start a canary
          </Button>
        )
      }
    >
      <div className={styles.idle}>
        <p className={styles.text}>
          A canary takes a share of the keys, always the same ones, beside version {base}. Then it takes over, or everything goes back.
        </p>
        {last !== undefined && <Ended flow={flow} canary={last} />}
      </div>
      {asking && (
        <CanaryDialog
          flow={flow}
          base={base}
          changed={changed}
          versions={versions}
          onClose={() => setAsking(false)}
          onStarted={() => {
            setAsking(false);
            onChanged();
          }}
        />
      )}
    </Panel>
  );
}

function Running({ flow, canary, onChanged }: { flow: string; canary: Canary; onChanged: () => void }) {
  const now = useNow();
  const mayDeploy = useMay('admin');
  const live = useFlowStatus(flow)?.canary;
  const { version, base } = canary;
  const { counts, countedAt } = live?.since === canary.since ? live : { counts: { base: noCounts, canary: noCounts }, countedAt: 0 };
  const [share, setShare] = useState(percentText(canary.share));
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  const run = (what: string, work: () => Promise<unknown>) => {
    setBusy(what);
    setError(undefined);
    work()
      .then(onChanged, setError)
      .finally(() => setBusy(undefined));
  };
  const wanted = shareOf(share);
  const worse = failsMore(counts.base, counts.canary);
  return (
    <Panel
      title={`Version ${version} is tried on ${percentText(canary.share)} % of the keys`}
      label="Canary"
      aside={
        <span className={styles.age} title={fullTime(canary.since)}>
          Since {timeOfDay(canary.since)} by {canary.startedBy};{' '}
          {countedAt === 0 ? 'no message yet' : `counted up to ${ago(countedAt, now)}`}
        </span>
      }
    >
      <div className={styles.scroll}>
        <table className={[table.table, table.dense].join(' ')}>
          <caption className="visually-hidden">How both versions do since the canary began</caption>
          <thead>
            <tr>
              <th scope="col">Version</th>
              {['Messages', 'Share of all', 'Outputs', 'Filtered', 'Failed', 'Share failed'].map((title) => (
                <th key={title} scope="col" className={table.number}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Side name={`Version ${base}, deployed`} counts={counts.base} other={counts.canary} />
            <Side name={`Version ${version}, on trial`} counts={counts.canary} other={counts.base} />
          </tbody>
        </table>
      </div>
      <p className={styles.verdict}>
        <Verdict base={counts.base} canary={counts.canary} />
      </p>
      {mayDeploy && (
        <div className={styles.hands}>
          <form
            className={styles.share}
            onSubmit={(event) => {
              event.preventDefault();
              if (wanted !== undefined) run('share', () => api.shareCanary(flow, wanted));
            }}
          >
            <ShareField value={share} onChange={setShare} />
            <Button type="submit" busy={busy === 'share'} disabled={wanted === undefined || wanted === canary.share || busy !== undefined}>
              Set the share
            </Button>
          </form>
          <span className={styles.ends}>
            <Button
              look={worse ? 'filled' : 'default'}
              busy={busy === 'back'}
              disabled={busy !== undefined}
              onClick={() => run('back', () => api.rollBackCanary(flow))}
            >
              Roll back: all to version {base}
            </Button>
            <Button
              look={worse ? 'default' : 'filled'}
              busy={busy === 'promote'}
              disabled={busy !== undefined}
              onClick={() => run('promote', async () => hearStatus((await api.promoteCanary(flow)).status))}
            >
              Promote version {version} to all
            </Button>
          </span>
        </div>
      )}
      {error !== undefined && (
        <div className={styles.error}>
          <Notice level="error" title="That did not go through">
            {describeError(error).message}
          </Notice>
        </div>
      )}
    </Panel>
  );
}

function Side({ name, counts, other }: { name: string; counts: VersionCounts; other: VersionCounts }) {
  return (
    <tr>
      <th scope="row" className={styles.side}>
        {name}
      </th>
      <td className={table.number}>{exact(counts.in)}</td>
      <td className={table.number}>{percent(counts.in, counts.in + other.in)}</td>
      <td className={table.number}>{exact(counts.delivered)}</td>
      <td className={table.number}>{exact(counts.filtered)}</td>
      <td className={table.number}>{exact(counts.dead)}</td>
      <td className={table.number}>{percent(counts.dead, counts.in)}</td>
    </tr>
  );
}

/** Enough to tell a share of failures from chance at a glance; less is only said to be little. */
const enough = 50;

function failsMore(base: VersionCounts, canary: VersionCounts): boolean {
  const share = (counts: VersionCounts) => counts.dead / Math.max(1, counts.in);
  return canary.in >= enough && share(canary) > share(base) * 1.5 + 0.005;
}

function Verdict({ base, canary }: { base: VersionCounts; canary: VersionCounts }) {
  if (canary.in < enough) return <StatusBadge level="info">Too few messages to judge: {plural(canary.in, 'message')} so far</StatusBadge>;
  if (failsMore(base, canary))
    return (
      <StatusBadge level="error">
        The version on trial fails more: {percent(canary.dead, canary.in)} against {percent(base.dead, base.in)}
      </StatusBadge>
    );
  return <StatusBadge level="ok">The version on trial fails no more than the deployed one</StatusBadge>;
}

function Ended({ flow, canary }: { flow: string; canary: Canary }) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [note, setNote] = useState<string>();
  const { ended, version, id } = canary;
  if (ended === undefined) return null;
  const words = { promoted: 'was promoted', 'rolled-back': 'was rolled back', replaced: 'ended with another deploy' }[ended.how];
  const again = () => {
    setBusy(true);
    setNote(undefined);
    api.canaryHandled(flow, id).then(
      ({ messages, positions, complete }) => {
        setBusy(false);
        if (messages === 0) return setNote('It has processed no message that is still known.');
        if (!complete) return setNote(`It has processed ${exact(messages)} messages, more than one replay takes. Replay a time instead.`);
        const address = addressOf(positions);
        const query = new URLSearchParams({ by: 'time', since: String(canary.since - 3_600_000), until: String(ended.at + 60_000) });
        if ('list' in address) query.set('list', address.list);
        else for (const position of address.positions) query.append('at', position);
        void navigate(`/flows/${encodeURIComponent(flow)}/replay?${query}`);
      },
      (cause: unknown) => {
        setBusy(false);
        setNote(describeError(cause).message);
      },
    );
  };
  return (
    <div className={styles.last}>
      <p className={styles.text} title={fullTime(ended.at)}>
        The last one, of version {version}, {words} at {timeOfDay(ended.at)} by {ended.who}.
      </p>
      {ended.how === 'rolled-back' && (
        <Button size="small" busy={busy} onClick={again}>
          Process again what it handled
        </Button>
      )}
      {note !== undefined && (
        <p className={styles.text} role="status">
          {note}
        </p>
      )}
    </div>
  );
}
