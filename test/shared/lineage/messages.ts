import fc from 'fast-check';
import { parseJson } from '#shared/json.ts';
import type { SourcePath } from '#shared/mapping/reach.ts';
import type { OpenView } from '#shared/mapping/view.ts';

/** Names that no mapping reads. */
const strange = ['zz_note', 'zz_extra', 'zz_more'];

/** Messages that have something wherever a mapping reads, at every level fields beside that it does not, lists and lone objects in turn. */
export function messagesFor(view: OpenView): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>('A', '12.50', '7', '2026-01-03', '2026-01-03T10:00:00Z', 0, 1, 2.5, true, null, undefined),
    fc.constant(parseJson('9007199254740993')),
  );
  const paths = view.lines.map(({ path }) => path).filter((path) => path.length > 0);
  const numbers = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 10, maxLength: 10 });
  return fc.tuple(fc.array(leaf, { minLength: 10, maxLength: 10 }), numbers).map(([values, sizes]) => {
    let n = 0;
    const build = (at: readonly SourcePath[], root: boolean): unknown => {
      const names = [...new Set(at.flatMap(([name]) => name ?? []))];
      if (names.length === 0) return values[n++ % values.length];
      const object = () => ({
        ...Object.fromEntries(
          names.map((name) => [
            name,
            build(
              at.flatMap(([first, ...rest]) => (first === name ? [rest] : [])),
              false,
            ),
          ]),
        ),
        [strange[n % strange.length] ?? 'zz']: values[n++ % values.length],
      });
      const size = sizes[n++ % sizes.length] ?? 0;
      return root || size === 3 ? object() : Array.from({ length: Math.min(size, 3) }, object);
    };
    return build(paths, true) ?? {};
  });
}

/**
 * The same message with everything else changed that is not at one of the paths or on the way to one: values become others,
 * fields are added; how many items lists have stays, where their items are read or counted.
 */
export function changedBeside(value: unknown, kept: readonly SourcePath[], salt: number): unknown {
  if (kept.some((path) => path.length === 0)) return value;
  if (kept.length === 0) return `changed ${salt}`;
  if (Array.isArray(value)) return value.map((item) => changedBeside(item, kept, salt));
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return value;
  const fields = Object.entries(value).map(([name, inner]) => [
    name,
    changedBeside(
      inner,
      kept.flatMap(([first, ...rest]) => (first === name ? [rest] : [])),
      salt,
    ),
  ]);
  return Object.fromEntries([...fields, [`added${salt}`, salt]]);
}
