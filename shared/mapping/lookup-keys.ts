import { resolve } from '../shape/checks/row.ts';
import { isLeaf, isList, type Shape } from '../shape/shape.ts';
import type { LookupKey } from './drop.ts';
import type { SourcePath } from './reach.ts';

/** A field that may be a key, with what is known of its values. */
interface KeyField {
  path: SourcePath;
  shape: Shape;
}

/**
 * How the items of a list could be found from a place of the result: pairs of fields that may be the same key, the likeliest
 * first; none where no pair is likely.
 * @param list the list's path, names only
 * @param around the lists that the place's loops go through, outermost first, as paths of names
 */
export function lookupKeys(source: Shape, list: SourcePath, around: readonly SourcePath[]): LookupKey[] {
  const theirs = fieldsOf(itemAt(source, list), []);
  const lists = around.filter((one) => one.join('\n') !== list.join('\n'));
  const ours = [...lists].reverse().flatMap((one) => fieldsOf(itemAt(source, one), one));
  const root = fieldsOf(source, []);
  const nested = (source.fields ?? []).flatMap(({ name, shape }) => (shape.kinds.includes('object') ? fieldsOf(shape, [name]) : []));
  const pairs = [...ours, ...root, ...nested].flatMap((our) => theirs.map((their) => ({ our, their, score: score(their, our, list) })));
  return pairs
    .filter(({ score: points }) => points > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ our, their }) => ({ theirs: their.path.at(-1) ?? '', ours: our.path }));
}

function itemAt(source: Shape, path: SourcePath): Shape | undefined {
  let { shape } = resolve(source, path);
  while (shape !== undefined && isList(shape) && shape.fields === undefined) shape = shape.item;
  return shape;
}

function fieldsOf(shape: Shape | undefined, path: SourcePath): KeyField[] {
  return (shape?.fields ?? [])
    .filter(({ shape: field }) => isLeaf(field))
    .map((field) => ({ path: [...path, field.name], shape: field.shape }));
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
const keyWords = /(?:id|no|nr|num|number|key|code|sku|ref|reference|uuid|ean|gtin|iban|symbol)$/i;

/** 0 where the two are no likely pair. A key is called like one, on both sides or with the list's name before it. */
function score(their: KeyField, our: KeyField, list: SourcePath): number {
  const [theirName, ourName] = [plain(their.path.at(-1) ?? ''), plain(our.path.at(-1) ?? '')];
  const one = plain(list.at(-1) ?? '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '');
  const isKey = keyWords.test(their.path.at(-1) ?? '');
  const points = theirName === ourName && isKey ? 3 : ourName === one + theirName ? 4 : isKey && ourName === one ? 2 : 0;
  if (points === 0 || !sameKind(their.shape, our.shape)) return 0;
  // "id" alone names everything.
  if (theirName === 'id' && ourName === 'id') return 0;
  const shared = their.shape.examples?.some((example) => our.shape.examples?.includes(example)) === true;
  return points + (shared ? 2 : 0);
}

function sameKind(a: Shape, b: Shape): boolean {
  return a.kinds.length === 0 || b.kinds.length === 0 || a.kinds.some((kind) => kind !== 'null' && b.kinds.includes(kind));
}
