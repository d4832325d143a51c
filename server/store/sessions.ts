import type { Role } from '#shared/api.ts';
import { type Database, now } from './tables.ts';
import { hashToken, newToken } from './tokens.ts';

/** Who a browser session belongs to. */
export interface Session {
  name: string;
  role: Role;
  expiresAt: string;
}

/** Browser sessions and the one-time links that open one. Of both only the hash is kept. */
export interface SessionStore {
  /** Opens a session and gives the token for the cookie. With `apiKey` it ends when that key is removed. */
  open(owner: { name: string; role: Role; apiKey?: string }, lifeMs: number): Promise<{ token: string; session: Session }>;
  /** Undefined when there is none or its time is over. */
  find(token: string): Promise<Session | undefined>;
  close(token: string): Promise<void>;
  /** Makes a link token that opens one session of this role; older links stop working. */
  createLink(role: Role, lifeMs: number): Promise<string>;
  /** Uses up a link; undefined when it was used, replaced or is too old. */
  takeLink(token: string): Promise<Role | undefined>;
}

/** Opens the sessions. */
export function openSessions(db: Database): SessionStore {
  const after = (ms: number): string => new Date(Date.now() + ms).toISOString();
  return {
    async open(owner, lifeMs) {
      const token = newToken('mrs_');
      const session: Session = { name: owner.name, role: owner.role, expiresAt: after(lifeMs) };
      await db.deleteFrom('sessions').where('expires_at', '<', now()).execute();
      await db
        .insertInto('sessions')
        .values({
          hash: hashToken(token),
          name: owner.name,
          role: owner.role,
          api_key: owner.apiKey ?? null,
          created_at: now(),
          expires_at: session.expiresAt,
        })
        .execute();
      return { token, session };
    },
    async find(token) {
      const row = await db
        .selectFrom('sessions')
        .select(['name', 'role', 'expires_at'])
        .where('hash', '=', hashToken(token))
        .where('expires_at', '>=', now())
        .executeTakeFirst();
      return row && { name: row.name, role: row.role, expiresAt: row.expires_at };
    },
    async close(token) {
      await db.deleteFrom('sessions').where('hash', '=', hashToken(token)).execute();
    },
    async createLink(role, lifeMs) {
      const token = newToken('mrl_');
      await db.transaction().execute(async (trx) => {
        await trx.deleteFrom('login_links').execute();
        await trx
          .insertInto('login_links')
          .values({ hash: hashToken(token), role, expires_at: after(lifeMs) })
          .execute();
      });
      return token;
    },
    async takeLink(token) {
      const row = await db
        .deleteFrom('login_links')
        .where('hash', '=', hashToken(token))
        .returning(['role', 'expires_at'])
        .executeTakeFirst();
      return row && row.expires_at >= now() ? row.role : undefined;
    },
  };
}
