import { Search as SearchIcon, Square } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import type { FindHow } from '#shared/sample.ts';
import type { FindRequestInput } from '#shared/sample-schemas.ts';
import { duration, exact, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import type { SampleSource } from './sources.ts';
import styles from './take-dialog.module.css';
import type { TakeWay } from './take-dialog.tsx';
import type { Search } from './use-search.ts';

type SearchWay = Exclude<TakeWay, 'paste' | 'upload'>;
type Running = Search & { start: (request: FindRequestInput, more?: boolean) => void; stop: () => void };

const anywhere = '';
const other = '*';

/** What to look for and where, and how the search goes. The newest are looked for at once. */
export function FindForm({ way, sources, search }: { way: SearchWay; sources: readonly SampleSource[]; search: Running }) {
  const ready = sources.filter((source) => source.ready);
  const [place, setPlace] = useState(ready.length === 0 ? other : anywhere);
  const [topic, setTopic] = useState('');
  const [count, setCount] = useState('10');
  const [words, setWords] = useState('');
  const [at, setAt] = useState('');
  const [partition, setPartition] = useState('0');
  const [offset, setOffset] = useState('0');
  const how = howOf(way, { words, at, partition, offset });
  const where = whereOf(way, place, topic, ready);
  const request: (FindRequestInput & { how: FindHow }) | undefined = how &&
    where && { ...where, how, count: Math.min(100, Math.max(1, Number(count) || 10)) };

  const { start } = search;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only opening looks by itself; later a person presses the button.
  useEffect(() => {
    if ((way === 'newest' || way === 'dead-letters') && request) start(request);
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (request) start(request);
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <div className={styles.fields}>
        {way === 'key' && (
          <TextField label="Key" help="Exactly this text" value={words} mono required onChange={(event) => setWords(event.target.value)} />
        )}
        {way === 'text' && (
          <TextField
            label="Text"
            help="In the value; letter case does not matter"
            value={words}
            required
            onChange={(event) => setWords(event.target.value)}
          />
        )}
        {way === 'time' && (
          <TextField
            label="Time"
            help="Your local time"
            type="datetime-local"
            step={1}
            value={at}
            required
            onChange={(event) => setAt(event.target.value)}
          />
        )}
        {way === 'offset' && (
          <>
            <TextField label="Partition" inputMode="numeric" value={partition} onChange={(event) => setPartition(event.target.value)} />
            <TextField label="Offset" inputMode="numeric" value={offset} onChange={(event) => setOffset(event.target.value)} />
          </>
        )}
        {way !== 'dead-letters' && (
          <SelectField label="In" value={place} onChange={(event) => setPlace(event.target.value)}>
            {ready.length > 0 && way !== 'offset' && (
              <option value={anywhere}>{ready.length === 1 ? (ready[0]?.topic ?? ready[0]?.name) : 'All sources of the flow'}</option>
            )}
            {(ready.length > 1 || way === 'offset') &&
              ready.map((source) => (
                <option key={source.node} value={source.node}>
                  {source.topic ?? source.name}
                </option>
              ))}
            <option value={other}>Another topic…</option>
          </SelectField>
        )}
        {way !== 'dead-letters' && place === other && (
          <TextField label="Topic" mono value={topic} placeholder="orders" onChange={(event) => setTopic(event.target.value)} />
        )}
        <TextField
          label="How many"
          inputMode="numeric"
          value={count}
          onChange={(event) => setCount(event.target.value.replaceAll(/\D/g, '').slice(0, 3))}
        />
        {search.state === 'running' ? (
          <Button icon={<Square size={12} />} onClick={search.stop}>
            Stop
          </Button>
        ) : (
          <Button type="submit" icon={<SearchIcon size={14} />} disabled={!request}>
            Search
          </Button>
        )}
      </div>
      <p className={styles.progress} role="status">
        {progressInWords(search)}
        {search.state === 'done' && request && <GoOn search={search} request={request} />}
      </p>
    </form>
  );
}

/** Where a bound ended the search and more is left, the way to go on. */
function GoOn({ search, request }: { search: Running; request: FindRequestInput & { how: FindHow } }) {
  const open = search.reports.find((report) => report.next !== undefined && report.ended !== 'all');
  if (!open?.next || request.how.by === 'time') return null;
  const { node: _node, deadLetters: _dead, ...rest } = request;
  const next = open.next;
  const goOn = (): FindRequestInput => {
    if (request.how.by !== 'offset') return { ...rest, topic: open.topic, before: next };
    const [partition = '0', offset = '0'] = Object.entries(next)[0] ?? [];
    return { ...rest, topic: open.topic, how: { by: 'offset', partition: Number(partition), offset } };
  };
  return (
    <Button size="small" look="quiet" onClick={() => search.start(goOn(), true)}>
      {request.how.by === 'offset' ? 'Go on' : 'Look further back'}
    </Button>
  );
}

/** How the search stands: "Scanned 12,400 messages, 3 s, 2 found". */
export function progressInWords({ state, progress, reports }: Search): string {
  const found = reports.reduce((sum, report) => sum + report.messages.length, 0);
  if (state === 'running') {
    if (!progress) return 'Looking…';
    return `Scanned ${plural(progress.messages, 'message')}, ${duration(progress.ms)}, ${exact(progress.found)} found`;
  }
  if (state === 'stopped') return progress ? `Stopped after ${plural(progress.messages, 'message')}, ${duration(progress.ms)}` : 'Stopped';
  if (state !== 'done') return '';
  const scanned = reports.reduce((sum, report) => sum + report.scanned.messages, 0);
  const ms = reports.reduce((sum, report) => sum + report.scanned.ms, 0);
  const bound = reports.find(({ ended }) => ended === 'messages' || ended === 'bytes' || ended === 'time')?.ended;
  const why = bound === undefined ? '' : bound === 'time' ? '; its time was over' : '; one search looks at no more';
  return `${found === 0 ? 'Nothing found' : `${exact(found)} found`}, scanned ${plural(scanned, 'message')} in ${duration(ms)}${why}`;
}

function howOf(
  way: SearchWay,
  { words, at, partition, offset }: { words: string; at: string; partition: string; offset: string },
): FindHow | undefined {
  if (way === 'newest' || way === 'dead-letters') return { by: 'newest' };
  if (way === 'key') return words === '' ? undefined : { by: 'key', key: words };
  if (way === 'text') return words === '' ? undefined : { by: 'text', text: words };
  if (way === 'time') {
    const time = Date.parse(at);
    return Number.isNaN(time) ? undefined : { by: 'time', at: time };
  }
  return /^\d{1,9}$/.test(partition.trim()) && /^\d{1,18}$/.test(offset.trim())
    ? { by: 'offset', partition: Number(partition), offset: offset.trim() }
    : undefined;
}

function whereOf(way: SearchWay, place: string, topic: string, ready: readonly SampleSource[]): FindRequestInput | undefined {
  if (way === 'dead-letters') return { deadLetters: true };
  if (place === other) return topic.trim() === '' ? undefined : { topic: topic.trim() };
  const only = ready.length === 1 || (way === 'offset' && place === anywhere) ? ready[0] : ready.find(({ node }) => node === place);
  if (!only) return {};
  return only.topic === undefined ? { node: only.node } : { topic: only.topic };
}
