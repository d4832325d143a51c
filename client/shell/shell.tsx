import { Bell, Blocks, History, Inbox, KeyRound, Layers, LockKeyhole, ReceiptText, Waypoints, Workflow } from 'lucide-react';
import { Suspense } from 'react';
import { Link, NavLink, Outlet } from 'react-router';
import type { Role } from '#shared/api.ts';
import { admits } from '#shared/api.ts';
import { useFlowList, useFlowListUpdates } from '../flow-list.ts';
import { exact, plural, short } from '../format.ts';
import { useOpenCounts } from '../inbox/open-counts.ts';
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
  { to: '/alerts', label: 'Alerts', icon: Bell, role: 'viewer' },
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
  const open = useOpenCounts();
  const incidents = useLive((live) => live.incidents);
  const seen = (list: Item[]): Item[] => list.filter((item) => admits(item.role, role));
  const below = seen(workspace);
  const countOf = (item: Item) => {
    if (item.to === '/flows' && flows !== undefined) return <span className={styles.count}>{flows.length}</span>;
    if (item.to === '/alerts' && incidents !== undefined && incidents.length > 0) {
      const unseen = incidents.filter(({ acknowledged }) => acknowledged === undefined).length;
      return (
        <span
          className={[styles.count, unseen > 0 ? styles.alarm : ''].join(' ')}
          title={`${exact(incidents.length)} open, ${exact(unseen)} that nobody looks after`}
        >
          {short(incidents.length)}
        </span>
      );
    }
    if (item.to === '/dead-letters' && open !== undefined && open.causes > 0) {
      return (
        <span
          className={[styles.count, styles.alarm].join(' ')}
          title={`${plural(open.causes, 'open cause')}, ${plural(open.messages, 'message')}`}
        >
          {short(open.causes)}
          <span className="visually-hidden"> open causes</span>
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
