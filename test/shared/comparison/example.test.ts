import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleOf, labelOf, type SourceMessage } from '#shared/comparison/example.ts';
import { type Difference, differencesOf, type Output } from '#shared/comparison/outcome.ts';
import { parseJson } from '#shared/json.ts';
import { createMasker, defaultMasks, type Mask } from '#shared/sample-masks.ts';

const source = (value: string, more: Partial<SourceMessage['message']> = {}): SourceMessage => ({
  position: { topic: 'orders', partition: 0, offset: '7' },
  message: { key: { text: 'k-1', encoding: 'utf8' }, headers: {}, timestamp: 5, value: { text: value, encoding: 'utf8' }, ...more },
});
const out = (value: unknown, more: Partial<Output> = {}): Output => ({
  sink: 'erp',
  topic: 't',
  index: 0,
  key: 'k',
  headers: {},
  value,
  ...more,
});
const difference = (before: Output, after: Output): Difference =>
  differencesOf(
    { outputs: [before], failures: [], filtered: [] },
    { outputs: [after], failures: [], filtered: [] },
    { leads: () => true, inBoth: () => true },
  )[0] ?? expect.unreachable();
const masker = createMasker(defaultMasks);

describe('an example of a difference', () => {
  it('shows the changed fields of both sides with all digits, and what people call the message', () => {
    const [before, after] = [
      parseJson('{"big":90071992547409931,"l":[{"s":"a"},{"s":"b"}]}'),
      parseJson('{"big":90071992547409932,"l":[{"s":"b"}]}'),
    ];
    expect(exampleOf(source('{"orderNo":"o-1","total":3}'), difference(out(before), out(after)), masker)).toEqual({
      position: { topic: 'orders', partition: 0, offset: '7' },
      timestamp: 5,
      key: 'k-1',
      label: { name: 'orderNo', value: 'o-1' },
      changes: [
        { place: 'big', before: '90071992547409931', after: '90071992547409932' },
        { place: 'l[0]', before: '{"s":"a"}' },
      ],
      more: 0,
    });
  });

  it('shows keys and headers, and says where a partition was chosen', () => {
    const keys = difference(out({}), out({}, { key: null, partition: 3 }));
    expect(exampleOf(source('{}'), keys, masker).changes).toEqual([
      { place: 'key', before: 'k', after: 'no key' },
      { place: 'partition', before: 'by key', after: '3' },
    ]);
    const headers = difference(
      out({}, { headers: { a: '1', authorization: 'Bearer x' } }),
      out({}, { headers: { b: '2', authorization: 'Bearer y' } }),
    );
    expect(exampleOf(source('{}'), headers, masker).changes).toEqual([
      { place: 'a', before: '1' },
      { place: 'authorization', before: '•••', after: '•••', masked: true },
      { place: 'b', after: '2' },
    ]);
  });

  it('never holds a text that a mask hides in the message that came in, wherever the flow has put it', () => {
    const masks: Mask[] = [
      { in: 'value', path: 'customer.mail', kind: 'hide' },
      { in: 'key', path: '', kind: 'hide' },
    ];
    const secret = fc.stringMatching(/^[a-z0-9]{6,20}$/);
    fc.assert(
      fc.property(secret, secret, (mail, key) => {
        fc.pre(!mail.includes(key) && !key.includes(mail) && !'contact note unchanged'.includes(mail));
        const message = source(JSON.stringify({ id: 1, customer: { mail } }), { key: { text: key, encoding: 'utf8' } });
        const made = difference(
          out({ contact: '', note: '' }),
          out({ contact: mail, note: `write to ${mail}, key ${key}` }, { headers: { to: mail } }),
        );
        expect(JSON.stringify(exampleOf(message, made, createMasker(masks)))).not.toContain(mail);
        const failure = { node: 'm', code: 'x', message: `"${mail}" of ${key} is no number`, end: 'dead-letter' as const };
        const failing: Difference = { class: 'newly-failing', changes: [], failed: { after: failure } };
        const shown = JSON.stringify(exampleOf(message, failing, createMasker(masks)));
        expect(shown).not.toContain(mail);
        expect(shown).not.toContain(key);
      }),
    );
  });

  it('names only the fields of a value that is too large to be shown, and cuts long texts', () => {
    const long = 'x'.repeat(5000);
    const [change] = exampleOf(source('{}'), difference(out({ a: 'y' }), out({ a: long })), masker).changes;
    expect(change?.after?.length).toBeLessThan(310);
    const huge = 'x'.repeat(600_000);
    expect(exampleOf(source('{}'), difference(out({ a: 'y', b: huge }), out({ a: 'z', b: huge })), masker).changes).toEqual([
      { place: 'a' },
    ]);
  });
});

it('finds what people call a message by the names of its fields', () => {
  const label = (text: string) => labelOf({ text, encoding: 'utf8' });
  expect(label('{"total":3,"orderId":7,"id":"x"}')).toEqual({ name: 'id', value: 'x' });
  expect(label('{"total":3,"customerNo":90071992547409931}')).toEqual({ name: 'customerNo', value: '90071992547409931' });
  expect(label('{"paid":true,"total":3}')).toBeUndefined();
  expect(label('no JSON')).toBeUndefined();
});
