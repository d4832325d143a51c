import { measureCompiling } from './jsonata/compiling.ts';
import { mappings } from './jsonata/mappings.ts';
import { orders } from './jsonata/orders.ts';
import { measureBounds, measureBytes, measureEvaluation } from './jsonata/times.ts';
import { verify } from './jsonata/verify.ts';
import type { Bench } from './main.ts';

export const bench: Bench = {
  title: 'JSONata mappings of an order: hand-written JavaScript, this engine and the package',
  run: async () => {
    const messages = orders(64);
    for (const mapping of mappings) await verify(mapping, messages, ['off', 'on']);
    return [
      {
        name: 'compiling',
        title: 'Compiling, ms: the least of 12 texts that differ in field names',
        rows: measureCompiling(mappings, messages),
      },
      { name: 'evaluation', title: 'Objects to objects, µs per order', rows: await measureEvaluation(mappings, messages) },
      {
        name: 'bytes',
        title: 'Bytes to bytes, µs per order: the engine against JSON.parse, the hand-written mapping and JSON.stringify',
        rows: await measureBytes(mappings, messages),
      },
      {
        name: 'bounds',
        title: 'With the ordinary bounds against without any, µs per order',
        rows: await measureBounds(mappings, messages),
      },
    ];
  },
};
