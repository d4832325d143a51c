import { ArrowLeft, Cloud, FlaskConical, Inbox, Layers, Square, TestTubeDiagonal } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { standingCsv } from '#shared/lineage/export.ts';
import { type StandingPlace, type StandingSum, standingName, sumStandings } from '#shared/lineage/standing.ts';
import { useNow } from '../clock.ts';
import { exact, fullTime, plural, when } from '../format.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './lineage-page.module.css';
import { Exports, Sure } from './lineage-parts.tsx';
import { type MessageOf, tracePath } from './trace-path.ts';
import { useStandings } from './use-standings.ts';
import { positionText } from './words.ts';

const kinds: Record<StandingPlace['kind'], { word: string; icon: typeof Cloud }> = {
  topic: { word: 'Topic', icon: Layers },
  outside: { word: 'System outside', icon: Cloud },
  'dead-letter': { word: 'Dead letter', icon: Inbox },
  sample: { word: 'Sample', icon: FlaskConical },
  test: { word: 'Test', icon: TestTubeDiagonal },
};

/** Where the data of messages stands, of one or of all that were found of a person: topics, systems, dead letters, samples, tests. */
export function StandingPage({ messages }: { messages: readonly MessageOf[] }) {
  const { following, stop, again } = useStandings(messages);
  const { standings, done, state, failed } = following;
  const sum = useMemo(() => sumStandings(standings), [standings]);
  const [message] = messages;
  const key = messages.length === 1 ? standings[0]?.key : undefined;
  const name = messages.length > 1 ? plural(messages.length, 'message') : (key ?? positionText(message?.origin ?? ''));
  const [first] = failed;
  return (
    <Page>
      <PageHeader
        title={`Where the data of ${name} stands`}
        sentence={
          state === 'running'
            ? messages.length === 1
              ? 'Following the message through all flows'
              : `Following the messages through all flows: ${exact(done)} of ${exact(messages.length)}`
            : `In ${plural(sum.places.length, 'place')}, through all flows that read ${messages.length === 1 ? 'it' : 'them'}${state === 'stopped' ? `; stopped after ${exact(done)} of ${plural(messages.length, 'message')}` : ''}`
        }
        actions={
          <>
            {state === 'running' && messages.length > 1 && (
              <Button icon={<Square size={12} />} onClick={stop}>
                Stop
              </Button>
            )}
            {message && messages.length === 1 && (
              <Link className={styles.back} to={tracePath(message.flow, message.origin)}>
                <ArrowLeft size={16} aria-hidden="true" />
                To the trace
              </Link>
            )}
            {state !== 'running' && sum.places.length > 0 && (
              <Exports
                name={`${message?.flow}-${messages.length > 1 ? 'messages' : (key ?? 'message')}`}
                csv={() => standingCsv(sum)}
                json={messages.length === 1 ? standings[0] : sum}
              />
            )}
          </>
        }
      />
      {failed.length > 0 && sum.places.length > 0 && (
        <Notice level="warning" title={`${plural(failed.length, 'message')} could not be followed`}>
          {first?.error instanceof Error ? first.error.message : undefined}
        </Notice>
      )}
      {messages.length > 1 && sum.counts.length > 0 && <Counts counts={sum.counts} />}
      <Panel label="Places" {...(messages.length > 1 && { title: 'Place by place' })}>
        {sum.places.length > 0 ? (
          <Places places={sum.places} />
        ) : state === 'running' ? (
          <SkeletonRows rows={5} height={48} label="Following the message" />
        ) : first ? (
          <ErrorState what="The message could not be followed" error={first.error} onRetry={again} />
        ) : (
          <EmptyState icon={<Layers size={24} />} title="Nothing yet" actions={<Button onClick={again}>Follow them</Button>}>
            It was stopped before a message had been followed.
          </EmptyState>
        )}
      </Panel>
      {sum.notes.map((note) => (
        <Notice key={note} level="info" title={note} />
      ))}
    </Page>
  );
}

function Counts({ counts }: { counts: StandingSum['counts'] }) {
  return (
    <Panel title="How much stands where" label="How much stands where">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Flow</th>
            <th scope="col">Places</th>
          </tr>
        </thead>
        <tbody>
          {counts.map(({ kind, where, flowName, places }) => (
            <tr key={`${kind} ${where} ${flowName}`}>
              <td>
                <Where kind={kind} where={where} />
              </td>
              <td>{flowName}</td>
              <td>{exact(places)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Where({ kind, where, type }: Pick<StandingPlace, 'kind' | 'where' | 'type'>) {
  const { word, icon: Icon } = kinds[kind];
  return (
    <span className={styles.end}>
      <Icon size={16} aria-hidden="true" />
      <span>
        {where}
        <span className={styles.quiet}>
          {word}
          {type !== undefined && ` · ${type}`}
        </span>
      </span>
    </span>
  );
}

function Places({ places }: { places: readonly StandingPlace[] }) {
  const now = useNow();
  return (
    <table className={[table.table, styles.places].join(' ')}>
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col">Flow</th>
          <th scope="col">Position and key</th>
          <th scope="col">Since</th>
          <th scope="col">What it is</th>
        </tr>
      </thead>
      <tbody>
        {places.map((place) => (
          <tr key={standingName(place)} data-kind={place.kind}>
            <td>
              <Where {...place} />
            </td>
            <td>{place.flowName}</td>
            <td>
              {place.position !== undefined && <code>{positionText(place.position)}</code>}
              {place.key != null && <span className={styles.quiet}>key {place.key}</span>}
            </td>
            <td title={place.at === undefined ? undefined : fullTime(place.at)}>{place.at === undefined ? '–' : when(place.at, now)}</td>
            <td>
              {place.sentence} {place.certainty === 'may' && <Sure certainty="may" />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
