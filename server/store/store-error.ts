/**
 * What the store says when it refuses, as data for HTTP and the CLI to translate:
 * `unknown` there is no such thing · `exists` the name is taken · `stale` somebody else was faster ·
 * `full` no space left · `locked` another process writes · `unavailable` the database does not answer ·
 * `sealed` a secret cannot be opened with this key · `invalid` the database cannot hold such text ·
 * `limit` more than may be kept.
 */
export type StoreErrorCode = 'invalid' | 'unknown' | 'exists' | 'stale' | 'full' | 'locked' | 'unavailable' | 'sealed' | 'limit';

/** A refusal of the store: one sentence for people in `message`, a code for programs, never a value of a secret. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** With `stale`: the revision that stands now. */
  readonly revision: number | undefined;
  constructor(code: StoreErrorCode, message: string, options: { cause?: unknown; revision?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StoreError';
    this.code = code;
    this.revision = options.revision;
  }
}

/** SQLite's and PostgreSQL's own codes, sorted by what they mean to us. PostgreSQL's appendix A, sqlite.org/rescode.html. */
const meanings: Record<string, { code: StoreErrorCode; message: string }> = {
  SQLITE_CONSTRAINT_UNIQUE: { code: 'exists', message: 'There is one of that name already.' },
  SQLITE_CONSTRAINT_PRIMARYKEY: { code: 'exists', message: 'There is one of that name already.' },
  SQLITE_CONSTRAINT_FOREIGNKEY: { code: 'unknown', message: 'What this belongs to no longer exists.' },
  SQLITE_FULL: { code: 'full', message: 'The disk that holds the data folder is full: nothing was saved. Free some space and try again.' },
  SQLITE_BUSY: { code: 'locked', message: 'Another process is writing to the database of this data folder.' },
  SQLITE_READONLY: { code: 'unavailable', message: 'The database in the data folder cannot be written: check the rights of the folder.' },
  SQLITE_IOERR: { code: 'unavailable', message: 'The disk did not do what the database asked of it: nothing was saved.' },
  SQLITE_CORRUPT: { code: 'unavailable', message: 'The database in the data folder is damaged: restore it from a backup.' },
  '22021': { code: 'invalid', message: 'PostgreSQL keeps no text with a NUL character in it: remove that character.' },
  '23505': { code: 'exists', message: 'There is one of that name already.' },
  '23503': { code: 'unknown', message: 'What this belongs to no longer exists.' },
  '53100': { code: 'full', message: 'The disk of the PostgreSQL server is full: nothing was saved.' },
};
const away = {
  code: 'unavailable',
  message: 'The database does not answer: nothing was saved. Check DATABASE_URL and the PostgreSQL server.',
} as const;

/** Makes our own error of a database driver's; errors that say nothing to a person pass through unchanged. */
export function translate(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = meanings[code] ?? meanings[code.split('_').slice(0, 2).join('_')];
  if (known) return new StoreError(known.code, known.message, { cause: error });
  // 08: connection exceptions, 57P: shutting down, 53: too many connections; the rest are the socket's.
  const gone =
    /^(08...|57P0.|53...|ECONN.*|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_AGAIN)$/.test(code) || /Connection terminated/.test(error.message);
  return gone ? new StoreError(away.code, away.message, { cause: error }) : error;
}

/** Wraps a noun's functions so that every rejection leaves as ours. */
export function translated<T extends object>(noun: T): T {
  const wrapped = Object.entries(noun).map(([name, run]) => [
    name,
    async (...parameters: unknown[]) => {
      try {
        return await (run as (...all: unknown[]) => Promise<unknown>)(...parameters);
      } catch (error) {
        throw translate(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
