import { spawnSync } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import { freePort } from '../free-port.ts';
import { adminKey, deployFlow, type MillraceProcess, startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import { flowOf } from './flow.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** A small file system of its own, which only root may mount; undefined where that is not allowed. */
async function mountSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-small-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]).status === 0) return folder;
  await rm(folder, { recursive: true, force: true });
  if (process.env.CI === 'true' && process.getuid?.() === 0)
    throw new Error('The test of a full disk must run in CI as root, and mounting a tmpfs failed.');
  console.warn('SKIPPED: the test of a full disk needs the right to mount a tmpfs.');
  return undefined;
}

/** Writes until nothing more goes in. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (let size = 1024 * 1024; size >= 1; ) {
      try {
        if (writeSync(handle, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(handle);
  }
}

const disk = await mountSmallDisk();

describe.skipIf(disk === undefined)('a disk that is full', () => {
  const folder = disk ?? '';
  let server: MillraceProcess;
  let receiver: Receiver;
  const accepted: number[] = [];

  beforeAll(async () => {
    receiver = await startReceiver();
    server = await startMillrace({
      MILLRACE_DATA: join(folder, 'data'),
      MILLRACE_PORT: String(await freePort()),
      MILLRACE_ALLOW_PRIVATE: '127.0.0.0/8',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await receiver?.close();
    spawnSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });

  async function post(n: number): Promise<number> {
    const body = JSON.stringify({ n, filling: 'x'.repeat(50_000) });
    const { status } = await fetch(`${server.url}/hooks/full`, { method: 'POST', body });
    if (status === 200) accepted.push(n);
    return status;
  }

  it('refuses events and drafts with a clear error, loses nothing that was accepted, and goes on when there is space', async () => {
    const flow = flowOf('full', [
      { id: 'in', type: 'webhook', config: { path: 'full' } },
      { id: 'map', type: 'map', config: { expression: '{ "n": n }' } },
      { id: 'out', type: 'http', config: { url: JSON.stringify(receiver.url) } },
    ]);
    const record = await deployFlow(server, flow);
    for (let n = 0; n < 20; n++) expect(await post(n)).toBe(200);

    fill(join(folder, 'filling'));
    // Together, because each is tried for half a minute before it is refused.
    const statuses = await Promise.all([20, 21, 22, 23].map(post));
    const refused = new Set(statuses.filter((status) => status !== 200));
    expect([...refused]).toEqual([503]);
    const draft = await fetch(`${server.url}/api/flows/full`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', 'if-match': `"${record.revision}"` },
      body: JSON.stringify({ ...flow, name: 'n'.repeat(100), nodes: flow.nodes.map((node) => ({ ...node, note: 'x'.repeat(4000) })) }),
    });
    expect(draft.status).toBe(507);
    expect(await draft.text()).toContain('full');
    expect((await server.api<FlowRecord>('GET', '/api/flows/full')).flow.name).toBe('full');

    unlinkSync(join(folder, 'filling'));
    await until('events are taken again', async () => (await post(100)) === 200, 90_000, 500);
    await until(
      'all that was accepted is delivered',
      () => {
        const done = new Set([...receiver.done.values()].map((body) => (JSON.parse(body) as { n: number }).n));
        return accepted.every((n) => done.has(n));
      },
      90_000,
    );
    await until('the ledger is closed', async () => (await statusOf(server, 'full')).balance.inFlight === 0);
    const { balance, state } = await statusOf(server, 'full');
    expect({ state, difference: balance.difference }).toEqual({ state: 'running', difference: 0 });
    expect(new Set(receiver.done.values()).size).toBe(receiver.done.size);
  }, 300_000);
});
