import type { SortTerm } from '../ast.ts';
import { type Env, type Generator, withContext } from './env.ts';
import type { Operand } from './source.ts';
import { DATA, LIST, NOTHING } from './type.ts';

/**
 * Generates the sort of a list in place. The keys are worked out first: of one term they must all be numbers or all
 * be texts, or missing; what has none goes last. Then the order is total, so that the built-in stable sort gives
 * the order that the language prescribes.
 */
export function sorted(g: Generator, list: Operand, terms: readonly SortTerm[], env: Env): void {
  g.block(`if (${list.code}.length > 1)`, () => {
    g.charge(`${list.code}.length * 8`);
    const entries = g.temp(`new Array(${list.code}.length)`, 0);
    const kinds = terms.map(() => g.variable(0, "''").code);
    const index = g.name();
    g.loop(`for (let ${index} = 0; ${index} < ${list.code}.length; ${index}++)`, () => {
      const item = g.temp(`${list.code}[${index}]`, DATA & ~NOTHING & ~LIST);
      const keys = terms.map((term, i) => {
        const key = g.value(term.expression, withContext(env, item)).code;
        const kind = kinds[i];
        g.block(`if (${key} !== undefined)`, () => {
          g.line(`if (${kind} === '') ${kind} = typeof ${key};`);
          g.guard(`typeof ${key} !== ${kind} || (${kind} !== 'number' && ${kind} !== 'string')`);
        });
        return key;
      });
      g.line(`${entries.code}[${index}] = { item: ${item.code}, ${keys.map((key, i) => `k${i}: ${key}`).join(', ')} };`);
    });
    g.line(`${entries.code}.sort(${comparator(g, terms)});`);
    const at = g.name();
    g.line(`for (let ${at} = 0; ${at} < ${list.code}.length; ${at}++) ${list.code}[${at}] = ${entries.code}[${at}].item;`);
  });
}

function comparator(g: Generator, terms: readonly SortTerm[]): string {
  return g.hoist(`order ${terms.map((term) => term.descending).join()}`, 'a, b', () => {
    for (const [i, { descending }] of terms.entries()) {
      g.block(`if (a.k${i} !== b.k${i})`, () => {
        g.line(`if (a.k${i} === undefined) return 1;`);
        g.line(`if (b.k${i} === undefined) return -1;`);
        g.line(`return a.k${i} < b.k${i} ? ${descending ? 1 : -1} : ${descending ? -1 : 1};`);
      });
    }
    g.line('return 0;');
  });
}
