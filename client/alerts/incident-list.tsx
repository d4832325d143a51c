import { BellOff } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { alertLevels, alertTitles } from '#shared/alert.ts';
import type { Incident } from '#shared/incident.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, duration, fullTime, timeOfDay, when } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice, StatusTile } from '../ui/status.tsx';
import styles from './alerts.module.css';

/** Incidents as rows: what, where, since when, who looks after it, and the way to the page where to look. */
export function IncidentList({ incidents, onChanged }: { incidents: readonly Incident[]; onChanged: () => void }) {
  const [error, setError] = useState<unknown>();
  return (
    <>
      {error !== undefined && (
        <Notice level="error" title="That did not work">
          {describeError(error).message}
        </Notice>
      )}
      <div className={styles.list}>
        {incidents.map((incident) => (
          <IncidentRow key={incident.id} incident={incident} onChanged={onChanged} onError={setError} />
        ))}
      </div>
    </>
  );
}

function IncidentRow({ incident, onChanged, onError }: { incident: Incident; onChanged: () => void; onError: (error: unknown) => void }) {
  const now = useNow();
  const may = useMay('analyst');
  const { flows } = useFlowList();
  const [busy, setBusy] = useState(false);
  const isOpen = incident.until === undefined;
  const flowName = flows?.find(({ id }) => id === incident.flow)?.name ?? incident.flow;
  const begun = `${when(incident.since, now)}${when(incident.since, now) === timeOfDay(incident.since) ? '' : ` ${timeOfDay(incident.since)}`}`;
  const acknowledge = (): void => {
    setBusy(true);
    api
      .acknowledge(incident.id)
      .then(onChanged, onError)
      .finally(() => setBusy(false));
  };
  return (
    <article className={styles.incident} aria-label={`${alertTitles[incident.kind]}, ${flowName}`}>
      <StatusTile level={isOpen ? alertLevels[incident.kind] : 'ok'} />
      <div>
        <p className={styles.sentence}>{incident.sentence}</p>
        <div className={styles.meta}>
          <Chip>{alertTitles[incident.kind]}</Chip>
          <Link to={`/flows/${incident.flow}`}>{flowName}</Link>
          <span title={fullTime(incident.since)}>
            {isOpen
              ? `Open for ${duration(Math.max(0, now - incident.since))}, since ${begun}`
              : `${begun}, over after ${duration((incident.until ?? 0) - incident.since)}, ${ago(incident.until ?? 0, now)}`}
          </span>
          {incident.acknowledged !== undefined && (
            <span title={fullTime(incident.acknowledged.at)}>{`${incident.acknowledged.who} looks after it`}</span>
          )}
        </div>
      </div>
      <div className={styles.actions}>
        {isOpen && may && incident.acknowledged === undefined && (
          <Button size="small" busy={busy} icon={<BellOff size={14} />} onClick={acknowledge}>
            I look after it
          </Button>
        )}
        <LookButton incident={incident} name={flowName} />
      </div>
    </article>
  );
}

function LookButton({ incident, name }: { incident: Incident; name: string }) {
  return (
    <Link to={incident.link} aria-label={`Look at ${alertTitles[incident.kind]} of ${name}`}>
      Look
    </Link>
  );
}
