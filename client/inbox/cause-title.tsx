import styles from './cause-title.module.css';

/** The title of a cause: what stands in backticks is a place or a field. */
export function CauseTitle({ title }: { title: string }) {
  return (
    <>
      {title.split('`').map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the line.
          <code key={index} className={styles.name}>
            {part}
          </code>
        ) : (
          part
        ),
      )}
    </>
  );
}

/** The title as plain text, for labels and tooltips. */
export const plainTitle = (title: string): string => title.replaceAll('`', '');
