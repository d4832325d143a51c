import type { FlowRecord } from '#shared/api.ts';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { changeText } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { stringifyJson } from '#shared/json.ts';
import { loadCatalog } from '../catalog.ts';
import { readSettings } from '../settings.ts';
import { type Command, CommandError, formatProblem, readArgs, withSettings } from './command.ts';
import { type Caller, serverOf } from './deploy.ts';
import { sourceFrom } from './export.ts';

/** Says in business words how two flows differ: files, folders, or drafts and versions on a server. */
export const diffCommand: Command = {
  name: 'diff',
  usage: 'diff A B [--server URL] [--key KEY] [--exit-code] [--json]',
  summary: 'says how two flows differ (files, folders; with --server also ID@draft, ID@3)',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { server: { type: 'string' }, key: { type: 'string' }, 'exit-code': { type: 'boolean' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [a, b, ...more] = positionals;
    if (a === undefined || b === undefined || more.length > 0) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const call = values.server === undefined ? undefined : serverOf(values, this.usage);
    const { nodeFolders } = withSettings(() => readSettings(process.env));
    const [before, after, { catalog }] = await Promise.all([read(a, call), read(b, call), loadCatalog({ folders: nodeFolders })]);
    const changes = diffFlows(before, after, catalog);
    if (values.json) console.log(stringifyJson(changes));
    else if (changes.length === 0) console.log('No difference.');
    else for (const change of changes) console.log(changeText(change));
    return values['exit-code'] && changes.length > 0 ? 1 : 0;
  },
};

/** A flow by a path, or by `ID@draft` and `ID@3` on the server. */
async function read(name: string, call: Caller | undefined): Promise<Flow> {
  const [, id, state] = /^([a-z0-9][a-z0-9-]{0,59})@(draft|[1-9]\d*)$/.exec(name) ?? [];
  if (call === undefined || id === undefined || state === undefined) return (await sourceFrom(name)).flow;
  const path = `/api/flows/${id}`;
  const found = state === 'draft' ? (await call<FlowRecord>('GET', path))?.flow : await call<Flow>('GET', `${path}/versions/${state}`);
  const { flow, problems } = upgradeFlow(found);
  if (flow) return flow;
  throw new CommandError(problems.map((problem) => formatProblem(problem, name)).join('\n'));
}
