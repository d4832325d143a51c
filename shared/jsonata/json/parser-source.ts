import type { Projection } from './projection.ts';
import { isPlain } from './writer.ts';

/**
 * The body of a function that takes the tools of `parser.ts` by name and gives the reader `(b, p, depth)` of the value
 * that begins at byte p. There are two functions to a place: one for an object, one for a list of such.
 */
export function parserSource(projection: Projection): string {
  const functions: string[] = [];
  const root = placeReader(projection, functions);
  return `"use strict";\n${functions.join('\n')}\nreturn ${root};`;
}

/** The name of a function `(b, p, depth)` that reads the values of a place. */
function placeReader(projection: Projection, functions: string[]): string {
  if (projection.take === 'whole') return 'readWhole';
  if (projection.take === 'copied') return 'readCopied';
  const fields = Array.from(projection.fields, ([name, below], index) => ({
    name: JSON.stringify(name),
    local: `f${index}`,
    // A key that stands in the text as it is, is compared byte by byte, up to the quote behind it.
    bytes: isPlain(name) && !/[^ -~]/.test(name) ? [...`${name}"`].map((char) => char.charCodeAt(0)) : [],
    take: `f${index} = ${placeReader(below, functions)}(b, p, depth + 1); p = scan.at;`,
  }));
  const place = `place${functions.length}`;
  functions.push(`function ${place}(b, p, depth) {
  if (b[p] !== 123) return b[p] === 91 ? ${place}List(b, p, depth) : readScalar(b, p);
  let ${['c', ...fields.map(({ local }) => local)].join(', ')};
  p++;
  if (b[p] <= 32) p = space(b, p);
  if (b[p] === 125) p++;
  else for (;;) {
    if (b[p] !== 34) throw odd;
    key: {
      ${matchKeys(fields.filter(({ bytes }) => bytes.length > 0))}
      const end = skipPlain(b, p + 1);
      if (b[end] === 34) {
        p = end + 1;
        p = skip(b, b[p] === 58 && b[p + 1] > 32 ? p + 1 : colon(b, p));
        break key;
      }
      const name = readString(b, p);
      p = colon(b, scan.at);
      switch (name) {
        ${fields.map(({ name, take }) => `case ${name}: ${take} break;`).join('\n        ')}
        default: p = skip(b, p);
      }
    }
    if (b[p] <= 32) p = space(b, p);
    c = b[p++];
    if (c === 125) break;
    if (c !== 44) throw odd;
    if (b[p] <= 32) p = space(b, p);
  }
  scan.at = p;
  return {${fields.map(({ name, local }) => `${property(name)}: ${local}`).join(', ')}};
}
function ${place}List(b, p, depth) {
  if (depth > maxDepth) throw odd;
  p++;
  if (b[p] <= 32) p = space(b, p);
  const list = [];
  if (b[p] === 93) { scan.at = p + 1; return list; }
  for (;;) {
    list.push(${place}(b, p, depth + 1));
    p = scan.at;
    if (b[p] <= 32) p = space(b, p);
    const c = b[p++];
    if (c === 93) break;
    if (c !== 44) throw odd;
    if (b[p] <= 32) p = space(b, p);
  }
  scan.at = p;
  return list;
}`);
  return place;
}

/** A property of a literal: computed only where it would set the prototype, because computed ones are slow. */
const property = (name: string): string => (name === '"__proto__"' ? `[${name}]` : name);

interface Key {
  bytes: readonly number[];
  take: string;
}

/** Code that finds out which of the keys stands at p, by the byte that tells most of them apart, and so on. */
function matchKeys(keys: readonly Key[]): string {
  if (keys.length <= 4) return keys.map(matchKey).join('\n');
  // The quote ends every key, so within the shortest there is a byte that differs.
  const shortest = Math.min(...keys.map(({ bytes }) => bytes.length));
  let groups = new Map<number | undefined, Key[]>();
  let at = 0;
  for (let i = 0; i < shortest; i++) {
    const found = new Map<number | undefined, Key[]>();
    for (const key of keys) found.set(key.bytes[i], [...(found.get(key.bytes[i]) ?? []), key]);
    if (found.size > groups.size) {
      groups = found;
      at = i;
    }
  }
  return `switch (b[p + ${at + 1}]) {\n${Array.from(groups, ([byte, group]) => `case ${byte}: ${matchKeys(group)}\nbreak;`).join('\n')}\n}`;
}

function matchKey({ bytes, take }: Key): string {
  const same = bytes.map((byte, i) => `b[p + ${i + 1}] === ${byte}`).join(' && ');
  return `if (${same}) { p += ${bytes.length + 1}; p = b[p] === 58 && b[p + 1] > 32 ? p + 1 : colon(b, p); ${take} break key; }`;
}
