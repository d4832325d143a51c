import { createHash, randomUUID } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps a second process off a data folder. The lock is a listening local socket: it ends with the process that holds it,
 * however that ends, so there are no stale process ids to reason about.
 */

/** A held lock. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Longest path that a local socket may have on all systems. */
const MAX_SOCKET_PATH = 100;
const CHECK_AFTER_MS = 50;

function candidates(dir: string): string[] {
  const name = createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return [`\\\\.\\pipe\\millrace-${name}`];
  const inside = join(dir, 'lock.sock');
  const outside = join(tmpdir(), `millrace-${name}.sock`);
  return inside.length <= MAX_SOCKET_PATH ? [inside, outside] : [outside];
}

function listen(path: string, secret: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(secret);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** What the holder of the socket says; undefined when nobody listens. A holder that is stopped counts as one. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    let connected = false;
    const done = () => {
      socket.destroy();
      resolve(connected ? text : undefined);
    };
    socket.setTimeout(1_000, done);
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', done);
    socket.on('error', done);
  });
}

async function takePath(path: string, dir: string): Promise<Server> {
  const secret = randomUUID();
  try {
    return await listen(path, secret);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  }
  const refusal = new Error(`The data folder ${dir} is in use by another process; stop that one first, or choose another folder.`);
  if ((await ask(path)) !== undefined) throw refusal;
  // Left behind by a process that was killed. Two processes may both find it so and replace each other's socket: the one
  // whose socket still stands a moment later has it.
  rmSync(path, { force: true });
  const server = await listen(path, secret).catch(() => {
    throw refusal;
  });
  await new Promise((resolve) => setTimeout(resolve, CHECK_AFTER_MS));
  if ((await ask(path)) === secret) return server;
  server.close();
  throw refusal;
}

/** Locks a folder, or throws an error of one sentence when a living process holds it. */
export async function lockFolder(dir: string): Promise<FolderLock> {
  let failure: unknown;
  for (const path of candidates(dir)) {
    try {
      const server = await takePath(path, dir);
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      failure = error; // A file system without local sockets: the next place is tried.
    }
  }
  throw new Error(`The data folder ${dir} cannot be locked: ${(failure as Error).message}.`);
}
