import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { StoreError } from './store-error.ts';

/** A held lock. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one on a data folder. The lock is SQLite's exclusive lock on an empty file, which is the
 * operating system's own file lock: it ends with the process, however that ends, and two processes that start at the
 * same moment cannot both get it (a socket or pid file that is found stale can be taken over twice).
 * Rejects with `locked` and one sentence when another process holds the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const file = new Sqlite(join(folder, 'lock.db'), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')) throw error;
    throw new StoreError(
      'locked',
      `Another Millrace is running on the data folder ${folder}: stop it, or give this one another folder (MILLRACE_DATA).`,
    );
  }
  return {
    async release() {
      file.close();
    },
  };
}
