import { useId, useState } from 'react';
import { minuteOf } from '#shared/moment.ts';
import { api } from '../api.ts';
import { plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextAreaField } from '../ui/field.tsx';
import { Segments } from '../ui/segments.tsx';
import { describeError, Skeleton } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import type { ReplayChoice } from './choice.ts';
import { type Facts, liveTimes, type VersionFacts } from './facts.ts';
import styles from './replay-page.module.css';
import { Step, Tick } from './step.tsx';
import { TimeInput } from './time-input.tsx';
import { VolumeBrush } from './volume-brush.tsx';

type Change = (change: Partial<ReplayChoice>) => void;

/** Which messages: by time, by what a version handled, by offsets, or all that a new sink has missed; and of these which. */
export function WhatStep({
  facts,
  run,
  choice,
  onChange,
  missing,
  lost,
}: {
  facts: Facts;
  run: VersionFacts | undefined;
  choice: ReplayChoice;
  onChange: Change;
  missing: string | undefined;
  /** Set when the address names a list of messages that this tab does not know. */
  lost: boolean;
}) {
  return (
    <Step number={1} title="What" aside={choice.by === undefined ? undefined : missing}>
      <div className={styles.line}>
        <Segments
          label="Which messages"
          value={choice.by ?? ('none' as never)}
          onChange={(by) => onChange({ by })}
          options={[
            { value: 'time', label: 'A time' },
            { value: 'version', label: 'What a version handled' },
            { value: 'offsets', label: 'Offsets' },
            { value: 'history', label: 'The past, for a new sink' },
          ]}
        />
      </div>
      {choice.by === 'time' && <TimeRange facts={facts} choice={choice} onChange={onChange} />}
      {choice.by === 'version' && <VersionRange facts={facts} choice={choice} onChange={onChange} />}
      {choice.by === 'offsets' && (
        <TextAreaField
          label="Ranges of offsets"
          mono
          rows={3}
          spellCheck={false}
          placeholder={'orders/0 1200-1450\norders/1 1180-1431'}
          help="One per line, both ends included: topic/partition from-to. Left empty, the messages chosen below are the range."
          value={choice.ranges}
          onChange={(event) => onChange({ ranges: event.target.value })}
        />
      )}
      {choice.by === 'history' && (
        <>
          <SelectField
            label="Sink that has missed the past"
            value={choice.feed ?? ''}
            help="Everything that passed before the live flow began to feed it: no gap to what it gets live, and no overlap."
            onChange={(event) =>
              onChange({ feed: event.target.value || undefined, ...(event.target.value && { sinks: [event.target.value] }) })
            }
          >
            <option value="">Choose a sink</option>
            {(run?.sinks ?? []).map((sink) => (
              <option key={sink.id} value={sink.id}>
                {sink.label || sink.id}
              </option>
            ))}
          </SelectField>
          <div className={styles.times}>
            <TimeInput label="Only since (left empty: all there is)" value={choice.since} onChange={(since) => onChange({ since })} />
          </div>
        </>
      )}
      {lost && (
        <Notice level="warning" title="The list of messages is not known in this tab">
          It was too long for the address. Open the page again from where the list is.
        </Notice>
      )}
      <Filters choice={choice} onChange={onChange} />
    </Step>
  );
}

const periods = { '1h': 1, '6h': 6, '24h': 24, '7d': 168, '30d': 720 } as const;
type Period = keyof typeof periods;

