import type { OpenView } from '../view.ts';

/** In how many slices a mapping with variables is looked at at the most: each compiles and evaluates the variables anew. */
const mostWithVariables = 12;

/**
 * A mapping as several that make a part of its fields each and together all of them, so that after a keystroke only the one
 * that changed has to be compiled. Each keeps the names of the rows. Undefined where the fields of the root are not all named
 * and different, or there is but one. A message that is a list is grouped by the mapping as a whole, and by slices would not be.
 */
export function slicesOf({ text, root }: Pick<OpenView, 'text' | 'root'>): string[] | undefined {
  const body = root.kind === 'scope' ? root.body : root;
  if (body.kind !== 'object' || body.fields.length < 2) return undefined;
  const { fields, span } = body;
  const names = new Set(fields.map(({ key }) => key));
  if (names.has(undefined) || names.size < fields.length) return undefined;
  const before = text.slice(root.span.start, span.start);
  const after = text.slice(span.end, root.span.end);
  // All variables together are no more work than the fields.
  const most = before === '' ? fields.length : Math.min(mostWithVariables, Math.floor((span.end - span.start) / before.length));
  if (most < 2) return undefined;
  const size = Math.ceil(fields.length / most);
  const slices: string[] = [];
  for (let at = 0; at < fields.length; at += size) {
    const [first, last] = [fields[at], fields[Math.min(at + size, fields.length) - 1]];
    if (first && last) slices.push(`${before}{${text.slice(first.span.start, last.span.end)}}${after}`);
  }
  return slices;
}
