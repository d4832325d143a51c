import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployFlow, startMillrace } from '../millrace.ts';
import { until } from '../wait.ts';
import type { Bench } from './main.ts';

const secondsMeasured = 20;

function flowOf(number: number) {
  return {
    format: 1,
    id: `idle-${number}`,
    name: `Idle ${number}`,
    nodes: [
      { id: 'in', type: 'webhook', version: 1, config: { path: `idle/${number}` } },
      { id: 'map', type: 'map', version: 1, config: { expression: '{ "id": id }' } },
      { id: 'out', type: 'log', version: 1, config: {} },
    ],
    edges: [
      { id: 'e1', from: { node: 'in', port: 'out' }, to: { node: 'map', port: 'in' } },
      { id: 'e2', from: { node: 'map', port: 'out' }, to: { node: 'out', port: 'in' } },
    ],
  };
}

/** Resident memory in MB and CPU seconds so far, of a process and of its broker. */
function usage(pids: number[]): { rss: number; cpu: number } {
  let rss = 0;
  let cpu = 0;
  for (const pid of pids) {
    rss += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    cpu += (Number(fields[11]) + Number(fields[12])) / 100;
  }
  return { rss, cpu };
}

/** Memory and idle CPU of server and broker with 0, 1, 10 and 50 flows (webhook → map → log). Linux only. */
export const bench: Bench = {
  title: `Idle cost of deployed flows, server and broker together, over ${secondsMeasured} s`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const server = await startMillrace({ MILLRACE_DATA: folder });
    const children = execFileSync('pgrep', ['-P', String(server.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    const pids = [server.pid, ...children];
    const rows = [];
    let deployed = 0;
    let base: { rss: number } | undefined;
    for (const count of [0, 1, 10, 50]) {
      for (; deployed < count; deployed++) await deployFlow(server, flowOf(deployed));
      const from = usage(pids);
      const started = Date.now();
      await until('the time is over', () => Date.now() - started >= secondsMeasured * 1000, secondsMeasured * 2000);
      const to = usage(pids);
      base ??= to;
      rows.push({
        flows: count,
        'RSS (MB)': Math.round(to.rss),
        'per flow (MB)': count === 0 ? 0 : (to.rss - base.rss) / count,
        'idle CPU (% of a core)': ((to.cpu - from.cpu) / secondsMeasured) * 100,
      });
    }
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    return rows;
  },
};
