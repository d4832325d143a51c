import { didYouMean } from './checks/did-you-mean.ts';
import { type CheckedRow, type MappingProblem, type Resolved, resolve } from './checks/row.ts';
import { checkAllowed, checkDigits, checkFilled, checkKinds, checkLength, checkTable } from './checks/values.ts';
import { leafName, type Path, pathText, samePath, startsWith } from './path.ts';
import { isList, type Shape, shapeAt } from './shape.ts';

/** A mapping to be checked: what it must make, what it gets, and its rows. */
export interface CheckedMapping {
  target: Shape;
  source: Shape;
  rows: readonly CheckedRow[];
}

/** All problems that the shapes show: those of the rows in their order, then required fields without a row. Never throws. */
export function checkMapping(mapping: CheckedMapping): MappingProblem[] {
  return [...mapping.rows.flatMap((row) => checkRow(row, mapping)), ...checkRequired(mapping)];
}

function checkRow(row: CheckedRow, { target, source }: CheckedMapping): MappingProblem[] {
  const sources = row.sources.map((path) => resolve(source, path));
  const unknown = checkSources(row, source, sources);
  const wanted = shapeAt(target, row.target);
  const found = [
    ...unknown,
    ...(wanted === undefined ? [] : [checkWrap, checkKinds, checkAllowed, checkLength].flatMap((check) => check(row, wanted, sources))),
    // A field that is not there says it all.
    ...[checkTable, checkDigits, ...(unknown.length > 0 ? [] : [checkFilled])].flatMap((check) => check(row, wanted, sources)),
  ];
  return found.map((problem) => ({ ...problem, row: row.id, target: row.target }));
}

type Found = Omit<MappingProblem, 'row' | 'target'>;

function checkSources(row: CheckedRow, source: Shape, sources: readonly Resolved[]): Found[] {
  return sources.flatMap(({ shape, path }, i): Found[] => {
    const from = row.sources[i];
    if (shape !== undefined || from === undefined) return [];
    const to = didYouMean(source, from);
    const hint = to === undefined ? '' : ` Did you mean "${pathText(to)}"?`;
    const message = `No message is known to have "${pathText(path)}".${hint}`;
    return [
      // Without a slip in sight, the field may just be rare.
      {
        code: 'unknown-source',
        level: to === undefined ? 'warning' : 'error',
        message,
        ...(to === undefined ? {} : { fix: { kind: 'replace-source', from, to } }),
      },
    ];
  });
}

const gathering = new Set(['copy', 'pick', 'each', 'loop']);

/** JSONata makes one item of a list with one item, and nothing of an empty one, unless `[…]` stands around the rule. */
function checkWrap(row: CheckedRow, target: Shape, sources: readonly Resolved[]): Found[] {
  if (row.inList || !isList(target) || target.kinds.includes('object') || !gathering.has(row.kind)) return [];
  const [source] = sources;
  if (source?.shape === undefined) return [];
  // A list that is copied as it stands stays a list.
  const whole = row.kind === 'copy' && source.lists.length === 0;
  if (whole || (source.lists.length === 0 && !isList(source.shape))) return [];
  const message = 'A list with one item would become a single value, and an empty list would be missing.';
  return [{ code: 'list-without-wrap', level: 'error', message, fix: { kind: 'wrap-list' } }];
}

/** Rules of these kinds have rows for what is below them; of any other kind it is not known what they make. */
const containers = new Set(['object', 'list', 'loop', 'scope', 'choice', 'default', 'helper']);

function checkRequired({ target, rows }: CheckedMapping): MappingProblem[] {
  const made = (path: Path) => rows.some((row) => startsWith(row.target, path));
  const opaque = (path: Path) => rows.some((row) => samePath(row.target, path) && !containers.has(row.kind));
  // What is inside something left out is not needed, and inside something that is missing it is not said again.
  const missing = (shape: Shape, path: Path): MappingProblem[] => {
    if (opaque(path)) return [];
    const items = shape.item === undefined ? [] : missing(shape.item, [...path, null]);
    const fields = (shape.fields ?? []).flatMap((field) => {
      const place = [...path, field.name];
      if (made(place)) return missing(field.shape, place);
      return field.required ? [requiredProblem(place, field.shape)] : [];
    });
    return [...fields, ...items];
  };
  return missing(target, []);
}

function requiredProblem(target: Path, shape: Shape): MappingProblem {
  const what = isList(shape) ? 'list' : 'field';
  const message = `The ${what} "${leafName(target)}" is required and has no rule.`;
  return { code: 'required-unmapped', level: 'error', target, message, fix: { kind: 'add-row', target } };
}
