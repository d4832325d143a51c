/** What a function is for; the groups of the palette. */
export type FunctionCategory = 'text' | 'number' | 'list' | 'object' | 'date' | 'logic';

/** A built-in function of JSONata, explained to people. */
export interface FunctionHelp {
  /** Without the dollar sign. */
  name: string;
  category: FunctionCategory;
  /** What it takes and gives, in words: "text, start (from 0), length? → text". A `?` marks what may be left out. */
  words: string;
  /** One sentence. */
  help: string;
  /** An expression that runs on `input` (JSON text; nothing by default) and its result (JSON text; `''` for no value). */
  example: { expression: string; input?: string; result: string };
}

/** How the functions of one category are written down: name, words, help, example, its result, and its input if it has one. */
export function helpFor(
  category: FunctionCategory,
): (name: string, words: string, help: string, expression: string, result: string, input?: string) => FunctionHelp {
  return (name, words, help, expression, result, input) => ({
    name,
    category,
    words,
    help,
    example: { expression, result, ...(input === undefined ? {} : { input }) },
  });
}
