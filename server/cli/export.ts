import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FlowRecord } from '#shared/api.ts';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { folderOf, readFolder } from '#shared/flow-folder.ts';
import type { FlowTestList, FlowTestRecord } from '#shared/flow-test/listing.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import type { Problem } from '#shared/problem.ts';
import { type Command, CommandError, flowFolderAt, formatProblem, readArgs, readFiles, readFlowFile } from './command.ts';
import { type Caller, serverOf } from './deploy.ts';

/** Writes a flow as a folder for Git: from a file, or with its tests from a server. */
export const exportCommand: Command = {
  name: 'export',
  usage: 'export FLOW DIR [--server URL] [--key KEY] [--json]',
  summary: 'writes a flow (a file, or an id on a server) as a folder for Git',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { server: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [from, folder, ...more] = positionals;
    if (from === undefined || folder === undefined || more.length > 0) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const source = values.server === undefined ? await sourceFrom(from) : await fetchFlow(serverOf(values, this.usage), from);
    const { flow, tests } = source;
    const before = await flowIn(folder);
    if (before !== undefined && before !== flow.id) {
      throw new CommandError(`${folder} holds the flow ${before}, not ${flow.id}. Choose another folder, or empty this one.`);
    }
    const files = folderOf(flow, tests ?? []);
    const gone = await leftovers(folder, new Set(files.map(({ path }) => path)), tests !== undefined);
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    for (const path of gone) await rm(join(folder, path));
    if (values.json) console.log(JSON.stringify({ flow: flow.id, folder, files: files.map(({ path }) => path), removed: gone }));
    else console.log(`${flow.name} is in ${folder}: ${files.length} files${gone.length > 0 ? `, ${gone.length} old ones removed` : ''}.`);
    return 0;
  },
};

/** A flow and, where they are known, its tests. */
export interface FlowSource {
  flow: Flow;
  tests?: FlowTest[];
}

/** A flow from a file or folder. @throws CommandError with every problem */
export async function sourceFrom(path: string): Promise<FlowSource> {
  const folder = await flowFolderAt(path);
  const refused = (problems: readonly Problem[]) => new CommandError(problems.map((one) => formatProblem(one, path)).join('\n'));
  if (folder === undefined) {
    const file = await readFlowFile(path);
    if ('problems' in file) throw refused(file.problems);
    return file;
  }
  const read = readFolder(await readFiles(folder));
  if (read.flow === undefined) throw refused(read.problems);
  for (const warning of read.warnings) console.error(formatProblem(warning, path));
  return { flow: read.flow, tests: read.tests };
}

/** A flow's draft with its tests from a server. */
export async function fetchFlow(call: Caller, id: string): Promise<Required<FlowSource>> {
  const record = (await call<FlowRecord>('GET', `/api/flows/${encodeURIComponent(id)}`)) as FlowRecord;
  const tests = await fetchTests(call, id);
  const read = upgradeFlow(record.flow);
  if (read.flow === undefined) throw new CommandError(read.problems.map((problem) => formatProblem(problem, id)).join('\n'));
  return { flow: read.flow, tests: tests.map(({ test }) => test) };
}

/** The tests of a flow on a server, each with the revision that a save must name. */
export async function fetchTests(call: Caller, id: string): Promise<FlowTestRecord[]> {
  const path = `/api/flows/${encodeURIComponent(id)}/tests`;
  const records: FlowTestRecord[] = [];
  for (const test of (await call<FlowTestList>('GET', path))?.tests ?? []) {
    const record = await call<FlowTestRecord>('GET', `${path}/${encodeURIComponent(test.id)}`);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The id of the flow whose folder this is; undefined where there is none yet. */
async function flowIn(folder: string): Promise<string | undefined> {
  const file = (await filesIn(folder, '.')).includes('flow.json') ? await readFlowFile(join(folder, 'flow.json')) : undefined;
  if (file === undefined) return undefined;
  // A folder that is broken is no reason to write over it: it may be in the middle of a merge.
  if (!('flow' in file)) throw new CommandError(file.problems.map((problem) => formatProblem(problem, folder)).join('\n'));
  return file.flow.id;
}

/** Files of an earlier export that the flow does not have any more. Tests are touched only where they are known. */
async function leftovers(folder: string, kept: ReadonlySet<string>, withTests: boolean): Promise<string[]> {
  const mappings = (await filesIn(folder, 'mappings')).filter((name) => /\.(jsonata|txt)$/.test(name)).map((name) => `mappings/${name}`);
  const tests = withTests ? (await filesIn(folder, 'tests')).filter((name) => name.endsWith('.json')).map((name) => `tests/${name}`) : [];
  return [...mappings, ...tests].filter((path) => !kept.has(path));
}

async function filesIn(folder: string, inner: string): Promise<string[]> {
  try {
    return (await readdir(join(folder, inner), { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CommandError(`${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
