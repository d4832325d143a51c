/**
 * One step of a {@link Path}: the name of a field, or `null` for "each item of the list".
 * So `['items', null, 'sku']` is the sku of each item.
 */
export type Step = string | null;
/** A place in a shape, from its root. Plain data; the empty path is the root. */
export type Path = readonly Step[];

const plainName = /^[A-Za-z_]\w*$/;

/** A path for people and as key of a map: `items[].sku`; names that are no plain words stand in backticks, the root is `''`. */
export function pathText(path: Path): string {
  return path
    .map((step, i) => {
      if (step === null) return '[]';
      const name = plainName.test(step) ? step : `\`${step.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
      return i === 0 ? name : `.${name}`;
    })
    .join('');
}

/**
 * The path that {@link pathText} wrote.
 * @throws SyntaxError when the text is no such path
 */
export function readPath(text: string): Path {
  const steps: Step[] = [];
  const pattern = /\[\]|\.?(?:`((?:\\.|[^`\\])*)`|([^.[\]`]+))/gy;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw new SyntaxError(`"${text}" is no path: it cannot be read from character ${at + 1} on.`);
    steps.push(found[0] === '[]' ? null : (found[1]?.replaceAll(/\\(.)/g, '$1') ?? found[2] ?? ''));
  }
  return steps;
}

/** True when both paths name the same place. */
export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i]);
}

/** True when `path` lies at or below `above`. */
export function startsWith(path: Path, above: Path): boolean {
  return above.length <= path.length && above.every((step, i) => step === path[i]);
}

/** The lists that a path goes through, outermost first, each as the path of the list itself (without its `null`). */
export function listsOf(path: Path): Path[] {
  return path.flatMap((step, i) => (step === null ? [path.slice(0, i)] : []));
}

/** The last name on a path; `''` where there is none. */
export function leafName(path: Path): string {
  return path.findLast((step): step is string => step !== null) ?? '';
}
