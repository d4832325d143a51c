import { type Value, valueCode } from './value.ts';

/** Between these two signs of the private use area stands the code of a field or formula; all else is text. */
export const [opens, closes] = ['\uE000', '\uE001'];

/** A template as one text with marked places, so that it can be typed in one line. */
export function markedText(parts: readonly Value[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : opens + valueCode(part) + closes)).join('');
}

/** The parts of a marked text. Neighbouring texts are one; signs without their partner are left out. */
export function partsOf(marked: string): Value[] {
  const parts: Value[] = [];
  const pattern = new RegExp(`${opens}([^${opens}${closes}]*)${closes}|[^${opens}${closes}]+`, 'g');
  for (const [found, code] of marked.matchAll(pattern)) {
    if (code === undefined) parts.push({ kind: 'text', text: found });
    else if (code.trim() !== '')
      parts.push(/^[$\w.`]+$/.test(code) && !/^[\d"']/.test(code) ? { kind: 'field', code } : { kind: 'code', code });
  }
  return parts;
}
