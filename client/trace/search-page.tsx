import { SearchX, Square, Waypoints } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { Link, useLocation, useNavigate, useSearchParams } from 'react-router';
import type { TraceHit, TraceSearch } from '#shared/trace.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, fullTime, short, when } from '../format.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { periods, readPeriod, SearchBar, type Wanted } from './search-bar.tsx';
import styles from './search-page.module.css';
import { standingPath, tracePath } from './trace-path.ts';
import { useTraceSearch } from './use-trace-search.ts';
import { positionText, searchText } from './words.ts';

/** What an address asks for: `?q=…&since=week&flow=…`. */
export function wantedIn(params: URLSearchParams): Wanted {
  const flow = params.get('flow');
  return { text: params.get('q') ?? '', since: readPeriod(params.get('since')), ...(flow !== null && { flow }) };
}

/** The address of a search. */
export function wantedParams({ text, since, flow }: Wanted): URLSearchParams {
  return new URLSearchParams({ q: text, ...(since !== 'week' && { since }), ...(flow !== undefined && { flow }) });
}

/** `/traces?q=…`: finding a message in everything that flows have read. */
export function SearchPage() {
  const [params, setParams] = useSearchParams();
  const wanted = wantedIn(params);
  const asked = wanted.text !== '';
  const { flows = [] } = useFlowList();
  const { search, error, stop, again } = useTraceSearch(asked ? wanted : undefined);
  const now = useNow();
  const navigate = useNavigate();
  const { state: typed } = useLocation();
  const only = search?.state === 'done' && search.hits.length === 1 ? search.hits[0] : undefined;
  // Who has just asked and gets one answer wants to see it; who comes back to the list wants the list.
  useEffect(() => {
    if (only === undefined || typed !== 'asked') return;
    void navigate(hitPath(only, wanted), { replace: true });
  });
  return (
    <div className={styles.page}>
      <title>{asked ? `${wanted.text} · Trace · Millrace` : 'Trace · Millrace'}</title>
      <SearchBar
        wanted={wanted}
        flows={flows}
        focus={!asked}
        said={search && search.state !== 'running' ? searchText(search, (at) => when(at, now)) : undefined}
        onSearch={(next) => (next.text === '' ? setParams(wantedParams(next)) : setParams(wantedParams(next), { state: 'asked' }))}
      />
      <div className={styles.body}>
        <h1 className={asked ? 'visually-hidden' : styles.title}>Trace</h1>
        {!asked && (
          <EmptyState icon={<Waypoints size={24} />} title="Find out what happened to a message">
            Type an order number, a key, any text of the message, where it stands (<code>orders/3@47988</code>) or its trace id. You see its
            way through every flow, what each node made of it, and why each value is what it is.
          </EmptyState>
        )}
        {asked && error !== undefined && (
          <Panel label="Search">
            <ErrorState what="The search could not be made" error={error} onRetry={again} />
          </Panel>
        )}
        {asked && error === undefined && search === undefined && (
          <Panel label="Search">
            <SkeletonRows rows={3} height={56} label="Looking in the index" />
          </Panel>
        )}
        {search?.state === 'running' && <Progress search={search} onStop={stop} />}
        {search?.notes.map((note) => (
          <Notice key={note} level="warning" title={note} />
        ))}
        {search && search.hits.length > 0 && (
          <Hits search={search} wanted={wanted} nameOf={(id) => flows.find((flow) => flow.id === id)?.name ?? id} />
        )}
        {search && search.state !== 'running' && search.hits.length === 0 && (
          <Nothing search={search} wanted={wanted} onAgain={again} onWider={(since) => setParams(wantedParams({ ...wanted, since }))} />
        )}
      </div>
    </div>
  );
}

const hitPath = ({ flow, origin }: TraceHit, wanted: Wanted): string => `${tracePath(flow, origin)}&${wantedParams(wanted)}`;

function Progress({ search, onStop }: { search: TraceSearch; onStop: () => void }) {
  const now = useNow();
  const share = search.total > 0 ? Math.min(1, search.scanned / search.total) : 0;
  return (
    <div className={styles.progress}>
      <span role="status">{searchText(search, (at) => when(at, now))}</span>
      <progress
        max={1}
        value={share}
        aria-label="How much has been scanned"
        title={`${short(search.scanned)} of ${short(search.total)} messages`}
      />
      {search.reached !== undefined && <span className={styles.quiet}>now at {when(search.reached, now)}</span>}
      <Button size="small" icon={<Square size={12} />} onClick={onStop}>
        Stop
      </Button>
    </div>
  );
}

function Hits({ search, wanted, nameOf }: { search: TraceSearch; wanted: Wanted; nameOf: (flow: string) => string }) {
  const now = useNow();
  const list = useRef<HTMLUListElement>(null);
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const links = [...(list.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  };
  return (
    <Panel label="Messages found">
      <ul ref={list} className={styles.hits} onKeyDown={walk}>
        {search.hits.map((hit) => (
          <li key={`${hit.flow} ${hit.origin}`}>
            <Link to={hitPath(hit, wanted)} className={styles.hit}>
              <span className={styles.key} title={hit.key ?? undefined}>
                {hit.key ?? 'no key'}
              </span>
              <span className={styles.flow}>
                {nameOf(hit.flow)}
                <span className={styles.quiet}>
                  {' '}
                  · {positionText(hit.origin)} · found by {hit.matched}
                </span>
              </span>
              <span className={styles.when} title={fullTime(hit.timestamp)}>
                {ago(hit.timestamp, now)}
              </span>
              <code className={styles.preview}>{hit.preview}</code>
            </Link>
          </li>
        ))}
      </ul>
      <p className={styles.foot}>
        <Link to={standingPath(search.hits)}>
          Where does the data of {search.hits.length === 1 ? 'this message' : `these ${search.hits.length} messages`} stand?
        </Link>
      </p>
    </Panel>
  );
}

/** Nothing was found: what was searched, how far back, and what to try next. */
function Nothing({
  search,
  wanted,
  onAgain,
  onWider,
}: {
  search: TraceSearch;
  wanted: Wanted;
  onAgain: () => void;
  onWider: (since: Wanted['since']) => void;
}) {
  const now = useNow();
  return (
    <Panel label="Search">
      <EmptyState
        icon={<SearchX size={24} />}
        title={`No message has “${wanted.text}”`}
        actions={
          <>
            {wanted.since !== 'all' && (
              <Button look="filled" onClick={() => onWider('all')}>
                Search all there is
              </Button>
            )}
            <Button onClick={onAgain}>Search again</Button>
          </>
        }
      >
        {searchText(search, (at) => when(at, now))}. Searched were the keys, the indexed fields and the text of what{' '}
        {wanted.flow === undefined ? 'all flows' : 'this flow'} read ({periods[wanted.since].label.toLowerCase()}). What retention has
        deleted cannot be found any more.
      </EmptyState>
    </Panel>
  );
}
