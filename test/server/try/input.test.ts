import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '#server/runtime/sample-message.ts';
import { inputOfMessage, inputOfSample } from '#server/try/input.ts';
import { parseJson } from '#shared/json.ts';

const place = { node: 'in', topic: 'orders', index: 4, now: 99 };
const bytes = fc.uint8Array({ maxLength: 20 });

describe('what enters a Try', () => {
  it('is of a sample every byte that the message had', () => {
    fc.assert(
      fc.property(
        fc.option(bytes),
        fc.option(bytes),
        fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(fc.string(), fc.constant('Zoë 😀\u0000'), bytes), { maxKeys: 3 }),
        (key, value, headers) => {
          const record = { topic: 'orders', partition: 1, offset: 7n, key, value, headers, timestamp: 5 };
          const { message } = readMessage(record as never);
          const input = inputOfSample(message, { topic: 'orders', partition: 1, offset: '7' }, place);
          expect(input.key && [...input.key]).toEqual(key && [...key]);
          expect(input.value && [...input.value]).toEqual(value && [...value]);
          for (const [name, content] of Object.entries(headers)) {
            const made = input.headers[name] ?? '';
            expect(Buffer.from(made as string).equals(Buffer.from(content as string))).toBe(true);
          }
          expect(input).toMatchObject({ timestamp: 5, origin: { topic: 'orders', partition: 1, offset: '7' } });
        },
      ),
    );
  });

  it('is of a message its JSON with every digit, its text, its bytes, or a tombstone', () => {
    const textOf = (message: Parameters<typeof inputOfMessage>[0]) => {
      const { value } = inputOfMessage(message, place);
      return value && Buffer.from(value).toString('latin1');
    };
    expect(textOf({ value: parseJson('{"id":9007199254740993}') })).toBe('{"id":9007199254740993}');
    expect(textOf({ value: 'a' })).toBe('"a"');
    expect(textOf({ value: 'a', encoding: 'text' })).toBe('a');
    expect(textOf({ value: '/w==', encoding: 'base64' })).toBe('\u00ff');
    expect(textOf({ value: null })).toBeNull();
    expect(inputOfMessage({ value: 1 }, place)).toMatchObject({
      key: null,
      timestamp: 99,
      origin: { topic: 'orders', partition: 0, offset: '4' },
    });
    expect(inputOfMessage({ value: 1, key: 'k', timestamp: 3 }, place)).toMatchObject({ key: Buffer.from('k'), timestamp: 3 });
  });
});
