import fc from 'fast-check';
import { expect, it } from 'vitest';
import { markedText, partsOf } from '../../../../client/mapper/editors/template.ts';
import type { Value } from '../../../../client/mapper/editors/value.ts';

const text = fc.string({ minLength: 1 }).filter((one) => !/[\uE000\uE001]/.test(one));
const part: fc.Arbitrary<Value> = fc.oneof(
  text.map((one): Value => ({ kind: 'text', text: one })),
  fc.constantFrom<Value>(
    { kind: 'field', code: 'a.b' },
    { kind: 'field', code: '$$.`c d`'.replace(' ', '_') },
    { kind: 'code', code: '$trim(a)' },
  ),
);

it('a template is what it was after it was one marked text, but for neighbouring texts', () => {
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const joined: Value[] = [];
      for (const one of parts) {
        const last = joined.at(-1);
        if (one.kind === 'text' && last?.kind === 'text') joined.splice(-1, 1, { kind: 'text', text: last.text + one.text });
        else joined.push(one);
      }
      expect(partsOf(markedText(parts))).toEqual(joined);
    }),
  );
});

it('signs without their partner are left out', () => {
  expect(partsOf('a\uE000b')).toEqual([
    { kind: 'text', text: 'a' },
    { kind: 'text', text: 'b' },
  ]);
});
