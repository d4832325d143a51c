import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockFolder } from '#server/kafka/embedded/folder-lock.ts';
import { startBroker, tempFolder } from './harness.ts';

test('a folder is locked once, and again after its release', async () => {
  const dir = tempFolder();
  const lock = await lockFolder(dir);
  await expect(lockFolder(dir)).rejects.toThrow(
    `The data folder ${dir} is in use by another process; stop that one first, or choose another folder.`,
  );
  await lock.release();
  await (await lockFolder(dir)).release();
});

test('a folder whose path is too long for a socket is locked all the same', async () => {
  const { mkdirSync } = await import('node:fs');
  const dir = join(tempFolder(), 'a'.repeat(120));
  mkdirSync(dir);
  const lock = await lockFolder(dir);
  expect(readdirSync(dir)).toEqual([]);
  await expect(lockFolder(dir)).rejects.toThrow(/is in use/);
  await lock.release();
});

test('a broker that cannot start leaves no lock behind', async () => {
  const other = await startBroker();
  const dir = tempFolder();
  await expect(startBroker({ dir, port: other.port })).rejects.toThrow(/another program listens there/);
  expect(existsSync(join(dir, 'lock.sock'))).toBe(false);
  await startBroker({ dir });
});
