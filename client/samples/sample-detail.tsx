import { useState } from 'react';
import { Link } from 'react-router';
import type { SampleBytes, SavedSample } from '#shared/sample.ts';
import { api } from '../api.ts';
import { fullTime } from '../format.ts';
import { useLoad } from '../load.ts';
import { tracePath } from '../trace/trace-path.ts';
import frame from '../ui/drawer-panel.module.css';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { CopyButton, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { originInWords } from './describe.ts';
import styles from './samples-panel.module.css';
import { useTopicNames } from './use-topic-names.ts';

/** One sample whole: its value as it was stored, its key, time and headers. */
export function SampleDetail({ flow, sample, samples }: { flow: string; sample: SavedSample; samples: readonly SavedSample[] }) {
  const topicName = useTopicNames();
  const [look, setLook] = useState<'pretty' | 'raw'>('pretty');
  // The count of masked places tells that new masks have changed it.
  const { data, error, reload } = useLoad(() => api.savedSample(flow, sample.id), `${flow} ${sample.id} ${sample.masked}`);
  const value = data?.value;
  const { origin } = sample;
  const from = origin.kind === 'topic' ? origin.position : origin.kind === 'dead-letter' ? origin.of : undefined;
  return (
    <section className={frame.detail} aria-label={`Sample ${sample.name}`}>
      <div className={`${frame.detailHead} ${styles.detailHead}`}>
        <span className={`${frame.facts} ${styles.facts}`}>
          {originInWords(sample.origin, (id) => samples.find((each) => each.id === id)?.name, topicName)}
        </span>
        {from !== undefined && (
          <Link to={tracePath(flow, from)} className={styles.trace}>
            Trace
          </Link>
        )}
        {value && <CopyButton text={value.text}>Copy value</CopyButton>}
        <Segments
          label="How the value is shown"
          options={[
            { value: 'pretty', label: 'Pretty' },
            { value: 'raw', label: 'Raw' },
          ]}
          value={look}
          onChange={setLook}
        />
      </div>
      <div className={frame.detailBody}>
        {error !== undefined && data === undefined ? (
          <ErrorState what="This sample could not be read" error={error} onRetry={reload} />
        ) : data === undefined ? (
          <SkeletonRows rows={3} height={40} label="Reading the sample" />
        ) : (
          <>
            <dl className={styles.headers}>
              <Fact name="key">{data.key === null ? 'no key' : <Bytes of={data.key} />}</Fact>
              <Fact name="time">{data.timestamp === null ? 'none of its own' : fullTime(data.timestamp)}</Fact>
              {Object.entries(data.headers).map(([name, content]) => (
                <Fact key={name} name={name}>
                  <Bytes of={content} />
                </Fact>
              ))}
            </dl>
            {value === null || value === undefined ? (
              <p className={styles.note}>Delete marker: the message has a key and no value. A sink takes it as “delete this key”.</p>
            ) : (
              <>
                {value.encoding === 'base64' && (
                  <p className={styles.note}>The value is bytes that are no text; they are shown in base64.</p>
                )}
                <JsonView text={value.text} look={value.encoding === 'base64' ? 'raw' : look} label="Value of the sample" />
              </>
            )}
          </>
        )}
      </div>
    </section>
  );
}

function Bytes({ of }: { of: SampleBytes }) {
  return (
    <>
      {of.text}
      {of.encoding === 'base64' && ' (bytes, in base64)'}
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt title={name}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
