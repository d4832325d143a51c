import { fieldChanges, pathText, valueAt } from '../comparison/fields.ts';
import type { FieldPath } from '../comparison.ts';
import { parseJson } from '../json.ts';
import { editText, type JsonNode, JsonTextError, readJsonTree } from '../json-tree.ts';
import { shortJson } from './field.ts';

/** A field of a message and the JSON text that it shall have. */
export interface FieldEdit {
  path: FieldPath;
  text: string;
}

/** A field that can be edited by itself: text, number, truth value or null. */
export interface Leaf {
  path: FieldPath;
  /** As it is written, every digit kept. */
  text: string;
  kind: 'text' | 'number' | 'boolean' | 'null';
}

/** The fields of JSON text that hold one value each, in its order, at most `most`; undefined where it is no JSON. */
export function leavesOf(json: string, most: number): { leaves: Leaf[]; more: number } | undefined {
  const tree = treeOf(json);
  if (tree === undefined) return undefined;
  const leaves: Leaf[] = [];
  let more = 0;
  const walk = (node: JsonNode, path: FieldPath): void => {
    if (node.kind === 'object') for (const field of node.fields) walk(field.value, [...path, field.name]);
    else if (node.kind === 'list') node.items.forEach((item, index) => void walk(item, [...path, index]));
    else if (leaves.length >= most) more++;
    else leaves.push({ path, text: json.slice(node.start, node.end), kind: node.kind });
  };
  walk(tree, []);
  return { leaves, more };
}

/**
 * JSON text with some fields changed; every other character stays as it came.
 * @throws Error with a sentence when a field is not there, or what it shall be is no JSON
 */
export function withEdits(json: string, edits: readonly FieldEdit[]): string {
  const tree = treeOf(json);
  if (tree === undefined) throw new Error('The message is not JSON, so its fields cannot be edited one by one; edit it as text.');
  return editText(
    json,
    edits.map(({ path, text }) => {
      const node = nodeAt(tree, path);
      if (node === undefined) throw new Error(`The message has no field ${pathText(path)}.`);
      if (treeOf(text) === undefined) throw new Error(`What ${pathText(path)} shall be is not JSON: put text in double quotes.`);
      return { start: node.start, end: node.end, text };
    }),
  );
}

function nodeAt(root: JsonNode, path: FieldPath): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'list' && typeof step === 'number') node = node.items[step];
    // Of two fields of one name the last counts.
    else if (node?.kind === 'object') node = node.fields.findLast(({ name }) => name === step)?.value;
    else return undefined;
  }
  return node;
}

function treeOf(json: string): JsonNode | undefined {
  try {
    return readJsonTree(json);
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}

/** The place of a field in JSON text, as offsets; undefined where it is not there. */
export function spanOf(json: string, path: FieldPath): { start: number; end: number } | undefined {
  const tree = treeOf(json);
  const node = tree && nodeAt(tree, path);
  return node && { start: node.start, end: node.end };
}

/** What an edit changed, for the audit: `total: "12,50" → 12.5; note: gone`. */
export function editInWords(before: string, after: string, most = 1500): string {
  const [was, is] = [before, after].map((text) => (treeOf(text) === undefined ? undefined : { json: parseJson(text) }));
  if (!was || !is) return `the text: ${shorten(before)} → ${shorten(after)}`;
  const { changes, cut } = fieldChanges(was.json, is.json);
  const words = changes.map((change) => {
    const name = pathText(change.after ?? change.before ?? []) || 'the message';
    const from = change.before && shortJson(valueAt(was.json, change.before));
    const to = change.after && shortJson(valueAt(is.json, change.after));
    return `${name}: ${from ?? 'missing'} → ${to ?? 'left out'}`;
  });
  const all = [...words, ...(cut ? ['and more'] : [])].join('; ');
  return all.length > most ? `${all.slice(0, most - 1)}…` : all || 'nothing';
}

const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 199)}…` : text);
