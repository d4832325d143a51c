import { notifications } from '@mantine/notifications';
import { Check, ChevronLeft, ChevronRight, FlaskConical, OctagonAlert } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { DeadLetter } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, bytes, fullTime, plural, timeOfDay, when } from '../format.ts';
import { useMay } from '../session.ts';
import { Panel } from '../shell/page.tsx';
import { SaveAsTestButton } from '../tests/save-test.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { Segments } from '../ui/segments.tsx';
import { CopyButton, describeError } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import type { Cause } from './dead-letter-causes.ts';
import styles from './dead-letter-detail.module.css';

/** One cause: its sentence, a message with its original bytes, why and where it failed, its headers, and the other messages. */
export function DeadLetterDetail({ cause, flowName, nodeName }: { cause: Cause; flowName: string; nodeName: string }) {
  const now = useNow();
  const [index, setIndex] = useState(0);
  const [look, setLook] = useState<'pretty' | 'raw'>('pretty');
  const letter = cause.letters[Math.min(index, cause.letters.length - 1)];
  if (letter === undefined) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className={styles.detail} aria-label={cause.title} tabIndex={0}>
      <div>
        <h2 className={styles.title}>{cause.title}</h2>
        <p className={styles.meta}>
          <Chip icon={<OctagonAlert size={14} />}>{cause.code}</Chip>
          <Link to={`/flows/${cause.flow}?node=${encodeURIComponent(cause.node)}`}>
            {flowName}, {nodeName}
          </Link>
          <span>
            {plural(cause.letters.length, 'message')}, {plural(cause.keys, 'key')}
          </span>
          <span>{cause.versions.length === 1 ? `only version ${cause.versions[0]}` : `versions ${cause.versions.join(', ')}`}</span>
          <span title={fullTime(cause.last)}>last {ago(cause.last, now)}</span>
        </p>
      </div>
      <div className={styles.columns}>
        <Panel
          title={
            <>
              Original message{' '}
              <span className={styles.of}>
                {index + 1} of {cause.letters.length}
              </span>
            </>
          }
          aside={
            <span className={styles.tools}>
              <Segments
                label="How the value is shown"
                value={look}
                onChange={setLook}
                options={[
                  { value: 'pretty', label: 'Pretty' },
                  { value: 'raw', label: 'Raw' },
                ]}
              />
              <IconButton label="Newer message" size="small" disabled={index === 0} onClick={() => setIndex(index - 1)}>
                <ChevronLeft size={16} />
              </IconButton>
              <IconButton
                label="Older message"
                size="small"
                disabled={index >= cause.letters.length - 1}
                onClick={() => setIndex(index + 1)}
              >
                <ChevronRight size={16} />
              </IconButton>
            </span>
          }
        >
          {letter.encoding === 'base64' && <p className={styles.note}>These bytes are not UTF-8 text; they are shown in base64.</p>}
          <JsonView text={letter.value} look={letter.encoding === 'base64' ? 'raw' : look} label="Value of the message" />
          <div className={styles.bottom}>
            <span>{size(letter)}</span>
            <TakeAsSample key={letter.position} letter={letter} />
            <span className={styles.tools}>
              <SaveAsTestButton
                key={letter.position}
                flow={cause.flow}
                source={{ positions: [letter.position] }}
                name={`${nodeName}: ${letter.code}`}
              />
              <CopyButton text={letter.value}>Copy value</CopyButton>
            </span>
          </div>
        </Panel>
        <div className={styles.side}>
          <Panel title="Why it failed">
            <p className={styles.reason}>{letter.message}</p>
            <dl className={styles.facts}>
              <Fact name="Node">{nodeName}</Fact>
              <Fact name="Stage">{letter.stage}</Fact>
              <Fact name="Failed">
                <span title={fullTime(letter.at)}>
                  {when(letter.at, now)} {when(letter.at, now) === timeOfDay(letter.at) ? '' : timeOfDay(letter.at, true)} (
                  {ago(letter.at, now)})
                </span>
              </Fact>
              <Fact name="Tries">{letter.attempt}</Fact>
              <Fact name="Version">{letter.version}</Fact>
              <Fact name="Key">{letter.key === null ? <span className={styles.none}>no key</span> : <code>{letter.key}</code>}</Fact>
              <Fact name="Came in at">
                <code>{letter.origin}</code>
              </Fact>
              <Fact name="Lies at">
                <code>{letter.position}</code>
              </Fact>
            </dl>
          </Panel>
          <Panel title="Headers" aside={<span className={styles.of}>{Object.keys(letter.headers).length}</span>}>
            <dl className={[styles.facts, styles.headers].join(' ')}>
              {Object.entries(letter.headers)
                .sort(ownFirst)
                .map(([name, value]) => (
                  <Fact key={name} name={name}>
                    <code>{value}</code>
                  </Fact>
                ))}
              {Object.keys(letter.headers).length === 0 && <span className={styles.none}>The message came without headers.</span>}
            </dl>
          </Panel>
        </div>
      </div>
      <Panel title="Messages of this cause">
        <table className={[table.table, table.dense].join(' ')}>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col" className={styles.time}>
                Failed
              </th>
              <th scope="col">Came in at</th>
              <th scope="col" className={[table.number, styles.tries].join(' ')}>
                Tries
              </th>
              <th scope="col" className={[table.number, styles.tries].join(' ')}>
                Version
              </th>
            </tr>
          </thead>
          <tbody>
            {cause.letters.slice(0, 100).map((each, position) => (
              <tr key={each.position} className={position === index ? styles.current : ''}>
                <td className={table.cut}>
                  <button type="button" className={styles.open} aria-pressed={position === index} onClick={() => setIndex(position)}>
                    {each.key ?? 'no key'}
                  </button>
                </td>
                <td title={fullTime(each.at)}>{timeOfDay(each.at, true)}</td>
                <td className={[table.mono, table.cut].join(' ')} title={each.origin}>
                  {each.origin}
                </td>
                <td className={table.number}>{each.attempt}</td>
                <td className={table.number}>{each.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {cause.letters.length > 100 && <p className={styles.note}>The newest 100 of {cause.letters.length} are listed.</p>}
      </Panel>
    </section>
  );
}

/** Copies the message into its flow's workspace, masked, to map and try against. */
function TakeAsSample({ letter }: { letter: DeadLetter }) {
  const may = useMay('analyst');
  const [state, setState] = useState<'open' | 'busy' | 'taken'>('open');
  if (state === 'taken') {
    return (
      <Link to={`/flows/${letter.flow}?node=${encodeURIComponent(letter.node)}`} className={styles.taken}>
        <Check size={14} aria-hidden="true" />
        Taken as sample. Open the flow
      </Link>
    );
  }
  const take = (): void => {
    setState('busy');
    api.takeSamples(letter.flow, { from: 'topic', positions: [letter.position] }).then(
      () => setState('taken'),
      (error: unknown) => {
        setState('open');
        notifications.show({ color: 'red', title: 'It was not taken', message: describeError(error).message });
      },
    );
  };
  return (
    <Button
      size="small"
      icon={<FlaskConical size={14} />}
      busy={state === 'busy'}
      disabled={!may}
      title={may ? 'Copies it into the samples of its flow, masked, to map and try against' : 'Taking samples needs the role analyst'}
      onClick={take}
    >
      Take as sample
    </Button>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt title={name}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The message's own headers before those that Millrace wrote. */
function ownFirst([a]: [string, string], [b]: [string, string]): number {
  return Number(a.startsWith('millrace-')) - Number(b.startsWith('millrace-')) || a.localeCompare(b);
}

function size(letter: DeadLetter): string {
  const length = letter.encoding === 'base64' ? Math.floor((letter.value.length * 3) / 4) : new TextEncoder().encode(letter.value).length;
  return length >= 16_000 ? `${bytes(length)}, perhaps cut at 16 kB` : bytes(length);
}
