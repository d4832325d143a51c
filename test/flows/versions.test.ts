import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowHistory, FlowRecord, VersionInfo } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { changeText } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import { mergeFlows } from '#shared/flow-merge.ts';
import type { Catalog } from '#shared/node-type.ts';
import { adminKey, type MillraceProcess, spawnMillrace, startMillrace } from '../millrace.ts';
import { flowOf } from './flow.ts';

/** Versions of a flow against a real server: two people at one draft, the history, and folders for Git. */

let folder = '';
let server: MillraceProcess;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-versions-'));
  server = await startMillrace({ MILLRACE_DATA: at('server') });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function millrace(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { output, exited } = spawnMillrace(args, { MILLRACE_DATA: at('cli'), MILLRACE_KEY: adminKey });
  const code = await exited;
  return { code, output: output() };
}

const mapping = '{\n  "id": id,\n  "name": first,\n  "total": total\n}';
const shop = (id: string) =>
  flowOf(id, [
    { id: 'in', type: 'webhook', label: 'Orders', config: { path: id } },
    { id: 'map', type: 'map', label: 'To customer', config: { expression: mapping } },
    { id: 'out', type: 'log', label: 'Log book' },
  ]);
const path = (id: string, rest = '') => `/api/flows/${id}${rest}`;
const read = (id: string) => server.api<FlowRecord>('GET', path(id));
const save = (flow: Flow, revision: number) => server.api<FlowRecord>('PUT', path(flow.id), flow, { 'if-match': `"${revision}"` });
const create = (id: string) => server.api<FlowRecord>('POST', '/api/flows', shop(id));
const withRow = (flow: Flow, from: string, to: string): Flow => ({
  ...flow,
  nodes: flow.nodes.map((node) =>
    node.id === 'map' ? { ...node, config: { ...node.config, expression: String(node.config.expression).replace(from, to) } } : node,
  ),
});
const expressionOf = (flow: Flow) => flow.nodes.find(({ id }) => id === 'map')?.config.expression;

describe('two people at one draft', () => {
  it('the slower save is refused; merged with what the faster one did, it keeps both', async () => {
    const base = await create('two-rows');
    const catalog = await server.api<Catalog>('GET', '/api/node-types');
    const [mine, theirs] = [
      withRow(base.flow, '"name": first', '"name": last'),
      withRow(base.flow, '"total": total', '"total": $round(total)'),
    ];
    await save(theirs, base.revision);
    await expect(save(mine, base.revision)).rejects.toThrow('412 Somebody else saved this flow');
    const now = await read('two-rows');
    const merged = mergeFlows(base.flow, mine, now.flow, { catalog });
    expect(merged.conflicts).toEqual([]);
    await save(merged.flow, now.revision);
    expect(expressionOf((await read('two-rows')).flow)).toBe('{\n  "id": id,\n  "name": last,\n  "total": $round(total)\n}');
  });

  it('the same row changed by both is one conflict, named by node, setting and row as the catalog says', async () => {
    const base = await create('one-row');
    const catalog = await server.api<Catalog>('GET', '/api/node-types');
    const [mine, theirs] = [withRow(base.flow, 'first', 'last'), withRow(base.flow, 'first', 'nick')];
    expect(mergeFlows(base.flow, mine, theirs, { catalog }).conflicts).toEqual([
      {
        id: 'nodes/map/config/expression#name#0',
        place: 'To customer',
        label: 'New value',
        node: 'map',
        row: 'name',
        code: true,
        base: 'first',
        mine: 'last',
        theirs: 'nick',
      },
    ]);
  });
});

describe('the history', () => {
  it('tells versions, notes, who made them live, and how often the draft was saved in between', async () => {
    let record = await create('told');
    for (const rule of ['a', 'b', 'c']) record = await save(withRow(record.flow, String(expressionOf(record.flow)), rule), record.revision);
    await server.api<VersionInfo>('POST', path('told', '/versions'), { note: 'First cut' });
    await server.api('POST', path('told', '/deploy'), { version: 1 });
    await save({ ...record.flow, name: 'Another name' }, record.revision);
    const history = await server.api<FlowHistory>('GET', path('told', '/history'));
    expect(history.versions).toMatchObject([
      { version: 1, note: 'First cut', edits: [{ saves: 3 }], deployments: [{ deployedBy: history.draft.updatedBy }] },
    ]);
    expect(history.deployedVersion).toBe(1);
    expect(history.draft.edits).toMatchObject([{ saves: 1 }]);
    expect(history.draft.hash).toBe(history.versions[0]?.hash);
    await expect(server.api('GET', path('nowhere', '/history'))).rejects.toThrow('404');
  });

  it('a version that is restored is the draft again, in a new revision; versions and what runs stay', async () => {
    const first = await create('restored');
    await server.api('POST', path('restored', '/versions'), {});
    const second = await save(withRow(first.flow, 'first', 'last'), first.revision);
    await server.api('POST', path('restored', '/versions'), {});
    const restored = await save(await server.api<Flow>('GET', path('restored', '/versions/1')), second.revision);
    expect(restored.revision).toBe(second.revision + 1);
    expect(expressionOf(restored.flow)).toBe(mapping);
    const { versions } = await server.api<FlowHistory>('GET', path('restored', '/history'));
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(diffFlows(await server.api<Flow>('GET', path('restored', '/versions/2')), restored.flow).map(changeText)).toEqual([
      'To customer: Expression: changed',
    ]);
  });
});

