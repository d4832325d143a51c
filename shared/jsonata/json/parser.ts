import { parseJson, stringifyJson } from '#shared/json.ts';
import { isCompact } from './compact.ts';
import { project } from './project.ts';
import type { Projection } from './projection.ts';
import { type Bytes, colon, load, maxDepth, odd, readScalar, readString, scan, skip, skipPlain, space } from './scan.ts';
import { readWhole } from './whole.ts';
import { isPlain } from './writer.ts';

/**
 * From JSON text to the projected value.
 * @param utf8 the bytes that the text was decoded from, where they are at hand: text beyond ASCII is then parsed faster
 * @throws SyntaxError as `parseJson` does, for exactly the same texts
 */
export type Parser = (text: string, utf8?: Uint8Array) => unknown;

/** What the generated code is given. */
const tools = { scan, odd, maxDepth, space, colon, skip, skipPlain, readScalar, readString, readWhole, readCopied };

/**
 * A parser of JSON text that builds only what the projection takes, and checks all the rest:
 * - An object at a projected place gets all projected fields in the order of the projection, a missing one as
 *   `undefined`, so that all objects of one place have one hidden class. The last of equal keys wins.
 * - An array there gives an array of projected items, also in arrays; a scalar gives itself.
 * - A copied field is JSON text, as it stood where that is certain to be compact and without equal keys, and otherwise
 *   as `stringifyJson` writes it.
 * - Numbers are as `parseJson` gives them, with `ExactNumber`.
 *
 * `undefined` where the process may not make code of text.
 */
export function compileParser(projection: Projection): Parser | undefined {
  let read: (b: Bytes, p: number, depth: number) => unknown;
  try {
    read = new Function(...Object.keys(tools), parserSource(projection))(...Object.values(tools));
  } catch (cause) {
    if (cause instanceof EvalError) return undefined;
    throw cause;
  }
  return (text, utf8) => {
    if (!load(text, utf8)) return project(parseJson(text), projection);
    try {
      const b = scan.bytes;
      const value = read(b, space(b, 0), 0);
      if (space(b, scan.at) === text.length + scan.shift) return value;
    } catch (cause) {
      if (cause !== odd) throw cause;
    } finally {
      scan.text = '';
    }
    return project(parseJson(text), projection);
  };
}

/** The JSON text of the value that begins at p. */
function readCopied(b: Bytes, p: number): string | undefined {
  const { text, shift } = scan;
  const c = b[p];
  if (c !== 123 && c !== 91) scan.at = skip(b, p);
  else if (!isCompact(b, p)) {
    scan.shift = shift;
    return stringifyJson(readWhole(b, p, 0));
  }
  const token = text.slice(p - shift, scan.at - scan.shift);
  // Half of a surrogate pair would be lost on the way out if it were not escaped.
  return shift === scan.shift || token.isWellFormed() ? token : stringifyJson(parseJson(token));
}

/** The body of a function that takes the tools and gives the reader of a value; to be looked at when in doubt. */
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
    bytes: isPlain(name) && !/[^ -~]/.test(name) ? [...`${name}"`].map((char) => char.charCodeAt(0)) : undefined,
    take: `f${index} = ${placeReader(below, functions)}(b, p, depth + 1); p = scan.at;`,
  }));
  const place = `place${functions.length}`;
  const byBytes = fields.flatMap(({ bytes, take }) => {
    if (bytes === undefined) return [];
    const same = bytes.map((byte, i) => `b[p + ${i + 1}] === ${byte}`).join(' && ');
    return `if (${same}) { p += ${bytes.length + 1}; p = b[p] === 58 && b[p + 1] > 32 ? p + 1 : colon(b, p); ${take} break key; }`;
  });
  functions.push(`function ${place}(b, p, depth) {
  if (b[p] !== 123) return b[p] === 91 ? ${place}List(b, p, depth) : readScalar(b, p);
  let ${['c', ...fields.map(({ local }) => local)].join(', ')};
  p++;
  if (b[p] <= 32) p = space(b, p);
  if (b[p] === 125) p++;
  else for (;;) {
    if (b[p] !== 34) throw odd;
    key: {
      ${byBytes.join('\n      ')}
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
  return {${fields.map(({ name, local }) => `[${name}]: ${local}`).join(', ')}};
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
