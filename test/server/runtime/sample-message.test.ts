import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readMessage } from '#server/runtime/sample-message.ts';
import type { SampleBytes } from '#shared/sample.ts';

const bytes = fc.option(
  fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: 'grapheme' }).map((text) => new TextEncoder().encode(text)),
  ),
);
const written = (content: SampleBytes | null): Buffer | null => content && Buffer.from(content.text, content.encoding);

it('gives every byte of a record, as text where it is text', () => {
  fc.assert(
    fc.property(bytes, bytes, (key, value) => {
      const record = {
        topic: 'orders',
        partition: 3,
        offset: 12n,
        key,
        value,
        headers: { a: 'ä', b: new Uint8Array([255]) },
        timestamp: 7,
      };
      const { position, message, dead } = readMessage(record);
      expect(position).toBe('orders/3/12');
      expect(written(message.key)).toEqual(key && Buffer.from(key));
      expect(written(message.value)).toEqual(value && Buffer.from(value));
      expect(message).toMatchObject({ timestamp: 7, headers: { a: { text: 'ä' }, b: { text: '/w==', encoding: 'base64' } } });
      expect(dead).toBeUndefined();
    }),
  );
});
