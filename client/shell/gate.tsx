import { useEffect } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { ApiError, api, onSignedOut } from '../api.ts';
import { clearFlowList } from '../flow-list.ts';
import { startLive, stopLive } from '../live.ts';
import { useLoad } from '../load.ts';
import { setMe, useSession } from '../session.ts';
import { ErrorState } from '../ui/states.tsx';
import { EnvironmentFrame } from './environment.tsx';

async function whoAmI(): Promise<void> {
  // With a one-time link in the address the sign-in page asks, after it has used the link.
  if (new URLSearchParams(location.search).has('link')) {
    setMe(null);
    return;
  }
  try {
    setMe(await api.me({ quiet: true }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    setMe(null);
  }
}

/** Lets only those in who are signed in, and sends the others to the sign-in page and back afterwards. Runs the live connection. */
export function Gate() {
  const me = useSession((session) => session.me);
  const location = useLocation();
  const loaded = useLoad(whoAmI, 'me');
  const link = new URLSearchParams(location.search).get('link');

  useEffect(() => onSignedOut(() => setMe(null)), []);
  const signedIn = me !== undefined && me !== null;
  useEffect(() => {
    if (!signedIn) return;
    startLive();
    return () => {
      stopLive();
      clearFlowList();
    };
  }, [signedIn]);

  if (me === undefined && loaded.error !== undefined) {
    return <ErrorState what="The studio could not start" error={loaded.error} onRetry={loaded.reload} />;
  }
  if (me === undefined) return null;
  if (me === null) {
    const next = `${location.pathname}${link === null ? location.search : ''}`;
    const query = new URLSearchParams(link === null ? {} : { link });
    if (next !== '/' && next !== '/flows') query.set('next', next);
    return <Navigate to={{ pathname: '/sign-in', search: query.toString() }} replace />;
  }
  return (
    <>
      <EnvironmentFrame />
      <Outlet />
    </>
  );
}
