import { writeFile } from 'node:fs/promises';
import type { FlowRecord } from '#shared/api.ts';
import { formatFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { changeText, counted } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { type FlowTest, flowTestId, formatFlowTest } from '#shared/flow-test.ts';
import { stringifyJson } from '#shared/json.ts';
import type { Catalog } from '#shared/node-type.ts';
import { type Command, CommandError, readArgs } from './command.ts';
import { type Caller, serverOf } from './deploy.ts';
import { fetchTests, sourceFrom } from './export.ts';

/** Brings a folder (or file) into a server as the draft of its flow, or makes one file of it. */
export const importCommand: Command = {
  name: 'import',
  usage: 'import DIR (--server URL [--key KEY] | --output FILE) [--json]',
  summary: 'makes a folder the draft on a server, or one file of it',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { server: { type: 'string' }, key: { type: 'string' }, output: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [from, ...more] = positionals;
    if (from === undefined || more.length > 0 || (values.server === undefined) === (values.output === undefined)) {
      throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    }
    const { flow, tests } = await sourceFrom(from);
    if (values.output !== undefined) {
      await writeFile(values.output, formatFlow(flow));
      const left = tests !== undefined && tests.length > 0 ? ` Its ${counted(tests.length, 'test')} stay in the folder.` : '';
      if (values.json) console.log(JSON.stringify({ flow: flow.id, file: values.output }));
      else console.log(`${flow.name} is in ${values.output}.${left}`);
      return 0;
    }
    const call = serverOf(values, this.usage);
    const done = await bringIn(call, flow, tests ?? []);
    if (values.json) console.log(stringifyJson({ flow: flow.id, ...done }));
    else for (const line of inWords(flow, done)) console.log(line);
    return 0;
  },
};

interface Done {
  created: boolean;
  /** What changed in the draft, a line each. */
  changes: string[];
  testsSaved: string[];
  /** Tests on the server that the folder does not have; they stay. */
  testsKept: string[];
}

async function bringIn(call: Caller, flow: Flow, tests: readonly FlowTest[]): Promise<Done> {
  const path = `/api/flows/${encodeURIComponent(flow.id)}`;
  const existing = await call<FlowRecord>('GET', path, undefined, [404]);
  let changes: string[] = [];
  if (existing === undefined) await call('POST', '/api/flows', flow);
  else {
    changes = diffFlows(existing.flow, flow, await call<Catalog>('GET', '/api/node-types')).map(changeText);
    if (changes.length > 0) await call('PUT', path, flow, [], { 'if-match': `"${existing.revision}"` });
  }
  const stored = new Map((tests.length > 0 ? await fetchTests(call, flow.id) : []).map((record) => [record.id, record]));
  const testsSaved: string[] = [];
  for (const test of tests) {
    const id = flowTestId(test.name);
    const record = stored.get(id);
    stored.delete(id);
    if (record !== undefined && formatFlowTest(record.test) === formatFlowTest(test)) continue;
    if (record === undefined) await call('POST', `${path}/tests`, test);
    else await call('PUT', `${path}/tests/${encodeURIComponent(id)}`, test, [], { 'if-match': `"${record.revision}"` });
    testsSaved.push(test.name);
  }
  return { created: existing === undefined, changes, testsSaved, testsKept: [...stored.values()].map(({ test }) => test.name) };
}

function inWords(flow: Flow, { created, changes, testsSaved, testsKept }: Done): string[] {
  const verdict = created
    ? `${flow.name} is a new draft.`
    : changes.length === 0
      ? `The draft of ${flow.name} is the same already.`
      : `The draft of ${flow.name} is replaced, ${counted(changes.length, 'change')}:`;
  return [
    verdict,
    ...changes.map((change) => `  ${change}`),
    ...(testsSaved.length > 0 ? [`${counted(testsSaved.length, 'test')} saved: ${testsSaved.join(', ')}`] : []),
    ...(testsKept.length > 0 ? [`${counted(testsKept.length, 'test')} only on the server, kept: ${testsKept.join(', ')}`] : []),
    'Nothing runs until it is deployed.',
  ];
}