function TimeRange({ facts, choice, onChange }: { facts: Facts; choice: ReplayChoice; onChange: Change }) {
  const id = facts.record.flow.id;
  const [opened] = useState(Date.now);
  const { since, until } = choice;
  // A link may lie further back than the usual view.
  const reach = since === undefined ? 0 : (opened - since) / 3_600_000;
  const fitting = (Object.keys(periods) as Period[]).find((one) => periods[one] >= Math.max(reach, 6)) ?? '30d';
  const [period, setPeriod] = useState<Period>(fitting);
  const to = Math.max(opened, until ?? 0);
  const from = Math.min(to - periods[period] * 3_600_000, period === '30d' ? (since ?? to) : to);
  const loaded = useLoad(() => Promise.all([api.volume(id, from, to, 120), api.timeline(id, from, to)] as const), `${id} ${from} ${to}`);
  const [volume, timeline] = loaded.data ?? [];
  return (
    <>
      <div className={styles.line}>
        <Segments
          label="Shown"
          value={period}
          onChange={setPeriod}
          options={(Object.keys(periods) as Period[]).map((value) => ({
            value,
            label: `Last ${value.replace('h', ' h').replace('d', ' days')}`,
          }))}
        />
        <Button size="small" onClick={() => onChange({ since: minuteOf(from), until: Math.ceil(to / 1000) * 1000 })}>
          Choose all of it
        </Button>
      </div>
      {volume === undefined && loaded.error === undefined && <Skeleton height={160} radius={6} />}
      {volume === undefined && loaded.error !== undefined && (
        <Notice
          level="warning"
          title="How many messages came when could not be read"
          action={
            <Button size="small" onClick={loaded.reload}>
              Load again
            </Button>
          }
        >
          {describeError(loaded.error).message} The times can be typed all the same.
        </Notice>
      )}
      {volume !== undefined && (
        <>
          <VolumeBrush
            volume={volume}
            events={timeline?.events ?? []}
            piece={since !== undefined && until !== undefined && since < until ? { since, until } : undefined}
            onChange={onChange}
          />
          <p className={styles.quiet}>
            {volume.topics.length === 0
              ? 'No source topic is there yet.'
              : volume.topics
                  .map(
                    ({ topic, messages, oldest }) =>
                      `${topic} holds ${plural(messages, 'message')}${oldest === undefined ? '' : `, the oldest of ${when(oldest, opened)}`}`,
                  )
                  .join('; ')}
          </p>
        </>
      )}
      <div className={styles.times}>
        <TimeInput label="From" value={since} onChange={(at) => onChange({ since: at })} />
        <TimeInput label="To (not included)" value={until} onChange={(at) => onChange({ until: at })} />
      </div>
    </>
  );
}

function VersionRange({ facts, choice, onChange }: { facts: Facts; choice: ReplayChoice; onChange: Change }) {
  const versions = facts.history.versions.filter(({ deployments }) => deployments.length > 0);
  const now = Date.now();
  const times = choice.handled === undefined ? [] : liveTimes(facts.history, choice.handled);
  return (
    <>
      <div className={styles.times}>
        <SelectField
          label="Version that handled them"
          value={choice.handled ?? ''}
          onChange={(event) => onChange({ handled: event.target.value === '' ? undefined : Number(event.target.value) })}
        >
          <option value="">Choose a version</option>
          {versions.map(({ version, deployments: [last] }) => (
            <option key={version} value={version}>
              {`Version ${version}${last === undefined ? '' : `, deployed ${when(last.deployedAt, now)} by ${last.deployedBy}`}`}
            </option>
          ))}
        </SelectField>
      </div>
      {times.length > 0 && (
        <p className={styles.quiet}>
          {`It was live ${times.map(({ from, until }) => `from ${when(from, now)} ${until === undefined ? 'until now' : `to ${when(until, now)}`}`).join(', and ')}. What it handled is known from the ledger, message by message.`}
        </p>
      )}
      <div className={styles.times}>
        <TimeInput label="Only from (left empty: from its beginning)" value={choice.since} onChange={(since) => onChange({ since })} />
        <TimeInput label="Only to (left empty: to its end)" value={choice.until} onChange={(until) => onChange({ until })} />
      </div>
    </>
  );
}

function Filters({ choice, onChange }: { choice: ReplayChoice; onChange: Change }) {
  const [open, setOpen] = useState(choice.keys.length > 0 || choice.positions.length > 0);
  const id = useId();
  const lines = (text: string): string[] => (text === '' ? [] : text.split('\n'));
  return (
    <>
      <div className={styles.ticks}>
        <Tick checked={choice.onlyFailed} title="Only what failed" onChange={(onlyFailed) => onChange({ onlyFailed })}>
          Messages that became a dead letter.
        </Tick>
        <Tick checked={choice.onlyDifferent} title="Only what differs" onChange={(onlyDifferent) => onChange({ onlyDifferent })}>
          Messages of which the version that runs makes something else than stands in the sinks’ topics.
        </Tick>
      </div>
      <div>
        <Button size="small" look="quiet" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
          {open ? 'Hide keys and single messages' : 'Only some keys or single messages…'}
        </Button>
      </div>
      {open && (
        <div id={id} className={styles.times}>
          <TextAreaField
            label="Keys"
            mono
            rows={3}
            spellCheck={false}
            help="One per line, exactly as they are."
            value={choice.keys.join('\n')}
            onChange={(event) => onChange({ keys: lines(event.target.value) })}
          />
          <TextAreaField
            label="Messages"
            mono
            rows={3}
            spellCheck={false}
            help={choice.list === undefined ? 'One position per line: topic/partition/offset.' : 'These, and a list that was handed over.'}
            value={choice.positions.join('\n')}
            onChange={(event) => onChange({ positions: lines(event.target.value) })}
          />
        </div>
      )}
    </>
  );
}
