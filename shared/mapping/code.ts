import type { SourcePath } from './reach.ts';

/** Names that can stand without backticks: a word that the language does not take for something else. */
const plain = /^[A-Za-z_]\w*$/;
const reserved = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

/** The code of a fixed value, one line. */
export function literalCode(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/**
 * The code of a path from what `start` names: nothing for the item at hand, `$$`, or a variable. Names that are no
 * plain words stand in backticks; a name that holds a backtick is looked up.
 */
export function pathCode(path: SourcePath, start = ''): string {
  let code = start;
  for (const name of path) {
    if (name.includes('`')) code = `$lookup(${code === '' ? '$' : code}, ${literalCode(name)})`;
    else code += `${code === '' ? '' : '.'}${plain.test(name) && !reserved.has(name) ? name : `\`${name}\``}`;
  }
  return code === '' ? '$' : code;
}

/** `"name": code` for each name of a path inside the last: lines with an indent, or one line without. */
export function nestedPair(path: readonly string[], code: string, indent?: string): string {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return `${literalCode(name)}: ${code}`;
  if (indent === undefined) return `${literalCode(name)}: { ${nestedPair(rest, code)} }`;
  return `${literalCode(name)}: {\n${indent}  ${nestedPair(rest, code, `${indent}  `)}\n${indent}}`;
}
