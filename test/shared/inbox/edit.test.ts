import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editInWords, leavesOf, spanOf, withEdits } from '#shared/inbox/edit.ts';

const text = '{ "id": "o-1",\t"number": 9007199254740993, "total": "12,50", "lines": [ { "qty": 1.10 } ] }';

it('changes one field and leaves every other character as it came', () => {
  expect(withEdits(text, [{ path: ['total'], text: '12.50' }])).toBe(text.replace('"12,50"', '12.50'));
  expect(withEdits(text, [{ path: ['lines', 0, 'qty'], text: '2' }])).toBe(text.replace('1.10', '2'));
});

it('writes back what it read for any JSON', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (json) => {
      const { leaves } = leavesOf(json, 1000) ?? { leaves: [] };
      expect(
        withEdits(
          json,
          leaves.map(({ path, text: now }) => ({ path, text: now })),
        ),
      ).toBe(json);
    }),
  );
});

it('says what was changed, with every digit', () => {
  expect(editInWords(text, withEdits(text, [{ path: ['number'], text: '9007199254740994' }]))).toBe(
    'number: 9007199254740993 → 9007199254740994',
  );
  expect(editInWords('a,b', 'a;b')).toBe('the text: a,b → a;b');
  expect(editInWords(text, text)).toBe('nothing');
});

it('refuses a field that is not there and text that is no JSON', () => {
  expect(() => withEdits(text, [{ path: ['nothing'], text: '1' }])).toThrow('The message has no field nothing.');
  expect(() => withEdits(text, [{ path: ['total'], text: 'abc' }])).toThrow('put text in double quotes');
  expect(spanOf(text, ['total'])).toEqual({ start: text.indexOf('"12,50"'), end: text.indexOf('"12,50"') + 7 });
});
