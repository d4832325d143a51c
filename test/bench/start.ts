import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMillrace, statusOf } from '../millrace.ts';
import { until } from '../wait.ts';
import type { Bench } from './main.ts';

/** From the command to a demo flow whose counters move, on a warm install (built). */
export const bench: Bench = {
  title: 'millrace start to the demo flow running, warm install, new data folder, then the same folder again',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    const rows = [];
    for (const what of ['new folder', 'same folder again']) {
      const started = performance.now();
      const server = await startMillrace({ MILLRACE_DATA: folder, MILLRACE_DEMO: '1' });
      const answers = performance.now() - started;
      let before = -1;
      await until('the demo flow moves', async () => {
        const { balance, state } = await statusOf(server, 'web-shop-orders');
        if (state !== 'running') return false;
        if (before < 0) before = balance.in;
        return balance.in > before;
      });
      rows.push({ what, 'answers (s)': answers / 1000, 'demo moves (s)': (performance.now() - started) / 1000 });
      await server.stop();
    }
    await rm(folder, { recursive: true, force: true });
    return rows;
  },
};
