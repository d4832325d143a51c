import { create } from 'zustand';
import { admits, type Me, type Role } from '#shared/api.ts';

interface Session {
  /** Who is signed in: undefined while unknown, null when nobody is. */
  me: Me | null | undefined;
}

/** Who is signed in, for the whole studio. */
export const useSession = create<Session>(() => ({ me: undefined }));

export function setMe(me: Me | null): void {
  useSession.setState({ me });
}

/** The person or key that is signed in. Only for components below the shell, which renders nothing else before. */
export function useMe(): Me {
  const me = useSession((session) => session.me);
  if (!me) throw new Error('useMe was called where nobody is signed in; render it below the shell.');
  return me;
}

/** True when the one signed in may do what needs this role. */
export function useMay(role: Role): boolean {
  return useSession((session) => (session.me ? admits(role, session.me.role) : false));
}
