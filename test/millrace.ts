import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FlowRecord, ProblemDetails } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import { freePort } from './free-port.ts';
import { until } from './wait.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const adminKey = 'an-admin-key-for-tests';

/** A Millrace process, as a user would start it. */
export interface MillraceProcess {
  url: string;
  pid: number;
  /** What it wrote so far, both streams. */
  output(): string;
  exited: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Calls the API as admin; refusals throw with their problems. */
  api<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
}

/** Spawns the command line with the given environment and nothing of the caller's own settings. */
export function spawnMillrace(
  args: string[],
  env: Record<string, string>,
): { child: ChildProcess; output(): string; exited: Promise<number | null> } {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(MILLRACE|KAFKA|DATABASE)_/.test(name)));
  const child = spawn(process.execPath, [join(root, 'server', 'millrace.mjs'), ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // Not at 'exit': what it wrote last may come after that.
  const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, output: () => text, exited };
}

/** `millrace start` on a data folder; resolves when it answers. Builds it first when it is not built. */
export async function startMillrace(env: Record<string, string> & { MILLRACE_DATA: string }): Promise<MillraceProcess> {
  const port = Number(env.MILLRACE_PORT ?? (await freePort()));
  const { child, output } = spawnMillrace(['start'], {
    MILLRACE_DEMO: '0',
    MILLRACE_ADMIN_KEY: adminKey,
    MILLRACE_LOG: 'warn',
    ...env,
    MILLRACE_PORT: String(port),
  });
  // Its broker has the same streams, and may live a moment longer than a server that is killed.
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const url = `http://127.0.0.1:${port}`;
  let over = false;
  void exited.then(() => {
    over = true;
  });
  await until(
    'Millrace answers',
    async () => {
      if (over) return true;
      return (await fetch(`${url}/healthz`)).ok;
    },
    120_000,
  );
  if (over || child.pid === undefined) throw new Error(`Millrace did not start:\n${output()}`);

  return {
    url,
    pid: child.pid,
    output,
    exited,
    signal: (signal) => void child.kill(signal),
    async api<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${adminKey}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) {
        const { detail, problems } = JSON.parse(text) as ProblemDetails;
        throw new Error(`${response.status} ${detail ?? ''} ${JSON.stringify(problems)}`);
      }
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** Saves a flow as a draft and makes it live. */
export async function deployFlow(server: MillraceProcess, flow: { id: string }): Promise<FlowRecord> {
  const record = await server.api<FlowRecord>('POST', '/api/flows', flow);
  await server.api('POST', `/api/flows/${flow.id}/deploy`, {});
  return record;
}

export function statusOf(server: MillraceProcess, flow: string): Promise<FlowStatus> {
  return server.api<FlowStatus>('GET', `/api/flows/${flow}/status`);
}
