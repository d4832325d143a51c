import jsonata from 'jsonata';
import { compileFor, type Speculation } from '../../shared/jsonata/engines.ts';
import { sameValue } from '../../shared/jsonata/suite.ts';
import type { Mapping } from './mappings.ts';
import type { Order } from './orders.ts';

/**
 * Makes sure that all engines give the same value as the hand-written mapping, with the keys in the same order, and
 * leave the order as it was.
 * @throws Error with the mapping, the engine and both values
 */
export async function verify({ name, text, hand }: Mapping, orders: readonly Order[], modes: readonly Speculation[]): Promise<void> {
  const engines = modes.map((mode) => ({ mode, engine: compileFor(text, mode) }));
  const reference = jsonata(text);
  for (const one of orders) {
    const before = JSON.stringify(one);
    const wanted = hand(one);
    const check = (who: string, value: unknown): void => {
      const same = JSON.stringify(value) === JSON.stringify(wanted) && sameValue(plain(value), plain(wanted));
      if (!same) throw new Error(`"${name}" by ${who} gives ${JSON.stringify(value)}, by hand ${JSON.stringify(wanted)}.`);
      if (JSON.stringify(one) !== before) throw new Error(`"${name}" by ${who} changed the order.`);
    };
    check('hand', hand(one));
    for (const { mode, engine } of engines) {
      check(`the engine (${mode})`, engine.evaluate(one));
      check(`the engine from text (${mode})`, JSON.parse(engine.evaluateText(before) ?? 'null'));
    }
    check('the package', await reference.evaluate(structuredClone(one)));
  }
}

/** Without the marks that the package leaves on its lists, and without fields that hold nothing. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
