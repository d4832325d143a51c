import { Blocks, History, Inbox, KeyRound, Layers, LockKeyhole, ReceiptText, Waypoints, Workflow } from 'lucide-react';
import { Suspense } from 'react';
import { Link, NavLink, Outlet } from 'react-router';
import type { Role } from '#shared/api.ts';
import { admits } from '#shared/api.ts';
import { useFlowList, useFlowListUpdates } from '../flow-list.ts';
import { exact, short } from '../format.ts';
import { useLive } from '../live.ts';
import { useSession } from '../session.ts';
import { EnvironmentChip } from './environment.tsx';
import { FlowNav } from './flow-nav.tsx';
import { Logo } from './logo.tsx';
import { PersonMenu } from './person-menu.tsx';
import styles from './shell.module.css';

interface Item {
  to: string;
  label: string;
  icon: typeof Inbox;
  role: Role;
}

const items: Item[] = [
  { to: '/flows', label: 'Flows', icon: Workflow, role: 'viewer' },
  { to: '/dead-letters', label: 'Dead letters', icon: Inbox, role: 'viewer' },
  { to: '/traces', label: 'Trace', icon: Waypoints, role: 'viewer' },
  { to: '/replays', label: 'Replays', icon: History, role: 'viewer' },
  { to: '/topics', label: 'Topics', icon: Layers, role: 'viewer' },
  { to: '/node-types', label: 'Node types', icon: Blocks, role: 'viewer' },
];

const workspace: Item[] = [
  { to: '/secrets', label: 'Secrets', icon: LockKeyhole, role: 'analyst' },
  { to: '/keys', label: 'API keys', icon: KeyRound, role: 'admin' },
  { to: '/audit', label: 'Audit', icon: ReceiptText, role: 'admin' },
];

/** Left navigation and, beside it, the page. Pages that this role may not see are not linked. */
export function Shell() {
  useFlowListUpdates();
  return (
    <div className={styles.shell}>
      <a href="#page" className={styles.skip}>
        Skip to the page
      </a>
      <Navigation />
      <main id="page" className={styles.page} tabIndex={-1}>
        <FlowNav />
        <div className={styles.scroll}>
          <Suspense>
            <Outlet />
          </Suspense>
        </div>
      </main>
    </div>
  );
}

function Navigation() {
  const role = useSession((session) => session.me?.role) ?? 'viewer';
  const { flows } = useFlowList();
  const dead = useLive((live) => {
    let total = 0;
    for (const flow of live.flows.values()) total += flow.status.balance.dead;
    return total;
  });
  const seen = (list: Item[]): Item[] => list.filter((item) => admits(item.role, role));
  const below = seen(workspace);
  const countOf = (item: Item) => {
    if (item.to === '/flows' && flows !== undefined) return <span className={styles.count}>{flows.length}</span>;
    if (item.to === '/dead-letters' && dead > 0) {
      return (
        <span className={[styles.count, styles.alarm].join(' ')} title={`${exact(dead)} dead letters since the first deploy`}>
          {short(dead)}
        </span>
      );
    }
    return null;
  };
  const link = (item: Item) => (
    <li key={item.to}>
      <NavLink to={item.to} className={({ isActive }) => [styles.item, isActive ? styles.active : ''].join(' ')} title={item.label}>
        <item.icon size={16} aria-hidden="true" />
        <span className={styles.label}>{item.label}</span>
        {countOf(item)}
      </NavLink>
    </li>
  );
  return (
    <nav className={styles.nav} aria-label="Main">
      <Link to="/flows" className={styles.brand} aria-label="Millrace, to the flows">
        <Logo />
        <span className={styles.label}>Millrace</span>
      </Link>
      <ul>{seen(items).map(link)}</ul>
      {below.length > 0 && (
        <>
          <h2 className={styles.heading}>Workspace</h2>
          <ul>{below.map(link)}</ul>
        </>
      )}
      <div className={styles.foot}>
        <div className={styles.environment}>
          <EnvironmentChip />
        </div>
        <PersonMenu />
      </div>
    </nav>
  );
}
