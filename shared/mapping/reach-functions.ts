/** Built-in functions whose value is made of the values they are given, not computed from them. */
export const passOn: ReadonlySet<string> = new Set(['append', 'clone', 'distinct', 'merge', 'reverse', 'shuffle', 'spread']);

/** Built-in functions that take the value at hand for a missing first argument, with the arguments that leave none missing. */
const takers: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ abs: 1, base64decode: 1, base64encode: 1, boolean: 1, ceil: 1, clone: 1, contains: 2, decodeUrl: 1, decodeUrlComponent: 1 },
    ...{ each: 2, encodeUrl: 1, encodeUrlComponent: 1, floor: 1, formatBase: 1, formatInteger: 2, formatNumber: 2, fromMillis: 1 },
    ...{ keys: 1, length: 1, lookup: 2, lowercase: 1, match: 2, not: 1, number: 1, pad: 2, parseInteger: 2, power: 2, replace: 3 },
    ...{ round: 1, sift: 2, split: 2, spread: 1, sqrt: 1, string: 1, substring: 2, substringAfter: 2, substringBefore: 2 },
    ...{ toMillis: 1, trim: 1, uppercase: 1 },
  }),
);

/** Whether a function given so many arguments takes the value at hand for the first. */
export function takesContext(name: string, given: number): boolean {
  return given < (takers.get(name) ?? 0);
}
