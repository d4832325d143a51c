import { ArrowRight, Braces, Repeat, SquareFunction, Table2 } from 'lucide-react';
import { memo, useMemo } from 'react';
import type { Chip } from '#shared/mapping/chip.ts';
import { type Piece, piecesOf, piecesOfChip, piecesText } from '#shared/mapping/pieces.ts';
import type { Rule } from '#shared/mapping/rule.ts';
import styles from './chips.module.css';

/**
 * A rule of a mapping as chips. `text` is the whole mapping. In one line: what does not fit is cut off, and the tooltip has all of
 * it; with `whole` on as many lines as it takes.
 */
export const RuleChips = memo(function RuleChips({ rule, text, whole = false }: { rule: Rule; text: string; whole?: boolean }) {
  const pieces = useMemo(() => piecesOf(rule, text), [rule, text]);
  return <Pieces pieces={pieces} strong={rule.kind === 'loop'} whole={whole} />;
});

/** A condition, or any other chip, in one line. */
export const ChipLine = memo(function ChipLine({ chip, text }: { chip: Chip; text: string }) {
  const pieces = useMemo(() => piecesOfChip(chip, text), [chip, text]);
  return <Pieces pieces={pieces} />;
});

/** Pieces in one line. */
export function Pieces({ pieces, strong = false, whole = false }: { pieces: readonly Piece[]; strong?: boolean; whole?: boolean }) {
  if (pieces.length === 0) return null;
  return (
    <span className={[styles.line, strong ? styles.strong : '', whole ? styles.whole : ''].join(' ')} title={piecesText(pieces)}>
      {pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the line.
        <PieceView key={index} piece={piece} />
      ))}
    </span>
  );
}

function PieceView({ piece }: { piece: Piece }) {
  switch (piece.kind) {
    case 'word':
      return <span className={styles.word}>{piece.text}</span>;
    case 'sign':
      return <span className={styles.sign}>{piece.text}</span>;
    case 'arrow':
      return <ArrowRight size={14} className={styles.arrow} aria-hidden="true" />;
    case 'loop':
      return <Repeat size={14} className={styles.loop} aria-hidden="true" />;
    case 'field':
      return (
        <span
          className={[styles.chip, styles.field].join(' ')}
          title={piece.more === undefined ? undefined : `${piece.text}, ${piece.more}`}
        >
          {piece.text}
        </span>
      );
    case 'literal':
      return <span className={[styles.chip, styles.literal].join(' ')}>{visible(piece.text)}</span>;
    case 'function':
      return (
        <span
          className={[styles.chip, styles.function].join(' ')}
          title={piece.help === undefined ? undefined : `$${piece.name}: ${piece.help}`}
        >
          <SquareFunction size={12} aria-hidden="true" />
          {piece.text}
        </span>
      );
    case 'table':
      return (
        <span className={[styles.chip, styles.function].join(' ')}>
          <Table2 size={12} aria-hidden="true" />
          {piece.text}
        </span>
      );
    case 'code':
      return (
        <span className={[styles.chip, styles.code].join(' ')} title={`Custom expression: it ${piece.reason}.`}>
          <Braces size={12} aria-hidden="true" />
          {piece.text}
        </span>
      );
  }
}

/** Blanks and line ends would not be seen. */
function visible(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll(' ', ' ');
}
