import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Why a path is not one inside the files folder, or undefined when it is. Looks at the text alone, not at the disk. */
export function pathProblem(path: string): string | undefined {
  const parts = path.split(/[\\/]/);
  if (path.trim() === '' || parts.at(-1) === '') return 'Name a file, such as orders.csv.';
  if (
    path.includes('\u0000') ||
    path.includes('\\') ||
    /^[A-Za-z]:/.test(path) ||
    isAbsolute(path) ||
    parts.includes('..') ||
    parts.includes('.')
  ) {
    return `${JSON.stringify(path)} does not stay in the files folder: write a path inside it, without “..”, backslashes or a leading slash.`;
  }
  return undefined;
}

/**
 * The full path of a file inside a folder; folders on the way are made. Links that lead out are refused.
 * @throws Error with one sentence when the path leads out of the folder.
 */
export function confinedPath(folder: string, path: string): string {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new Error(problem);
  mkdirSync(folder, { recursive: true });
  const root = realpathSync(folder);
  // Each folder is checked before the next is made in it, so that nothing is made behind a link that leads out.
  let inside = root;
  for (const part of dirname(path).split('/')) {
    if (part === '.' || part === '') continue;
    const next = join(inside, part);
    mkdirSync(next, { recursive: true });
    inside = realpathSync(next);
    refuseOutside(root, inside, path);
  }
  const full = resolve(inside, basename(path));
  try {
    refuseOutside(root, realpathSync(full), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return full;
}

function refuseOutside(root: string, path: string, asked: string): void {
  const way = relative(root, path);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw new Error(`${JSON.stringify(asked)} leads out of the files folder through a link. Choose another path or remove the link.`);
  }
}
