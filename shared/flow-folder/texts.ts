import { isExactNumber } from '../exact-number.ts';
import type { FlowNode } from '../flow.ts';
import { viewOf } from '../mapping/view.ts';
import type { Problem } from '../problem.ts';

/** One file of a folder; the path is relative to the folder, with slashes. */
export interface FolderFile {
  path: string;
  text: string;
}

/** Texts of a config with a line break, or longer than this, stand in files of their own. */
const longText = 120;

/** A config that has such an object itself is written with this around it, so that it is not taken for a file. */
const reference = '$file';
const literal = '$literal';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);

/** The nodes with `{"$file": path}` in the place of long texts of their configs, which are added to the files. */
export function moveOut(nodes: readonly FlowNode[], files: FolderFile[]): unknown[] {
  const taken = new Set<string>();
  return nodes.map((node) => {
    const walk = (value: unknown, path: readonly string[]): unknown => {
      if (typeof value === 'string') return isLong(value) ? { [reference]: fileFor(value, [node.id, ...path], taken, files) } : value;
      if (Array.isArray(value)) return value.map((item: unknown, at) => walk(item, [...path, nameOf(item, at)]));
      if (!isObject(value)) return value;
      if (Object.hasOwn(value, reference) || Object.hasOwn(value, literal)) return { [literal]: value };
      // In the order in which they are written: of two names that differ in capitals alone, the same one gets the number again.
      const inOrder = Object.keys(value).sort();
      return Object.fromEntries(inOrder.map((key) => [key, walk(value[key], [...path, key])]));
    };
    return { ...node, config: walk(node.config, []) };
  });
}

/** What a file cannot keep stays where it is, escaped: half of a pair of surrogates, and an end that looks like that of a line. */
const isLong = (text: string): boolean => (text.includes('\n') || text.length > longText) && !/\p{Surrogate}|\r$/u.test(text);

/** What an item of a list is called in a file's name: by its id, so that another order renames no file. */
function nameOf(item: unknown, at: number): string {
  return isObject(item) && typeof item.id === 'string' ? item.id : String(at);
}

function fileFor(text: string, parts: readonly string[], taken: Set<string>, files: FolderFile[]): string {
  const words = parts.map((part) => part.replaceAll(/[^A-Za-z0-9_-]+/g, '-')).join('.');
  // Windows keeps these names for devices, whatever stands behind the dot.
  const safe = /^(con|prn|aux|nul|com\d|lpt\d)\./i.test(words) ? `node-${words}` : words;
  const ending = viewOf(text).ok ? 'jsonata' : 'txt';
  const start = safe.slice(0, 100);
  let name = start;
  // Some file systems do not tell capitals from small letters.
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${start}-${n}`;
  taken.add(name.toLowerCase());
  const path = `mappings/${name}.${ending}`;
  files.push({ path, text: `${text}\n` });
  return path;
}

/** What is given to read, what of it was named, and what was wrong. */
export interface Given {
  files: Map<string, string>;
  used: Set<string>;
  problems: Problem[];
}

/** Nodes as they were before {@link moveOut}; what is no list of nodes comes back as it is. */
export function putBack(nodes: unknown, given: Given): unknown {
  if (!Array.isArray(nodes)) return nodes;
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isObject(value)) return value;
    const keys = Object.keys(value);
    if (keys.length === 1 && Object.hasOwn(value, literal)) return value[literal];
    if (keys.length === 1 && Object.hasOwn(value, reference)) return textOf(value[reference], given);
    return Object.fromEntries(keys.map((key) => [key, walk(value[key])]));
  };
  return nodes.map((node: unknown) => (isObject(node) && 'config' in node ? { ...node, config: walk(node.config) } : node));
}

function textOf(path: unknown, { files, used, problems }: Given): string {
  const add = (code: string, message: string) => problems.push({ code, severity: 'error', message, field: 'flow.json' });
  if (typeof path !== 'string') {
    add('folder/reference', `flow.json names a file by ${JSON.stringify(path)}; a path is a text.`);
    return '';
  }
  if (/^[a-z]:|\\|^\//i.test(path) || path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    add('folder/outside', `flow.json names ${path}, which is not inside the folder.`);
    return '';
  }
  const text = files.get(path);
  if (text === undefined) {
    add('folder/missing', `flow.json names ${path}, but there is no such file.`);
    return '';
  }
  used.add(path);
  // The last new line belongs to the file.
  return text.replace(/\r?\n$/, '');
}
