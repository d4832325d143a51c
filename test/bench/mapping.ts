import { parse } from '#shared/jsonata/ast.ts';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';
import { linesOf } from '#shared/mapping/lines.ts';
import { projectRoot } from '#shared/mapping/project/rule.ts';
import { sourceTree } from '#shared/mapping/rows/source.ts';
import { targetTree } from '#shared/mapping/rows/target.ts';
import { rowsOf } from '#shared/mapping/rows/tree.ts';
import { allRules, rulesIn } from '#shared/mapping/rule.ts';
import { viewOf } from '#shared/mapping/view.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { mappingFiles, open } from '../shared/mapping/files.ts';
import type { Bench, Row } from './main.ts';

const rounds = 200;

/** A mapping of at least so many leaf rows, made of the realistic ones. */
function mappingOf(rows: number): { text: string; rows: number } {
  const parts: string[] = [];
  let count = 0;
  for (let at = 0; count < rows; at++) {
    const file = mappingFiles[at % mappingFiles.length];
    if (file === undefined) break;
    count += [...allRules(open(file.text).root)].filter((rule) => rulesIn(rule).length === 0).length;
    parts.push(`${JSON.stringify(`${file.name} ${at}`)}: ${file.text.trim()}`);
  }
  return { text: `{\n${parts.join(',\n')}\n}`, rows: count };
}

/** ms of one go: the least, the median and the 95th of a hundred. */
function timed(run: (turn: number) => unknown): { least: number; median: number; p95: number } {
  for (let turn = 0; turn < 20; turn++) run(turn);
  const times = Array.from({ length: rounds }, (_, turn) => {
    const start = performance.now();
    run(turn);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (rounds - 1))] ?? 0;
  return { least: at(0), median: at(0.5), p95: at(0.95) };
}

export const bench: Bench = {
  title: 'From a keystroke in a mapping to its rows, ms; the ratio is to the language’s own parser on the same text',
  run: async () => {
    const { text, rows } = mappingOf(500);
    const syntax = parseSyntax(text);
    const root = projectRoot(syntax);
    const view = open(text);
    const parts: [string, (turn: number) => unknown][] = [
      ['the language’s own parser', () => parse(text)],
      ['parsing with places and remarks', () => parseSyntax(text)],
      ['rules of the tree', () => projectRoot(syntax)],
      ['lines of the rules', () => linesOf(root, syntax.root)],
      // Another text each time, as typing gives it.
      ['view of the text (these three)', (turn) => viewOf(text + ' '.repeat(turn % 7))],
      ['rows of both sides', () => [rowsOf(targetTree(view, unknownShape).roots, { folds: new Map() }), sourceTree(view, unknownShape)]],
    ];
    const base = timed(() => parse(text)).median;
    return parts.map(([step, run]): Row => {
      const times = timed(run);
      return { step, rows, ...times, ratio: times.median / base };
    });
  },
};
