import { ArrowRight } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { Me } from '#shared/api.ts';
import { ApiError, api } from '../api.ts';
import { setMe, useSession } from '../session.ts';
import { Logo } from '../shell/logo.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './sign-in.module.css';

/** A link works once, so a second mount (React's strict mode) must join the first request instead of sending another. */
const linkRequests = new Map<string, Promise<Me>>();

function redeem(link: string): Promise<Me> {
  const known = linkRequests.get(link) ?? signInWith(link);
  linkRequests.set(link, known);
  return known;
}

/** Who opens a used link in a browser that is signed in already stays so. */
async function signInWith(link: string): Promise<Me> {
  try {
    return await api.signIn({ link });
  } catch (error) {
    return await api.me({ quiet: true }).catch(() => {
      throw error;
    });
  }
}

/** Only paths of this studio: a link from outside must not lead elsewhere after signing in. */
function safeNext(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/flows';
}

/** Sign in with an API key, or at once with the one-time link that the server printed at its start (`?link=`). */
export function SignInPage() {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const signedIn = useSession((session) => session.me);
  const next = safeNext(query.get('next'));
  const link = query.get('link');
  const [key, setKey] = useState('');
  const [busy, setBusy] = useState(link !== null);
  const [error, setError] = useState<{ title: string; text: string }>();
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (signedIn) void navigate(next, { replace: true });
  }, [signedIn, next, navigate]);

  useEffect(() => {
    if (link === null) return;
    let current = true;
    redeem(link).then(
      (me) => current && setMe(me),
      (cause: unknown) => {
        if (!current) return;
        setBusy(false);
        const used = cause instanceof ApiError && cause.status >= 400 && cause.status < 500;
        setError({
          title: used ? 'This link has been used or is too old' : 'The link could not be checked',
          text: used
            ? 'A link signs in once. Restart the server to get a new one, or sign in with an API key.'
            : describeError(cause).message,
        });
      },
    );
    return () => {
      current = false;
    };
  }, [link]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() === '') {
      setError({ title: 'The key is missing', text: 'Paste an API key, or open the link that the server printed when it started.' });
      input.current?.focus();
      return;
    }
    setBusy(true);
    setError(undefined);
    api.signIn({ key: key.trim() }).then(setMe, (cause: unknown) => {
      setBusy(false);
      const refused = cause instanceof ApiError && (cause.status === 401 || cause.status === 403);
      setError({
        title: refused ? 'This key is not known here' : 'Signing in did not work',
        text: refused ? 'Check that it was copied whole. An admin can make a new one under API keys.' : describeError(cause).message,
      });
      input.current?.focus();
    });
  };

  return (
    <main className={styles.page}>
      <title>Sign in · Millrace</title>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Logo size={24} />
          Millrace
        </div>
        <h1 className={styles.title}>Sign in</h1>
        <p className={styles.sentence}>Open the link that the server printed when it started, or use an API key.</p>
        {error && (
          <div className={styles.error}>
            <Notice level="error" title={error.title}>
              {error.text}
            </Notice>
          </div>
        )}
        <form onSubmit={submit} className={styles.form}>
          <TextField
            label="API key"
            ref={input}
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            mono
            autoFocus
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
          <Button type="submit" look="filled" size="main" busy={busy} icon={<ArrowRight size={16} />}>
            {busy && link !== null ? 'Signing in with the link' : 'Sign in'}
          </Button>
        </form>
      </div>
      <p className={styles.foot}>Draw it, deploy it, and know what became of every message.</p>
    </main>
  );
}
