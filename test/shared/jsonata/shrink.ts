import { compare, type Difference, noRuns } from './comparison.ts';

/** Milliseconds for one difference; what is reached by then is given. */
const patience = 20_000;

/** The same difference with a text and an input from which nothing more can be left out. */
export async function shrink(difference: Difference): Promise<Difference> {
  const guard = /guard (\d+)/.exec(difference.against)?.[1];
  const deadline = Date.now() + patience;
  let best = difference;
  const better = async (text: string, input: unknown): Promise<boolean> => {
    if (Date.now() > deadline) return false;
    const report = noRuns();
    await compare(report, difference.run, text, [input], guard === undefined ? undefined : Number(guard), difference.surroundings);
    // Still between the same two; the list of paths that are read changes with the text.
    const found = report.differences.find((one) => one.against.slice(0, 12) === difference.against.slice(0, 12));
    if (found !== undefined) best = found;
    return found !== undefined;
  };
  for (let before = ''; before !== JSON.stringify(best); ) {
    before = JSON.stringify(best);
    await shrinkInput(() => best, better);
    await shrinkText(() => best, better);
  }
  return best;
}

type Better = (text: string, input: unknown) => Promise<boolean>;

/** Leaves out parts of the text, the longest first. */
async function shrinkText(best: () => Difference, better: Better): Promise<void> {
  for (let length = best().text.length - 1; length > 0; length--) {
    for (let at = 0; at + length <= best().text.length; at++) {
      const { text, input } = best();
      await better(text.slice(0, at) + text.slice(at + length), input);
    }
  }
}

/** Leaves out fields and items of the input, from the outside in. */
async function shrinkInput(best: () => Difference, better: Better): Promise<void> {
  for (let at = 0; ; ) {
    const { text, input } = best();
    const parts = partsOf(input);
    const part = parts[at];
    if (part === undefined) return;
    if (!(await better(text, without(input, part)))) at++;
  }
}

type Path = (string | number)[];

function partsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys: Path = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const own = keys.map((key) => [...path, key]);
  return [...own, ...keys.flatMap((key) => partsOf((value as Record<string | number, unknown>)[key], [...path, key]))];
}

function without(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return rest.length === 0 ? value.filter((_, at) => at !== key) : value.map((item, at) => (at === key ? without(item, rest) : item));
  }
  const entries = Object.entries(value);
  if (rest.length === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? without(item, rest) : item]));
}
