import { readdirSync, readFileSync } from 'node:fs';
import { autoMap, type Proposal } from '#shared/shape/auto-map.ts';
import { shapeOfJsonSchema } from '#shared/shape/from-json-schema.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { type Column, shapeOfTable } from '#shared/shape/from-table.ts';
import { pathText } from '#shared/shape/path.ts';
import type { Shape } from '#shared/shape/shape.ts';

/** One side of a pair file. */
interface Given {
  samples?: unknown[];
  schema?: unknown;
  columns?: Column[];
}

/** A pair of shapes with the answers a person gave. */
export interface GoldPair {
  name: string;
  source: Given;
  target: Given;
  gold: Record<string, string[]>;
}

/** Counts over proposals; precision and recall follow from them. */
export interface Counts {
  sure: number;
  sureRight: number;
  all: number;
  right: number;
  wanted: number;
}

export function readPairs(folder: 'auto-map' | 'tuning' | 'apart'): GoldPair[] {
  const url = new URL(`./${folder}/`, import.meta.url);
  const files = readdirSync(url).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => JSON.parse(readFileSync(new URL(file, url), 'utf8')) as GoldPair);
}

export function shapeOfGiven(given: Given): Shape {
  if (given.columns !== undefined) return shapeOfTable(given.columns);
  return given.schema === undefined ? shapeOfSamples(given.samples ?? []).shape : shapeOfJsonSchema(given.schema);
}

/** The key of a proposal in the gold answers, and its answer as the gold answers write it. */
export function answerOf(proposal: Proposal): [target: string, answer: string] {
  const list = proposal.kind === 'loop' || proposal.kind === 'list' ? '[]' : '';
  return [
    `${pathText(proposal.target)}${list}`,
    `${proposal.sources.map(pathText).join(' & ')}${list}${proposal.kind === 'split' ? ' (part)' : ''}`,
  ];
}

/** Counts the proposals for one pair; `tell` hears of each that is wrong or missing. */
export function measure(pair: GoldPair, tell: (line: string) => void = () => undefined): Counts {
  const proposals = autoMap(shapeOfGiven(pair.source), shapeOfGiven(pair.target));
  const wanted = Object.values(pair.gold).filter((answers) => answers.length > 0).length;
  const counts: Counts = { sure: 0, sureRight: 0, all: 0, right: 0, wanted };
  const answered = new Set<string>();
  for (const proposal of proposals) {
    const [target, answer] = answerOf(proposal);
    answered.add(target);
    const right = pair.gold[target]?.includes(answer) ?? false;
    counts.all++;
    if (right) counts.right++;
    if (proposal.confidence === 'sure') counts.sure++;
    if (proposal.confidence === 'sure' && right) counts.sureRight++;
    if (!right || proposal.confidence !== 'sure') {
      tell(
        `${right ? 'ok   ' : 'WRONG'} ${proposal.confidence.padEnd(6)} ${proposal.score} ${target} <- ${answer} (gold ${pair.gold[target]?.join(' | ')}) ${proposal.reason}`,
      );
    }
  }
  for (const [target, answers] of Object.entries(pair.gold))
    if (answers.length > 0 && !answered.has(target)) tell(`miss  ${target} <- ${answers.join(' | ')}`);
  return counts;
}

export function sum(counts: readonly Counts[]): Counts {
  const add = (key: keyof Counts) => counts.reduce((total, one) => total + one[key], 0);
  return { sure: add('sure'), sureRight: add('sureRight'), all: add('all'), right: add('right'), wanted: add('wanted') };
}

/** Shares in percent: sure and right, all and right, and how many of the wanted fields were found. */
export function sharesOf(counts: Counts): { sure: number; precision: number; recall: number; sureRecall: number } {
  const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
  return {
    sure: share(counts.sureRight, counts.sure),
    precision: share(counts.right, counts.all),
    recall: share(counts.right, counts.wanted),
    sureRecall: share(counts.sureRight, counts.wanted),
  };
}
