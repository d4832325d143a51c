import { useMapperState } from '../context.ts';
import type { RowResult } from '../mapper-store.ts';
import styles from './editors.module.css';

/** What a draft gives on the current sample, in one line. */
export function ResultLine({ result, waiting }: { result: RowResult | undefined; waiting: string | undefined }) {
  const sample = useMapperState((state) => state.samples[state.current]);
  const at = useMapperState((state) => state.current);
  return (
    <div className={styles.result} role="status">
      <span className={styles.label} title={sample?.name}>
        {sample === undefined ? 'Result' : `Result on sample ${at + 1}`}
      </span>
      {sample === undefined ? (
        <span className={[styles.resultValue, styles.resultNone].join(' ')}>no sample yet</span>
      ) : result === undefined ? (
        <span className={[styles.resultValue, styles.resultNone].join(' ')}>{waiting}</span>
      ) : (
        <ResultText result={result} />
      )}
    </div>
  );
}

/** A result in a few words. */
export function ResultText({ result }: { result: RowResult }) {
  if (result.kind === 'failed') return <span className={[styles.resultValue, styles.resultFailed].join(' ')}>{result.message}</span>;
  if (result.kind === 'nothing')
    return <span className={[styles.resultValue, styles.resultNone].join(' ')}>nothing: the field is left out</span>;
  return (
    <span className={styles.resultValue} title={result.json.slice(0, 2000)}>
      {result.json}
    </span>
  );
}
