/** Longer values are not indexed: nobody types them. */
export const longestTerm = 200;

/** What a term stands for: a key or field, the origin of an output, a trace id. */
export type TermKind = 'value' | 'origin' | 'trace';

/** A value as it is compared: without letter case and outer white space. Undefined for what is not indexed. */
export function termText(value: string): string | undefined {
  const text = value.trim();
  if (text === '' || text.length > longestTerm) return undefined;
  return text.normalize('NFC').toLowerCase();
}

/** A term's number in the index, of 53 bits (cyrb53, public domain). Equal terms have equal numbers; the reverse is looked at. */
export function termHash(kind: TermKind, text: string): number {
  let [a, b] = [0xdeadbeef ^ kind.length, 0x41c6ce57 ^ kind.length];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** The 32 digits of a W3C trace id, of itself or of a whole `traceparent`; undefined for what is none. */
export function traceIdOf(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  const id = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/.exec(lower)?.[1];
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

const numbers = new Set(['id', 'uuid', 'guid', 'no', 'nr', 'number', 'ref', 'reference', 'email', 'mail', 'sku']);
const joined =
  /^(order|customer|client|invoice|payment|product|article|item|shop|user|account|transaction|delivery|shipment|message|event)(id|uuid|no|nr|number|ref)$/;

/** Whether a field's name says that it holds what people know a thing by: `orderNo`, `customer_id`, `email`; not `paid`. */
export function namesThings(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return numbers.has(words.at(-1) ?? '') || joined.test(name.toLowerCase());
}
