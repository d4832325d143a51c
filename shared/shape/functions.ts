import type { FunctionHelp } from './functions/help.ts';
import { listFunctions } from './functions/lists.ts';
import { logicFunctions } from './functions/logic.ts';
import { numberFunctions } from './functions/numbers.ts';
import { textFunctions } from './functions/texts.ts';

/** All built-in functions, group by group, the commonest first. */
export const functionHelp: readonly FunctionHelp[] = [...textFunctions, ...numberFunctions, ...listFunctions, ...logicFunctions];

const byName = new Map(functionHelp.map((help) => [help.name, help]));

/** The explanation of a function, given without or with its dollar sign. */
export function helpOf(name: string): FunctionHelp | undefined {
  return byName.get(name.replace(/^\$/, ''));
}
