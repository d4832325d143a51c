import { listsOf, type Path, pathText } from '../path.ts';
import { isLeaf, isList, type Shape, shapeAt, walk } from '../shape.ts';
import { conceptsOf } from './names.ts';
import { classOf, isFiller } from './vocabulary.ts';

/** A place that can be mapped, prepared for comparison. */
export interface Leaf {
  path: Path;
  shape: Shape;
  /** Concepts of its own name. */
  own: readonly string[];
  /** Concepts of its parents below the innermost list, the nearest first. */
  context: readonly (readonly string[])[];
  /** What goes without saying here: what the document or the list is about. Counts where it is named, costs nothing where not. */
  implied: readonly string[];
  /** Another reading of its name, from its documentation. */
  alias?: readonly string[];
  /** The list that it is an item or part of, as text of the path; `''` outside of lists. */
  list: string;
  /** Joined from several fields, or cut from one. */
  parts?: readonly Path[];
}

/** All that autoMap compares of one side. */
export interface Side {
  /** Plain values; the items of a list of plain values are not among them. */
  leaves: readonly Leaf[];
  lists: readonly Leaf[];
}

/** Prepares one side. `name` says what the documents are (`Order`), where it is known. Recursive shapes are not unfolded. */
export function sideOf(shape: Shape, name = ''): Side {
  const about = [...aboutOf(shape), ...conceptsOf(name).filter((concept) => classOf(concept) === 'entity')];
  const leaves: Leaf[] = [];
  const lists: Leaf[] = [];
  for (const place of walk(shape)) {
    const { path } = place;
    if (path.length === 0 || path.at(-1) === null) continue;
    if (isList(place.shape)) lists.push(leafOf(shape, path, place.shape, about));
    else if (isLeaf(place.shape)) leaves.push(leafOf(shape, path, place.shape, about));
  }
  return { leaves, lists };
}

function leafOf(root: Shape, path: Path, shape: Shape, about: readonly string[]): Leaf {
  const list = listsOf(path).at(-1);
  const inner = path.slice(list === undefined ? 0 : list.length + 1);
  const names = inner.filter((step): step is string => step !== null);
  const own = stateOrStatus(conceptsOf(names.at(-1) ?? ''), root, path);
  const context = names
    .slice(0, -1)
    .map((name, i) => [...conceptsOf(name), ...docOf(root, path.slice(0, path.length - inner.length + i + 1))]);
  const alias = aliasOf(shape.doc);
  return {
    path,
    shape,
    own,
    context: context.reverse(),
    implied: list === undefined ? about : [...conceptsOf(listName(list)), 'line', 'product'],
    list: list === undefined ? '' : pathText(list),
    ...(alias === undefined ? {} : { alias }),
  };
}

/** A `state` that stands in no address is a status. */
function stateOrStatus(own: readonly string[], root: Shape, path: Path): readonly string[] {
  if (own.join() !== 'state') return own;
  const siblings = shapeAt(root, path.slice(0, -1))?.fields ?? [];
  return siblings.some(({ name }) =>
    conceptsOf(name).some((concept) => ['city', 'zip', 'street', 'country', 'countrycode'].includes(concept)),
  )
    ? own
    : ['status'];
}

function listName(list: Path): string {
  return list.findLast((step): step is string => step !== null) ?? '';
}

/** Entities that the documentation of an object names, such as "The supplier". */
function docOf(root: Shape, path: Path): string[] {
  return (aliasOf(shapeAt(root, path)?.doc) ?? []).filter((concept) => classOf(concept) === 'entity');
}

/** A short documentation text read as a name. A sentence is none. */
function aliasOf(doc: string | undefined): readonly string[] | undefined {
  if (doc === undefined || doc.length > 50) return undefined;
  const concepts = conceptsOf(doc.replaceAll(/['’]s?\b/g, ' ')).filter((concept) => !isFiller(concept));
  return concepts.length === 0 || concepts.length > 4 ? undefined : concepts;
}

const subjects = new Set(['order', 'invoice', 'ticket', 'product', 'employee', 'payment', 'transaction', 'document']);
const subjectOfConcept: Readonly<Record<string, string>> = {
  orderdate: 'order',
  invoicedate: 'invoice',
  sku: 'product',
  productid: 'product',
  gtin: 'product',
};

/** What the documents are about: the thing that its top-level names speak of most, if any. */
function aboutOf(shape: Shape): string[] {
  const counts = new Map<string, number>();
  const prefixes = new Map<string, number>();
  for (const { path } of walk(shape)) {
    const depth = path.length;
    if (depth === 0 || depth > 2 || path.includes(null)) continue;
    // A part of a party or an address speaks of that party.
    if (depth === 2 && !/^(?:header|document|head|kopf|general|root|main|order|invoice|ticket|shipment)$/i.test(path[0] ?? '')) continue;
    const concepts = conceptsOf(path.at(-1) ?? '');
    // A thing named alone is a part of the document, not what it is about.
    if (concepts.length === 1 && classOf(concepts[0] ?? '') === 'entity') continue;
    const [prefix] = concepts;
    if (prefix !== undefined && concepts.length > 1 && classOf(prefix) === 'word') prefixes.set(prefix, (prefixes.get(prefix) ?? 0) + 1);
    for (const concept of concepts) {
      const subject = subjectOfConcept[concept] ?? concept;
      if (subjects.has(subject)) counts.set(subject, (counts.get(subject) ?? 0) + 1);
    }
  }
  const best = [...counts].sort((a, b) => b[1] - a[1])[0];
  const common = [...prefixes].filter(([, count]) => count > 1).map(([word]) => word);
  return [...(best === undefined ? [] : [best[0]]), ...common];
}
