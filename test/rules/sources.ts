import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One import of a file: a package (`pg`, `node:fs`) or a file of the project, by its path from the root. */
export interface Import {
  package?: string;
  file?: string;
  typeOnly: boolean;
}

export interface Source {
  /** Path from the root, with slashes. */
  path: string;
  text: string;
  imports: Import[];
}

/** Every source file of a folder of the project. */
export function sourcesOf(folder: string): Source[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !name.endsWith('.d.ts'))
    .sort()
    .map((name) => {
      const path = join(folder, name).replaceAll('\\', '/');
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

const statement = /^(?:import|export)\s(type\s)?(?:[^'";]*?\sfrom\s)?\s*'([^']+)'/gm;
const dynamic = /\b(?:import|require|import\.meta\.resolve)\(\s*(?:\/\*[^*]*\*\/\s*)?'([^']+)'\s*\)/g;

function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = [];
  for (const [, type, specifier = ''] of text.matchAll(statement)) imports.push(resolve(path, specifier, type !== undefined));
  for (const [, specifier = ''] of text.matchAll(dynamic)) imports.push(resolve(path, specifier, false));
  return imports;
}

function resolve(from: string, specifier: string, typeOnly: boolean): Import {
  if (specifier.startsWith('#')) return { file: specifier.slice(1), typeOnly };
  if (specifier.startsWith('.')) return { file: relative(root, join(root, dirname(from), specifier)).replaceAll('\\', '/'), typeOnly };
  const parts = specifier.split('/');
  return { package: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? ''), typeOnly };
}
