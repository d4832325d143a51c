import { formatPart, upgradeFlow } from './document.ts';
import type { Flow } from './flow.ts';
import { type FolderFile, type Given, moveOut, putBack } from './flow-folder/texts.ts';
import { type FlowTest, flowTestId, formatFlowTest, parseFlowTest } from './flow-test.ts';
import { parseJson } from './json.ts';
import type { Problem } from './problem.ts';

export type { FolderFile };

/**
 * A flow as files that read well in Git, by their paths:
 *
 *     flow.json                       the flow without its drawing, canonical
 *     layout.json                     the drawing alone, so that moving a node never touches the rest
 *     mappings/<node>.<field>.jsonata long texts of configs, as they are; flow.json names them by {"$file": path}
 *     tests/<name>.json               its tests
 *
 * The same flow gives the same bytes, every file ends with a new line, and reading gives back the same flow. Secrets are
 * names in a document, so none is written.
 */
export function folderOf(flow: Flow, tests: readonly FlowTest[] = []): FolderFile[] {
  const { layout, ...others } = flow;
  const texts: FolderFile[] = [];
  const nodes = moveOut(flow.nodes, texts);
  const files = [
    { path: 'flow.json', text: formatPart({ ...others, nodes }, []) },
    { path: 'layout.json', text: formatPart(layout, ['layout']) },
    ...texts,
    ...testFiles(tests),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Tests by their file names; of two with one name the later in the order of their texts gets a number. */
function testFiles(tests: readonly FlowTest[]): FolderFile[] {
  const taken = new Set<string>();
  const sorted = tests
    .map((test) => ({ id: flowTestId(test.name), text: formatFlowTest(test) }))
    .sort((a, b) => (`${a.id} ${a.text}` < `${b.id} ${b.text}` ? -1 : 1));
  return sorted.map(({ id, text }) => {
    let name = id;
    for (let n = 2; taken.has(name); n++) name = `${id}-${n}`;
    taken.add(name);
    return { path: `tests/${name}.json`, text };
  });
}

/** What a folder holds; `warnings` name files that were not read. */
export interface FolderContent {
  flow: Flow;
  tests: FlowTest[];
  warnings: Problem[];
  problems?: never;
}

/**
 * Reads a folder that {@link folderOf} wrote, also after people have edited it. It is read wholly or not at all: anything
 * wrong is a problem that names its file. Paths are relative to the folder, with slashes.
 */
export function readFolder(files: readonly FolderFile[]): FolderContent | { problems: Problem[]; flow?: never } {
  const problems: Problem[] = [];
  const given: Given = { files: new Map(), used: new Set(), problems };
  for (const { path, text } of files) {
    // Windows may have changed how lines end; no text that Millrace wrote ends its lines so.
    if (isInside(path)) given.files.set(path, text);
    else problems.push(problem('folder/outside', `The path ${path} leads out of the folder; nothing was read.`, path));
  }
  const main = given.files.get('flow.json');
  if (main === undefined) problems.push(problem('folder/missing', 'There is no flow.json, so this is no folder of a flow.', 'flow.json'));
  if (problems.length > 0 || main === undefined) return { problems };
  given.used.add('flow.json');
  const document = parsed(main, 'flow.json', problems);
  const layoutText = given.files.get('layout.json');
  given.used.add('layout.json');
  const layout = layoutText === undefined ? undefined : parsed(layoutText, 'layout.json', problems);
  const tests = [...given.files].flatMap(([path, text]) => {
    if (!/^tests\/[^/]+\.json$/.test(path)) return [];
    given.used.add(path);
    const read = parseFlowTest(text);
    if (read.test !== undefined) return [read.test];
    problems.push(...read.problems.map((one) => ({ ...one, message: `${path}: ${one.message}` })));
    return [];
  });
  const whole = document === undefined ? undefined : withTexts(document, layout, given);
  if (whole === undefined || problems.length > 0) return { problems };
  const read = upgradeFlow(whole);
  if (read.flow === undefined) return { problems: read.problems.map((one) => ({ ...one, message: `flow.json: ${one.message}` })) };
  const unread = [...given.files.keys()].filter((path) => /^(mappings|tests)\//.test(path) && !given.used.has(path));
  const warnings = unread.map((path) => ({
    ...problem('folder/unused', `${path} is named nowhere in flow.json, so it was not read.`, path),
    severity: 'warning' as const,
  }));
  return { flow: read.flow, tests, warnings };
}

function withTexts(document: unknown, layout: unknown, given: Given): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const { nodes, ...others } = document as Record<string, unknown>;
  return { ...others, ...(nodes === undefined ? {} : { nodes: putBack(nodes, given) }), ...(layout === undefined ? {} : { layout }) };
}

function parsed(text: string, path: string, problems: Problem[]): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    // What two people's work leaves behind is the likeliest reason.
    const marks = /^(<{7}|={7}|>{7})/m.test(text) ? ' It has marks of a Git conflict in it: settle that first.' : '';
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(problem('folder/not-json', `${path} is not JSON: ${reason}.${marks}`, path));
    return undefined;
  }
}

function isInside(path: string): boolean {
  return path !== '' && !/^[a-z]:|\\|^\//i.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function problem(code: string, message: string, field: string): Problem {
  return { code, severity: 'error', message, field };
}
