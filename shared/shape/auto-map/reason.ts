import { leafName, pathText } from '../path.ts';
import type { Leaf } from './leaves.ts';
import { wordsOf } from './names.ts';
import type { ListPair, Pair } from './pairs.ts';

/** Why a pair is proposed, in one plain sentence. `also` is the pair that uses the same source already. */
export function pairReason(pair: Pair, also: Pair | undefined): string {
  const { target, source, names, fit } = pair;
  const [wanted, given] = [quoted(leafName(target.path)), quoted(leafName(source.path))];
  const parts: string[] = [];
  if (source.parts !== undefined && source.parts.length > 1) {
    parts.push(`${wanted} can be put together from ${source.parts.map((path) => quoted(leafName(path))).join(' and ')}`);
  } else if (source.parts !== undefined) parts.push(`${wanted} may be a part of ${given}, but names do not split safely`);
  else if (sameWords(target, source)) parts.push(`Both are called ${wanted}`);
  else if (names.sameName) parts.push(`${wanted} and ${given} mean the same`);
  else parts.push(`${wanted} is close to ${given}`);
  const common = target.context[0]?.find((concept) => source.context[0]?.includes(concept));
  const [above, aboveSource] = [target.path.at(-2), source.path.at(-2)];
  if (common !== undefined && above && aboveSource) {
    parts.push(above === aboveSource ? `both stand under ${quoted(above)}` : `${quoted(above)} goes with ${quoted(aboveSource)}`);
  }
  if (fit.common !== undefined) parts.push(`both look like ${fit.common}`);
  if (also !== undefined) parts.push(`the field also serves ${quoted(pathText(also.target.path))}`);
  const sentence = parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : (parts[0] ?? '');
  return `${sentence}${fit.doubt === undefined ? '' : `; ${fit.doubt}`}.`;
}

/** Why two lists are proposed for each other. */
export function listReason({ target, source }: ListPair): string {
  const [wanted, given] = [quoted(leafName(target.path)), quoted(leafName(source.path))];
  if (sameWords(target, source)) return `Both lists are called ${wanted}.`;
  const objects = target.shape.item?.kinds.includes('object') ?? false;
  return objects
    ? `The items of ${wanted} and ${given} have fields in common.`
    : `${wanted} and ${given} are lists of plain values with close names.`;
}

function sameWords(a: Leaf, b: Leaf): boolean {
  return wordsOf(leafName(a.path)).join() === wordsOf(leafName(b.path)).join();
}

function quoted(name: string): string {
  return `"${name}"`;
}
