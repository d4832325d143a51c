import { parseJson, stringifyJson } from '#shared/json.ts';
import { isCompact } from './compact.ts';
import { parserSource } from './parser-source.ts';
import { project } from './project.ts';
import type { Projection } from './projection.ts';
import { type Bytes, colon, load, maxDepth, odd, readScalar, readString, scan, skip, skipPlain, space } from './scan.ts';
import { readWhole } from './whole.ts';

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
