import type { Request, Response } from 'express';
import type { Role } from '#shared/api.ts';
import { admits } from '#shared/api.ts';
import type { Store } from '../store/store.ts';
import { Refusal } from './refusal.ts';
import type { Who } from './route.ts';

const cookieName = 'millrace_session';
/** How long a browser stays signed in, in ms. */
const sessionLife = 30 * 24 * 3_600_000;

/** Who sends a request: by API key, else by session cookie. A key that is not one is refused, also on public routes. */
export async function identify(store: Store, request: Request): Promise<Who | undefined> {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const key = /^Bearer +(\S+)$/i.exec(header)?.[1];
    const found = key === undefined ? undefined : await store.keys.use(key);
    if (!found) throw notSignedIn('This API key does not exist or was removed.');
    return { name: found.name, role: found.role };
  }
  const token = sessionToken(request);
  const session = token === undefined ? undefined : await store.sessions.find(token);
  if (!session) return undefined;
  if (changesState(request)) requireSameOrigin(request);
  return { name: session.name, role: session.role };
}

/** Lets through who has the role; 401 for nobody, 403 for too little. */
export function requireRole(who: Who | undefined, role: Role): Who {
  if (!who) throw notSignedIn('Sign in, or send an API key in the header "Authorization: Bearer …".');
  if (!admits(role, who.role)) {
    throw new Refusal(403, 'role/too-low', `This needs the role ${role}; ${who.name} has the role ${who.role}.`);
  }
  return who;
}

/** Opens a session for a key or a link and sets its cookie. */
export async function signIn(
  store: Store,
  credentials: { key: string } | { link: string },
  request: Request,
  response: Response,
  secure: boolean,
): Promise<Who> {
  // Also the sign-in itself: a foreign page must not sign a browser in as somebody else.
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined) requireSameOrigin(request);
  const { apiKey, ...who } = await ownerOf(store, credentials);
  const { token } = await store.sessions.open({ ...who, ...(apiKey !== undefined && { apiKey }) }, sessionLife);
  response.cookie(cookieName, token, { ...cookieOptions(secure), maxAge: sessionLife });
  return who;
}

/** Ends the session of this browser and takes its cookie back. */
export async function signOut(store: Store, request: Request, response: Response, secure: boolean): Promise<void> {
  const token = sessionToken(request);
  if (token !== undefined) await store.sessions.close(token);
  response.clearCookie(cookieName, cookieOptions(secure));
}

async function ownerOf(store: Store, credentials: { key: string } | { link: string }): Promise<Who & { apiKey?: string }> {
  if ('key' in credentials) {
    const key = await store.keys.use(credentials.key);
    if (!key) throw notSignedIn('This API key does not exist or was removed.');
    return { name: key.name, role: key.role, apiKey: key.id };
  }
  const role = await store.sessions.takeLink(credentials.link);
  if (!role) throw notSignedIn('This link was used already or is too old. Start Millrace again for a new one, or sign in with an API key.');
  return { name: role, role };
}

function cookieOptions(secure: boolean) {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure } as const;
}

function notSignedIn(message: string): Refusal {
  return new Refusal(401, 'session/none', message, { headers: { 'www-authenticate': 'Bearer realm="millrace"' } });
}

function sessionToken(request: Request): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === cookieName && value) return value;
  }
  return undefined;
}

function changesState(request: Request): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD';
}

/**
 * Refuses a request that another site makes a browser send. Every browser that can run the studio sends one of the two
 * headers with a request that changes something; a cookie without either comes from something that forges it.
 */
function requireSameOrigin(request: Request): void {
  const site = request.headers['sec-fetch-site'];
  const origin = request.headers.origin;
  const same = origin !== undefined ? hostOf(origin) === request.headers.host : site === 'same-origin';
  if (!same || site === 'cross-site' || site === 'same-site') {
    throw new Refusal(
      403,
      'session/cross-site',
      'This request came from another site. Scripts sign in with an API key instead of a cookie.',
    );
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
