import { useMemo } from 'react';
import { layOutJson } from '../json-text.ts';
import styles from './json-view.module.css';

/**
 * A message's text, read-only. `pretty` lays JSON out with line numbers and every digit as it came; text that is not
 * JSON, and `raw`, show the text itself.
 */
export function JsonView({ text, look, label }: { text: string; look: 'pretty' | 'raw'; label: string }) {
  const lines = useMemo(() => (look === 'pretty' ? layOutJson(text) : undefined), [text, look]);
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
        <div key={index} className={styles.line}>
          <span className={styles.gutter} aria-hidden="true">
            {index + 1}
          </span>
          <span style={{ paddingLeft: `${line.depth * 2}ch` }}>
            {line.tokens.map((token, position) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the line.
              <span key={position} className={styles[token.kind]}>
                {token.text}
              </span>
            ))}
          </span>
        </div>
      ))}
    </section>
  );
}
