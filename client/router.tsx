import { createBrowserRouter, Navigate, useRouteError } from 'react-router';
import { FlowsPage } from './pages/flows-page.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { Gate } from './shell/gate.tsx';
import { Shell } from './shell/shell.tsx';
import { ErrorState } from './ui/states.tsx';

function PageFailed() {
  const error = useRouteError();
  return <ErrorState what="This page failed" error={error} onRetry={() => location.reload()} />;
}

// A glob, so that this builds before the file is there; each page is a chunk of its own.
const editor = import.meta.glob<{ EditorPage: React.ComponentType }>('./editor/editor-page.tsx');

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
        lazy: async () => {
          const page = await editor['./editor/editor-page.tsx']?.();
          return { Component: page?.EditorPage ?? NotFoundPage };
        },
      },
      {
        element: <Shell />,
        children: [
          { path: '/', element: <Navigate to="/flows" replace /> },
          { path: '/flows', element: <FlowsPage /> },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
