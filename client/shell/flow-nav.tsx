import { ArrowLeft } from 'lucide-react';
import { Link, NavLink, useMatch } from 'react-router';
import { IncidentMark } from '../alerts/incident-mark.tsx';
import { useFlowList } from '../flow-list.ts';
import styles from './flow-nav.module.css';

/** The pages of one flow, in the order in which they are needed: what it is, what became of it, how to mend it. */
const pages: readonly { path: string; label: string }[] = [
  { path: 'deploy', label: 'Deploy' },
  { path: 'history', label: 'History' },
  { path: 'deployments', label: 'Deployments' },
  { path: 'ledger', label: 'Ledger' },
  { path: 'time', label: 'Time' },
  { path: 'replay', label: 'Replay' },
  { path: 'reconcile', label: 'Reconcile' },
];

/** Leads from one page of a flow to its others; nothing on pages that are of no flow. */
export function FlowNav() {
  const match = useMatch('/flows/:id/:page/*');
  const { flows } = useFlowList();
  if (match === null) return null;
  const { id = '' } = match.params;
  const name = flows?.find((flow) => flow.id === id)?.name ?? id;
  return (
    <nav className={styles.bar} aria-label={`Pages of ${name}`}>
      <Link to={`/flows/${id}`} className={styles.flow} title={`To the canvas of ${name}`}>
        <ArrowLeft size={16} aria-hidden="true" />
        <span className={styles.name}>{name}</span>
      </Link>
      <ul className={styles.list}>
        {pages.map(({ path, label }) => (
          <li key={path}>
            <NavLink to={`/flows/${id}/${path}`} className={({ isActive }) => [styles.item, isActive ? styles.active : ''].join(' ')}>
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
      <span className={styles.incidents}>
        <IncidentMark flow={id} name={name} />
      </span>
    </nav>
  );
}
