import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';

it('a batch for which the disk has no room waits, leaves nothing half-written, and holds up nothing once there is room', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-full-'));
  const worker = fileURLToPath(new URL('./full-disk-worker.ts', import.meta.url));
  const command = 'ulimit -f 200; exec "$0" --import tsx "$@"';
  const run = spawnSync('bash', ['-c', command, process.execPath, worker, folder], {
    encoding: 'utf8',
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  });
  expect(run.stderr).toBe('');
  expect(run.stdout.trim().split('\n')).toEqual(['file ok file/unavailable ok', 'sqlite ok sqlite/unavailable ok']);
  expect(readFileSync(join(folder, 'o.jsonl'), 'utf8')).toBe('{"id":0,"text":"small"}\n{"id":2,"text":"after"}\n');
  const database = new Database(join(folder, 'o.db'));
  expect(database.prepare('SELECT text FROM orders ORDER BY id').all()).toEqual([{ text: 'small' }, { text: 'after' }]);
  database.close();
});