describe('folders for Git', () => {
  it('a flow with a test goes out of a server, is edited as files, and comes back; the differences are said in words', async () => {
    await create('git');
    const test = { format: 1, name: 'One order', samples: [{ value: { id: 9 } }], expect: [{ node: 'out', messages: 1 }] };
    await server.api('POST', path('git', '/tests'), test);
    const out = await millrace('export', 'git', at('git'), '--server', server.url);
    expect(out).toEqual({ code: 0, output: expect.stringContaining('4 files') });
    expect((await readdir(at('git'), { recursive: true })).sort()).toEqual([
      'flow.json',
      'layout.json',
      'mappings',
      'mappings/map.expression.jsonata',
      'tests',
      'tests/one-order.json',
    ]);
    expect(await readFile(at('git', 'mappings', 'map.expression.jsonata'), 'utf8')).toBe(`${mapping}\n`);

    const same = await millrace('diff', at('git'), 'git@draft', '--server', server.url, '--exit-code');
    expect(same).toEqual({ code: 0, output: expect.stringContaining('No difference.') });
    expect(await millrace('lint', at('git'))).toMatchObject({ code: 0 });

    await writeFile(at('git', 'mappings', 'map.expression.jsonata'), `${mapping.replace('first', 'first & " " & last')}\n`);
    const differs = await millrace('diff', 'git@draft', at('git'), '--server', server.url, '--exit-code');
    expect(differs.code).toBe(1);
    expect(differs.output.trim()).toBe('To customer: name: was first, now first and last joined');
    const back = await millrace('import', at('git'), '--server', server.url);
    expect(back.code).toBe(0);
    expect(back.output).toContain('replaced, 1 change:\n  To customer: name: was first, now first and last joined');
    expect(expressionOf((await read('git')).flow)).toContain('first & " " & last');
    expect(await millrace('import', at('git'), '--server', server.url)).toMatchObject({
      code: 0,
      output: expect.stringContaining('is the same already'),
    });
  });

  it('an export leaves no files of an earlier one, and a folder of another flow alone', async () => {
    const record = await create('tidy');
    await millrace('export', 'tidy', at('tidy'), '--server', server.url);
    await save(withRow(record.flow, mapping, 'id'), record.revision);
    const again = await millrace('export', 'tidy', at('tidy'), '--server', server.url, '--json');
    expect(JSON.parse(again.output)).toMatchObject({ files: ['flow.json', 'layout.json'], removed: ['mappings/map.expression.jsonata'] });
    await create('other');
    expect(await millrace('export', 'other', at('tidy'), '--server', server.url)).toMatchObject({
      code: 1,
      output: expect.stringContaining('holds the flow tidy'),
    });
  });

  it('a folder that is broken changes nothing on the server and says which file is wrong', async () => {
    await create('broken');
    await millrace('export', 'broken', at('broken'), '--server', server.url);
    await rm(at('broken', 'mappings'), { recursive: true });
    const before = await read('broken');
    expect(await millrace('import', at('broken'), '--server', server.url)).toEqual({
      code: 1,
      output: expect.stringContaining('flow.json names mappings/map.expression.jsonata, but there is no such file.'),
    });
    expect((await read('broken')).revision).toBe(before.revision);
  });

  it('a single file becomes a folder and a file again, byte for byte', async () => {
    await mkdir(at('single'));
    await writeFile(at('single', 'shop.json'), JSON.stringify(shop('single')));
    expect(await millrace('import', at('single', 'shop.json'), '--output', at('single', 'one.json'))).toMatchObject({ code: 0 });
    expect(await millrace('export', at('single', 'one.json'), at('single', 'folder'))).toMatchObject({ code: 0 });
    expect(await millrace('import', at('single', 'folder'), '--output', at('single', 'two.json'))).toMatchObject({ code: 0 });
    expect(await readFile(at('single', 'two.json'), 'utf8')).toBe(await readFile(at('single', 'one.json'), 'utf8'));
  });
});
