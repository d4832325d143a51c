import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';

const folder = '/usr/lib/postgresql';
const hint =
  'PostgreSQL is not installed: `apt-get install postgresql` brings it (Debian and Ubuntu), or set POSTGRES_BIN to the folder of initdb.';

/** Folder of `initdb` and `postgres`: POSTGRES_BIN, else the newest of Debian's; undefined when there is none. */
export function postgresBin(): string | undefined {
  const asked = process.env.POSTGRES_BIN;
  if (asked !== undefined) return existsSync(join(asked, 'initdb')) ? asked : undefined;
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

/**
 * Whether tests that need PostgreSQL can run here: `describe.skipIf(!hasPostgres())`. Says loudly when they cannot.
 * @throws where CI=true, because there a skipped test would pass for a green one.
 */
export function hasPostgres(): boolean {
  if (postgresBin() !== undefined) return true;
  if (process.env.CI === 'true') throw new Error(hint);
  console.warn(`SKIPPED: tests against PostgreSQL. ${hint}`);
  return false;
}

/** A PostgreSQL of the test's own. */
export interface TestPostgres {
  /** Connection string of a superuser on the empty database `postgres`. */
  url: string;
  /** Ends the server, whatever it does, and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server on 127.0.0.1 at a free port with files in a temporary folder, and resolves when it answers.
 * It trusts every local connection and does not sync to disk: for tests alone.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = postgresBin();
  if (bin === undefined) throw new Error(hint);
  const data = await mkdtemp(join(tmpdir(), 'millrace-pg-'));
  const user = serverUser();
  if (user) await chown(data, user.uid, user.gid);
  const options = { ...user, cwd: data, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
  const made = spawnSync(join(bin, 'initdb'), ['-D', join(data, 'db'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'], options);
  if (made.status !== 0) {
    await rm(data, { recursive: true, force: true });
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr.toString()}`);
  }
  // A port found free may be taken by the time the server wants it; then the next one.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${data}`, 'fsync=off', 'max_connections=50'];
    const server = spawn(join(bin, 'postgres'), ['-D', join(data, 'db'), ...settings.flatMap((setting) => ['-c', setting])], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    server.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-8000);
    });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    if (await answers(server, url)) {
      // The server must not outlive a test process that ends early.
      const end = () => server.kill('SIGKILL');
      process.once('exit', end);
      return {
        url,
        async stop() {
          process.off('exit', end);
          await exited(server, 'SIGINT');
          await rm(data, { recursive: true, force: true });
        },
      };
    }
    await exited(server, 'SIGKILL');
    if (attempt === 3) {
      await rm(data, { recursive: true, force: true });
      throw new Error(`PostgreSQL did not start: ${log}`);
    }
  }
}

/** PostgreSQL refuses to run as root; then as `postgres`, else as `nobody`. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name]));
    const [uid, gid] = ids.map((id) => (id.status === 0 ? Number(id.stdout.toString()) : Number.NaN));
    if (uid !== undefined && gid !== undefined && Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as.');
}

async function answers(server: ChildProcess, url: string): Promise<boolean> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && server.exitCode === null && server.signalCode === null) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return false;
}

function exited(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const hard = setTimeout(() => server.kill('SIGKILL'), 5000);
    server.once('exit', () => {
      clearTimeout(hard);
      resolve();
    });
    server.kill(signal);
  });
}
