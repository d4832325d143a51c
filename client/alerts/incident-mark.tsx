import { OctagonAlert, TriangleAlert } from 'lucide-react';
import { Link } from 'react-router';
import { alertTitles, gravestOf } from '#shared/alert.ts';
import { exact, plural } from '../format.ts';
import { useLive } from '../live.ts';
import styles from './incident-mark.module.css';

/** That a flow has open incidents, how many and how grave, as a link to them; live, and nothing while there are none. */
export function IncidentMark({
  flow,
  name,
  tight = false,
}: {
  flow: string;
  name: string;
  /** Where there is little room a narrow window shows the number alone. */
  tight?: boolean;
}) {
  const open = useLive((live) => live.incidents)?.filter((incident) => incident.flow === flow) ?? [];
  const level = gravestOf(open);
  if (level === undefined) return null;
  const Icon = level === 'error' ? OctagonAlert : TriangleAlert;
  const kinds = [...new Set(open.map(({ kind }) => alertTitles[kind]))].join(', ');
  return (
    <Link
      to={`/alerts?${new URLSearchParams({ flow }).toString()}`}
      className={[styles.mark, styles[level]].join(' ')}
      aria-label={`${plural(open.length, 'open incident')} of ${name}`}
      title={`${exact(open.length)} open: ${kinds}`}
    >
      <Icon size={12} aria-hidden="true" />
      <span>
        {exact(open.length)}
        <span className={tight ? styles.word : undefined}>{open.length === 1 ? ' incident' : ' incidents'}</span>
      </span>
    </Link>
  );
}
