import { describe, expect, test } from 'vitest';
import { type Source, sourcesOf } from './sources.ts';

const sources = ['shared', 'client', 'server'].flatMap(sourcesOf);

/** Code without comments and texts, so that words in them do not count. Line breaks stay. */
function codeOf(source: Source): string {
  return source.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.replaceAll(/[^\n]/g, ' '),
  );
}

/** Files and lines in which a pattern stands. */
function places(pattern: RegExp, textOf: (source: Source) => string): string[] {
  return sources.flatMap((source) => {
    const text = textOf(source);
    return [...text.matchAll(pattern)].map(({ index }) => `${source.path}:${text.slice(0, index).split('\n').length}`);
  });
}

describe('style', () => {
  test('no file is longer than 500 lines', () => {
    const long = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length })).filter(({ lines }) => lines > 500);
    expect(long).toEqual([]);
  });

  test('no type is escaped with any, and no error of the compiler is silenced', () => {
    expect(places(/(?:[:<|]|\bas)\s*any\s*(?=[\]>;,=|&)[{}]|$)/gm, codeOf)).toEqual([]);
    expect(places(/@ts-(?:ignore|nocheck|expect-error)/g, ({ text }) => text)).toEqual([]);
  });

  test('no catch is empty: what is caught is handled, or its silence has a reason in code', () => {
    expect(places(/\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/g, codeOf)).toEqual([]);
    expect(places(/\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*\{\s*\}\s*\)/g, codeOf)).toEqual([]);
  });

  test('no work is left as a mark in the code', () => {
    expect(places(/\b(?:TODO|FIXME|XXX|HACK)\b/g, ({ text }) => text)).toEqual([]);
  });

  test('no classes but errors and those that hold data with a language need for one', () => {
    const allowed = ['shared/exact-number.ts', 'shared/json.ts', 'shared/json-text.ts'];
    const found = places(/^(?:export )?class (?!\w+ extends \w*(?:Error|Unreachable|\.Component|Component)\b)/gm, codeOf).filter(
      (place) => !allowed.some((path) => place.startsWith(`${path}:`)),
    );
    expect(found).toEqual([]);
  });

  test('files are named in lower case with dashes', () => {
    expect(sources.map(({ path }) => path).filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([]);
  });
});
