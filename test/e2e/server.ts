import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminKey, startMillrace } from '../millrace.ts';

/** Starts one real server for the whole run, with the demo; its address and key reach the tests by environment. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
  const server = await startMillrace({ MILLRACE_DATA: folder, MILLRACE_DEMO: '1', MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8' });
  process.env.MILLRACE_URL = server.url;
  process.env.MILLRACE_ADMIN_KEY = adminKey;
  process.env.MILLRACE_DATA = folder;
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
