import { createBrowserRouter, Navigate, useRouteError } from 'react-router';
import { InboxPage } from './inbox/inbox-page.tsx';
import { AuditPage } from './pages/audit-page.tsx';
import { FlowsPage } from './pages/flows-page.tsx';
import { KeysPage } from './pages/keys-page.tsx';
import { NodeTypesPage } from './pages/node-types-page.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { SecretsPage } from './pages/secrets-page.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { TopicsPage } from './pages/topics-page.tsx';
import { Gate } from './shell/gate.tsx';
import { Shell } from './shell/shell.tsx';
import { ErrorState } from './ui/states.tsx';

function PageFailed() {
  const error = useRouteError();
  return <ErrorState what="This page failed" error={error} onRetry={() => location.reload()} />;
}

/** Every address of the studio. The editor fills the window; all other pages stand in the shell. */
export const router = createBrowserRouter([
  { path: '/sign-in', element: <SignInPage />, errorElement: <PageFailed /> },
  {
    element: <Gate />,
    errorElement: <PageFailed />,
    hydrateFallbackElement: <></>,
    children: [
      {
        path: '/flows/:id',
        errorElement: <PageFailed />,
        // The editor brings React Flow and CodeMirror, which the lists do not need.
        lazy: async () => ({ Component: (await import('./editor/editor-page.tsx')).EditorPage }),
      },
      {
        element: <Shell />,
        children: [
          { path: '/', element: <Navigate to="/flows" replace /> },
          { path: '/flows', element: <FlowsPage /> },
          {
            path: '/flows/:id/deploy',
            lazy: async () => ({ Component: (await import('./deploy/deploy-page.tsx')).DeployPage }),
          },
          {
            path: '/flows/:id/deployments',
            lazy: async () => ({ Component: (await import('./deploy/deployments-page.tsx')).DeploymentsPage }),
          },
          {
            path: '/flows/:id/history',
            lazy: async () => ({ Component: (await import('./history/history-page.tsx')).HistoryPage }),
          },
          {
            path: '/flows/:id/ledger',
            lazy: async () => ({ Component: (await import('./ledger/ledger-page.tsx')).LedgerPage }),
          },
          {
            path: '/flows/:id/replay',
            lazy: async () => ({ Component: (await import('./replay/replay-page.tsx')).ReplayPage }),
          },
          {
            path: '/flows/:id/time',
            lazy: async () => ({ Component: (await import('./time/time-page.tsx')).TimePage }),
          },
          { path: '/replays', lazy: async () => ({ Component: (await import('./replay/replays-page.tsx')).ReplaysPage }) },
          { path: '/replays/:id', lazy: async () => ({ Component: (await import('./replay/report-page.tsx')).ReportPage }) },
          { path: '/dead-letters/:flow?', element: <InboxPage /> },
          {
            path: '/traces',
            lazy: async () => ({ Component: (await import('./trace/search-page.tsx')).SearchPage }),
          },
          {
            path: '/lineage/:flow',
            lazy: async () => ({ Component: (await import('./trace/lineage-page.tsx')).LineagePage }),
          },
          {
            path: '/traces/:flow',
            lazy: async () => ({ Component: (await import('./trace/way-page.tsx')).WayPage }),
          },
          { path: '/alerts', lazy: async () => ({ Component: (await import('./alerts/alerts-page.tsx')).AlertsPage }) },
          {
            path: '/flows/:id/reconcile',
            lazy: async () => ({ Component: (await import('./reconcile/reconcile-page.tsx')).ReconcilePage }),
          },
          { path: '/topics', element: <TopicsPage /> },
          { path: '/node-types', element: <NodeTypesPage /> },
          { path: '/secrets', element: <SecretsPage /> },
          { path: '/keys', element: <KeysPage /> },
          { path: '/audit', element: <AuditPage /> },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
