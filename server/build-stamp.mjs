// Tells whether dist/ was built from the sources as they are: a hash over their names, sizes and contents.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = ['client', 'server', 'shared', 'package.json', 'package-lock.json', 'vite.config.ts', 'vite.server.config.ts'];

function* filesIn(path) {
  if (!existsSync(path)) return;
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error;
    yield path;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) yield* filesIn(join(path, entry.name));
}

function stampOf(root) {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const source of sources) {
    for (const file of filesIn(join(root, source)))
      hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

const stampFile = (root) => join(root, 'dist', 'stamp');

/** True when dist/ is complete and newer than nothing it was built from. An image without sources is always built. */
export function isBuilt(root) {
  if (!existsSync(stampFile(root))) return false;
  if (!existsSync(join(root, 'vite.config.ts'))) return true;
  return readFileSync(stampFile(root), 'utf8') === stampOf(root);
}

/** To be called when everything has been built. */
export function markBuilt(root) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile(root), stampOf(root));
}
