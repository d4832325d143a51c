import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { type FolderFile, readFolder } from '#shared/flow-folder.ts';
import { parseJson } from '#shared/json.ts';
import type { Problem } from '#shared/problem.ts';
import { SettingError } from '../settings.ts';

/** One command of the command line. */
export interface Command {
  name: string;
  usage: string;
  summary: string;
  /** The exit code; -1 keeps the process running. */
  run(args: string[]): Promise<number>;
}

/** Wrong usage (2) or a failure that the sentence explains (1). */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Options and positional arguments; unknown options are wrong usage. */
export function readArgs<const T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T, usage: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : String(error)}\nUsage: millrace ${usage}`, 2);
  }
}

/**
 * Reads a flow: a file, or a folder as `millrace export` makes it (named itself, or by its `flow.json`). What is wrong
 * with it comes back as problems. @throws CommandError when there is no such file.
 */
export async function readFlowFile(path: string): Promise<{ flow: Flow } | { problems: Problem[] }> {
  const folder = await flowFolderAt(path);
  if (folder !== undefined) {
    const read = readFolder(await readFiles(folder, ['mappings']));
    return read.flow ? { flow: read.flow } : { problems: read.problems };
  }
  const text = await readText(path);
  try {
    const result = upgradeFlow(parseJson(text));
    return result.flow ? { flow: result.flow } : { problems: result.problems };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { problems: [{ code: 'flow/not-json', severity: 'error', message: `${path} is not JSON: ${error.message}` }] };
  }
}

/** The folder that a path means: itself, or the one around its `flow.json`; undefined for any other file. */
export async function flowFolderAt(path: string): Promise<string | undefined> {
  if (await isFolder(path)) return path;
  return basename(path) === 'flow.json' ? dirname(path) : undefined;
}

/** The files of a flow's folder, by their paths in it; tests only where they are asked for. @throws CommandError where one cannot be read. */
export async function readFiles(folder: string, parts: readonly ('mappings' | 'tests')[] = ['mappings', 'tests']): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  for (const path of ['flow.json', 'layout.json']) {
    const text = await readText(join(folder, path), true);
    if (text !== undefined) files.push({ path, text });
  }
  for (const inner of parts) {
    if (!(await isFolder(join(folder, inner)))) continue;
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const at = join(entry.parentPath, entry.name);
      const path = relative(folder, at).split(sep).join('/');
      if (inner === 'mappings' || path.endsWith('.json')) files.push({ path, text: (await readText(at)) ?? '' });
    }
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw unreadable(path, error);
  }
}

async function readText(path: string): Promise<string>;
async function readText(path: string, optional: true): Promise<string | undefined>;
async function readText(path: string, optional = false): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw unreadable(path, error);
    if (optional) return undefined;
    throw new CommandError(`There is no file ${path}.`);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unreadable(path: string, error: unknown): CommandError {
  return new CommandError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}

/** One line per problem: severity, place, sentence, code. */
export function formatProblem(problem: Problem, file?: string): string {
  const place = [problem.node, problem.field].filter((part) => part !== undefined).join('.');
  return `${file ? `${file}: ` : ''}${problem.severity}${place === '' ? '' : ` at ${place}`}: ${problem.message} (${problem.code})`;
}

/** The sentence of a wrong setting becomes the command's own. */
export function withSettings<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingError) throw new CommandError(error.message);
    throw error;
  }
}
