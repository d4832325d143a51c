/**
 * What of a JSON text is wanted, as a tree of fields. A place may hold an object, a scalar, or an array of such:
 * the tree goes through arrays without naming them.
 * - `whole`: the value with all below it.
 * - `copied`: the value only goes on to the output. It is delivered as JSON text, never looked at.
 * - `fields`: of objects these fields only; a scalar is delivered all the same.
 */
export type Projection =
  | { readonly take: 'whole' }
  | { readonly take: 'copied' }
  | { readonly take: 'fields'; readonly fields: ReadonlyMap<string, Projection> };

type Path = readonly string[];

/** A place on the way to the tree: what the paths that end here ask for. */
interface Place {
  read: boolean;
  copied: boolean;
  readonly fields: Map<string, Place>;
}

/**
 * The projection for paths that are read and paths that are only copied. The input itself is `[]`; fields stand in the
 * order in which they are first named. A place that is copied and also read, or copied together with something above
 * or below it, is taken whole: ask {@link isCopied} for what came of a path.
 */
export function projectionOf(reads: readonly Path[], copied: readonly Path[] = []): Projection {
  const root = emptyPlace();
  for (const path of reads) placeAt(root, path).read = true;
  for (const path of copied) placeAt(root, path).copied = true;
  return resolve(root);
}

/** Whether a field arrives as JSON text. The consumer asks when it is compiled, never for each message. */
export function isCopied(projection: Projection, path: Path): boolean {
  let place: Projection | undefined = projection;
  for (const name of path) place = place?.take === 'fields' ? place.fields.get(name) : undefined;
  return place?.take === 'copied';
}

const emptyPlace = (): Place => ({ read: false, copied: false, fields: new Map() });

function placeAt(root: Place, path: Path): Place {
  let place = root;
  for (const name of path) {
    let next = place.fields.get(name);
    if (next === undefined) place.fields.set(name, (next = emptyPlace()));
    place = next;
  }
  return place;
}

function resolve(place: Place): Projection {
  if (place.read || (place.copied && place.fields.size > 0)) return { take: 'whole' };
  if (place.copied) return { take: 'copied' };
  return { take: 'fields', fields: new Map([...place.fields].map(([name, below]) => [name, resolve(below)])) };
}
