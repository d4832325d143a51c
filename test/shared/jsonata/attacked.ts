import { ExpressionError } from '#shared/jsonata/compile.ts';
import { type Attack, attacks } from './attacks.ts';
import { compileFor, type Speculation } from './engines.ts';

/** What became of an attack. */
export interface Attacked {
  name: string;
  /** The value as JSON or the code of the error. */
  outcome: string;
  ms: number;
}

/** Tries an attack with the ordinary bounds. */
export function attack({ name, text, input }: Attack, speculation: Speculation): Attacked {
  const message = input?.();
  const started = performance.now();
  const outcome = outcomeOf(() => compileFor(text, speculation).evaluate(message));
  return { name, outcome, ms: performance.now() - started };
}

function outcomeOf(evaluate: () => unknown): string {
  try {
    return (JSON.stringify(evaluate()) ?? 'nothing').slice(0, 60);
  } catch (error) {
    return error instanceof ExpressionError ? error.code : String(error).slice(0, 200);
  }
}

/** In a process of its own: tries the attacks that could end it, a line of JSON for each. */
const [, , mode] = process.argv;
if (mode === '--on' || mode === '--off') {
  for (const one of Object.values(attacks).flat()) {
    if (one.fatal) console.log(JSON.stringify(attack(one, mode === '--on' ? 'on' : 'off')));
  }
}
