import { CircleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { layOutJson, pointerOf } from '../json-text.ts';
import styles from './json-view.module.css';

/**
 * A message's text, read-only. `pretty` lays JSON out with line numbers and every digit as it came; text that is not
 * JSON, and `raw`, show the text itself. `mark` underlines a value, or all below it, and says on its line what is wrong.
 */
export function JsonView({
  text,
  look,
  label,
  mark,
}: {
  text: string;
  look: 'pretty' | 'raw';
  label: string;
  mark?: { path: readonly (string | number)[]; note: string } | undefined;
}) {
  const places = mark !== undefined;
  const lines = useMemo(() => (look === 'pretty' ? layOutJson(text, { places }) : undefined), [text, look, places]);
  const wanted = mark && pointerOf(mark.path);
  const isMarked = (place: string | undefined): boolean =>
    wanted !== undefined && place !== undefined && (place === wanted || place.startsWith(`${wanted}/`));
  const first = lines?.findIndex((line) => line.tokens.some(({ place }) => isMarked(place)));
  if (lines === undefined) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
      <section className={[styles.view, styles.raw].join(' ')} aria-label={label} tabIndex={0}>
        {text === '' ? <span className={styles.dim}>(empty)</span> : text}
      </section>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className={styles.view} aria-label={label} tabIndex={0}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
        <div key={index} className={[styles.line, index === first ? styles.wrong : ''].join(' ')}>
          <span className={styles.gutter} aria-hidden="true">
            {index + 1}
          </span>
          <span style={{ paddingLeft: `${line.depth * 2}ch` }}>
            {line.tokens.map((token, position) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the line.
              <span key={position} className={[styles[token.kind], isMarked(token.place) ? styles.marked : ''].join(' ')}>
                {token.text}
              </span>
            ))}
          </span>
          {index === first && mark !== undefined && (
            <span className={styles.note}>
              <CircleAlert size={14} aria-hidden="true" />
              {mark.note}
            </span>
          )}
        </div>
      ))}
    </section>
  );
}
