import { parse } from '#shared/jsonata/ast.ts';
import { compileFor } from '../../shared/jsonata/engines.ts';
import type { Row } from '../main.ts';
import type { Mapping } from './mappings.ts';
import type { Order } from './orders.ts';
import { geometricMean, rounded } from './race.ts';

/**
 * The mapping with other field names, so that nothing keeps what was made of the same text before: V8 does so with
 * generated source.
 */
const variant = (text: string, round: number): string => text.replace(/\b(id|sku|qty|paid|placed|total)\b/g, `$1${round}`);

/** Milliseconds to compile each mapping, the least of several rounds: parsing, the closures, the generated source, up to a first value. */
export function measureCompiling(mappings: readonly Mapping[], orders: readonly Order[]): Row[] {
  const rounds = 12;
  const totals: number[][] = [];
  const rows = mappings.map(({ name, text }): Row => {
    const parts: ((round: number) => unknown)[] = [
      (round) => parse(variant(text, round)),
      (round) => compileFor(variant(text, round), 'off'),
      (round) => compileFor(variant(text, round), 'on'),
      (round) => attempt(() => compileFor(variant(text, round + 1000), 'on').evaluate(orders[0])),
    ];
    const best = parts.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < rounds; round++) {
      for (const [at, part] of parts.entries()) {
        const start = performance.now();
        part(round);
        best[at] = Math.min(best[at] ?? 0, performance.now() - start);
      }
    }
    const [parsing = 0, exact = 0, fast = 0, first = 0] = best;
    totals.push(best);
    return {
      mapping: name,
      'parser ms': rounded(parsing),
      'exact: all ms': rounded(exact),
      'fast: all ms': rounded(fast),
      'fast: generation ms': rounded(Math.max(0, fast - exact)),
      'up to the first value ms': rounded(first),
      'source KB': rounded((compileFor(text, 'on').source ?? '').length / 1024),
      'all / parser': rounded(fast / parsing),
    };
  });
  const mean = (at: number): number => rounded(geometricMean(totals.map((one) => one[at] ?? 1)));
  return [
    ...rows,
    {
      mapping: 'geometric mean',
      'parser ms': mean(0),
      'exact: all ms': mean(1),
      'fast: all ms': mean(2),
      'up to the first value ms': mean(3),
      'all / parser': rounded(mean(2) / mean(0)),
    },
  ];
}

/** With other field names a mapping may well fail on the order; what it costs until then counts. */
function attempt(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch (error) {
    return error;
  }
}
