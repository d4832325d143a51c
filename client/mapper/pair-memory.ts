/** What people have made of proposals in this browser: pairs of fields that were taken, and those that were turned down. */

const place = 'millrace.auto-map';
/** Pairs that are remembered; the oldest go first. */
const most = 500;

export type Verdict = 'taken' | 'refused';

/**
 * What was made of proposals that were ticked or not at `first` and at `last`: taken is what is ticked in the end, turned
 * down what somebody unticked. One that was never ticked has not been judged: it may be right for another target.
 */
export function verdictsOf(proposals: readonly { pair: string; first: boolean; last: boolean }[]): ReadonlyMap<string, Verdict> {
  return new Map(
    proposals.filter(({ first, last }) => first || last).map(({ pair, last }): [string, Verdict] => [pair, last ? 'taken' : 'refused']),
  );
}

/** The verdicts by pair; empty where the browser keeps nothing. */
export function rememberedPairs(): ReadonlyMap<string, Verdict> {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    if (!Array.isArray(read)) return new Map();
    return new Map(read.filter((one): one is [string, Verdict] => Array.isArray(one) && (one[1] === 'taken' || one[1] === 'refused')));
  } catch (error) {
    // Storage may be shut off, and what stands in it may be anything: then nothing is remembered.
    if (error instanceof DOMException || error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** Remembers verdicts; a browser that keeps nothing forgets them. */
export function rememberPairs(verdicts: ReadonlyMap<string, Verdict>): void {
  const all = new Map(rememberedPairs());
  for (const [pair, verdict] of verdicts) {
    all.delete(pair);
    all.set(pair, verdict);
  }
  try {
    localStorage.setItem(place, JSON.stringify([...all].slice(-most)));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
