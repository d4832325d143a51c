import { useNow } from '../clock.ts';
import { ago, fullTime } from '../format.ts';
import { sourcesInWords } from './describe.ts';
import styles from './strip.module.css';
import { useTopicNames } from './use-topic-names.ts';
import { useWorkspace } from './workspace.ts';

/** What the workspace holds, in a few words: "10 from orders, taken 4 min ago". */
export function SamplesInStrip({ flow }: { flow: string }) {
  const { state, samples } = useWorkspace(flow);
  const now = useNow();
  const topicName = useTopicNames();
  const newest = samples.reduce((latest, sample) => Math.max(latest, Date.parse(sample.createdAt)), 0);
  return (
    <span className={styles.words} title={samples.length === 0 ? undefined : `The newest was taken ${fullTime(newest)}`}>
      {state === 'loading' && samples.length === 0
        ? 'loading'
        : state === 'failed' && samples.length === 0
          ? 'could not be read'
          : samples.length === 0
            ? 'none yet'
            : `${sourcesInWords(samples, topicName)}, taken ${ago(newest, now)}`}
    </span>
  );
}
