import { classOf, concepts, isFiller, words } from './vocabulary.ts';

/** The concepts that a field name is made of, in the order of its words. */
export function conceptsOf(name: string): readonly string[] {
  const alone = Object.hasOwn(lone, name.toLowerCase()) ? lone[name.toLowerCase()] : undefined;
  if (alone !== undefined) return [alone];
  return withoutUnit(grouped(wordsOf(name).flatMap(segmented)));
}

const units = new Set('c f k g kg t mm cm m km bar pa hpa v mv w kw kwh a ma db dbm hz ppm ppb lux ms sec s min h rpm rate'.split(' '));

/** A unit behind a word outside the vocabulary is no part of its meaning: `humidity_pct`, `rssiDbm`. */
function withoutUnit(found: readonly string[]): readonly string[] {
  const [before, last] = found.slice(-2);
  return before !== undefined && last !== undefined && units.has(last) && classOf(before) === 'word' && before.length > 2
    ? found.slice(0, -1)
    : found;
}

/** Words that mean this only when they are the whole name. */
const lone: Readonly<Record<string, string>> = {
  from: 'startdate',
  to: 'enddate',
  until: 'enddate',
  first: 'firstname',
  last: 'lastname',
  label: 'name',
  charge: 'batch',
};

/** A field name split into words: at humps, marks and digits; lower case, without umlauts and accents. */
export function wordsOf(name: string): string[] {
  const plain = name
    .replaceAll(/[äÄ]/g, (char) => (char === 'ä' ? 'ae' : 'Ae'))
    .replaceAll(/[öÖ]/g, (char) => (char === 'ö' ? 'oe' : 'Oe'))
    .replaceAll(/[üÜ]/g, (char) => (char === 'ü' ? 'ue' : 'Ue'))
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('#', ' number ');
  return (
    plain
      .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
      // A run of capitals ends before the word that follows it: `VATNumber`, `URLs` apart.
      .replaceAll(/(\p{Lu}+)(\p{Lu}\p{Ll}{2,})/gu, '$1 $2')
      .replaceAll(/(\p{L})(\d)/gu, '$1 $2')
      .replaceAll(/(\d)(\p{L})/gu, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\d]+/u)
      .filter((word) => word !== '')
  );
}

/** A word as the vocabulary has it: itself or its singular; an unknown compound in its parts (`auftragsnummer`). */
function segmented(word: string): string[] {
  const known = knownForm(word);
  if (known !== undefined) return [known];
  return word.length >= 6 && word.length <= 40 ? (partsOf(word) ?? [singular(word)]) : [word];
}

function knownForm(word: string): string | undefined {
  if (words.has(word) || isFiller(word)) return word;
  const one = singular(word);
  if (words.has(one)) return one;
  return word.length > 4 ? [word.slice(0, -1), word.slice(0, -2)].find((stem) => /(?:e|en|n)$/.test(word) && words.has(stem)) : undefined;
}

function singular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
}

const shortParts = new Set(['no', 'nr', 'id']);

/** The fewest known words that make up a compound, German joints allowed between them; undefined when it is not made of known words. */
function partsOf(word: string): string[] | undefined {
  // best[i]: the fewest words that make up the first i letters.
  const best: (string[] | undefined)[] = [[]];
  for (let end = 1; end <= word.length; end++) {
    for (let start = 0; start < end; start++) {
      const before = best[start];
      const part = word.slice(start, end);
      if (before === undefined) continue;
      const joint = before.length > 0 && end < word.length && /^(?:s|n|en|er|es)$/.test(part);
      const fits = part.length >= 3 ? words.has(part) : shortParts.has(part) && end === word.length;
      if (!fits && !joint) continue;
      const here = joint ? before : [...before, part];
      const known = best[end];
      if (known === undefined || here.length < known.length) best[end] = here;
    }
  }
  const parts = best[word.length];
  return parts !== undefined && parts.length > 1 ? parts : undefined;
}

/** Joins words to concepts, the longest name first. Words outside the vocabulary stay as they are. */
function grouped(from: readonly string[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < from.length; ) {
    let taken = 0;
    for (let length = Math.min(5, from.length - at); length > 0; length--) {
      const concept = concepts.get(from.slice(at, at + length).join(' '));
      if (
        concept === undefined ||
        (length === 1 && (concept === 'date' || concept === 'index') && from.length === 1 && from[at] !== concept)
      )
        continue;
      found.push(concept);
      taken = length;
      break;
    }
    if (taken === 0) found.push(from[at] ?? '');
    at += Math.max(1, taken);
  }
  return found;
}

/** Weights of the classes in a comparison of names. */
export function weightOf(concept: string): number {
  if (isFiller(concept)) return 0.1;
  const kind = classOf(concept);
  return kind === 'attribute' ? 1 : kind === 'word' ? 0.8 : kind === 'entity' ? 0.5 : concept === 'date' ? 0.7 : 0.45;
}
