import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from '#server/store/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that holds the folder until it is killed. */
async function holder() {
  const script = `import { lockFolder } from './server/store/lock.ts';
    lockFolder(process.argv[1]).then(() => { console.log('held'); setInterval(() => {}, 1000); }, (e) => console.log(e.message));`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { said: said.toString().trim(), kill };
}

it('refuses a second process on one data folder in one sentence, and is free again when the first was killed', async () => {
  const first = await holder();
  expect(first.said).toBe('held');
  await expect(lockFolder(folder)).rejects.toThrow(/^Another Millrace is running on the data folder .*MILLRACE_DATA\)\.$/);
  await first.kill();
  await (await lockFolder(folder)).release();
});

it('gives the lock to exactly one of many that come at once', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => lockFolder(folder)));
  const won = tries.filter((one) => one.status === 'fulfilled');
  expect(won).toHaveLength(1);
  await won[0]?.value.release();
});

it('works in a folder with a very long path', async () => {
  folder = join(folder, 'x'.repeat(120));
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'locked' });
  await lock.release();
});
