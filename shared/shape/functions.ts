import { listFunctions } from './functions/lists.ts';
import { logicFunctions } from './functions/logic.ts';
import { numberFunctions } from './functions/numbers.ts';
import { textFunctions } from './functions/texts.ts';

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

/** All built-in functions, group by group, the commonest first. */
export const functionHelp: readonly FunctionHelp[] = [...textFunctions, ...numberFunctions, ...listFunctions, ...logicFunctions];

const byName = new Map(functionHelp.map((help) => [help.name, help]));

/** The explanation of a function, given without or with its dollar sign. */
export function helpOf(name: string): FunctionHelp | undefined {
  return byName.get(name.replace(/^\$/, ''));
}
