/**
 * One step to a place of the result: a text is a field, a number the item of a fixed list, `null` every item of a loop.
 * `variable` is a variable or helper of the scope that stands here, `computed` the nth field whose name is an expression.
 */
export type TargetStep = string | number | null | { variable: string } | { computed: number };

/** A place of the result; the result itself is `[]`. */
export type TargetPath = readonly TargetStep[];

/** A path as people read it: `lines[].sku`, `tags[0]`, `customer["first name"]`, `$vat`; empty for the result itself. */
export function targetText(path: TargetPath): string {
  let text = '';
  for (const step of path) text += stepText(step, text === '');
  return text;
}

/** One step of {@link targetText}; the first has no dot. */
export function stepText(step: TargetStep, first: boolean): string {
  if (step === null) return '[]';
  if (typeof step === 'number') return `[${step}]`;
  if (typeof step === 'string') return plain.test(step) ? (first ? step : `.${step}`) : `[${JSON.stringify(step)}]`;
  return 'variable' in step ? `$${step.variable}` : `{${step.computed}}`;
}

const plain = /^[\p{L}_][\p{L}\p{N}_-]*$/u;
const steps = /\.?([\p{L}_][\p{L}\p{N}_-]*)|\[\]|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/uy;

/** The path that {@link targetText} wrote, without variables and computed names; nothing where the text is none. */
export function parseTarget(text: string): (string | number | null)[] | undefined {
  const path: (string | number | null)[] = [];
  for (steps.lastIndex = 0; steps.lastIndex < text.length; ) {
    const found = steps.exec(text);
    if (found === null) return undefined;
    const [, name, item, quoted] = found;
    if (name !== undefined) path.push(name);
    else if (item !== undefined) path.push(Number(item));
    else if (quoted === undefined) path.push(null);
    else {
      const key = unquoted(quoted);
      if (key === undefined) return undefined;
      path.push(key);
    }
  }
  return path;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether two places are the same. */
export function sameTarget(a: TargetPath, b: TargetPath): boolean {
  return a.length === b.length && a.every((step, i) => sameStep(step, b[i]));
}

/** Whether two steps are the same. */
export function sameStep(a: TargetStep | undefined, b: TargetStep | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if ('variable' in a) return 'variable' in b && a.variable === b.variable;
  return 'computed' in b && a.computed === b.computed;
}
