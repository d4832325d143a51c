import { Scale } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { Flow } from '#shared/flow.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { TraceWay } from '#shared/trace.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import type { TypeIndex } from '../editor/document.ts';
import { laidOut } from '../editor/tidy.ts';
import { useFlowList } from '../flow-list.ts';
import { fullTime, timeOfDay, when } from '../format.ts';
import { documentOf } from '../history/documents.ts';
import { useLoad } from '../load.ts';
import { Panel } from '../shell/page.tsx';
import { ErrorState, Skeleton, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { SearchBar } from './search-bar.tsx';
import { wantedIn, wantedParams } from './search-page.tsx';
import { WayActions } from './way-actions.tsx';
import { WayBeside } from './way-beside.tsx';
import { WayCanvas } from './way-canvas.tsx';
import { stepsOf } from './way-model.ts';
import styles from './way-page.module.css';
import { WayStep } from './way-step.tsx';
import { balanceText, headlineOf, isBalanced, positionText, timesText } from './words.ts';

interface Loaded {
  way: TraceWay;
  flow: Flow;
  types: TypeIndex;
}

/** How often a way that is not at its end is asked for again, in ms. */
const everyMs = 3000;

/** `/traces/:flow?origin=…&node=…`: what happened to one message in one flow. */
export function WayPage() {
  const { flow: id = '' } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const { flows = [] } = useFlowList();
  const origin = params.get('origin') ?? '';
  const wanted = wantedIn(params);
  const { data, error, reload } = useLoad(() => loadWay(id, origin), `${id} ${origin}`);
  const open =
    data?.way.sinks.some(({ state }) => state === 'waiting' || state === 'retrying' || state === 'parked') || data?.way.done === false;
  useEffect(() => {
    if (data === undefined || !open) return;
    const timer = setInterval(() => !document.hidden && reload(), everyMs);
    return () => clearInterval(timer);
  }, [data, open, reload]);
  return (
    <div className={styles.page}>
      <SearchBar
        wanted={wanted}
        flows={flows}
        onSearch={(next) => next.text !== '' && void navigate(`/traces?${wantedParams(next)}`, { state: 'asked' })}
      />
      {data === undefined && error !== undefined && (
        <div className={styles.body}>
          <title>Trace · Millrace</title>
          <h1 className="visually-hidden">Trace of {positionText(origin)}</h1>
          <Panel label="Trace">
            <ErrorState what={`The way of ${positionText(origin) || 'this message'} could not be shown`} error={error} onRetry={reload} />
          </Panel>
        </div>
      )}
      {data === undefined && error === undefined && (
        <div className={styles.body}>
          <title>Trace · Millrace</title>
          <h1 className="visually-hidden">Trace of {positionText(origin)}</h1>
          <Skeleton width={420} height={24} />
          <Panel label="Trace">
            <SkeletonRows rows={6} height={64} label="Running the message through its version again" />
          </Panel>
        </div>
      )}
      {data !== undefined && (
        <Way
          key={`${id} ${origin}`}
          {...data}
          back={wanted.text === '' ? '/traces' : `/traces?${wantedParams(wanted)}`}
          stale={error !== undefined}
        />
      )}
    </div>
  );
}

async function loadWay(id: string, origin: string): Promise<Loaded> {
  const [way, catalog] = await Promise.all([api.way(id, origin), api.nodeTypes()]);
  const types = new Map(catalog.types.map((type) => [type.type, type]));
  return { way, flow: laidOut(await documentOf(id, way.version), types), types };
}

function Way({ way, flow, types, back, stale }: Loaded & { back: string; stale: boolean }) {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const now = useNow();
  const steps = useMemo(() => stepsOf(way), [way]);
  const nameOf = useMemo(() => nodeNames(flow.nodes, types), [flow, types]);
  const node = params.get('node');
  const at = Number(params.get('step') ?? '-1');
  const chosen = steps[at]?.node === node ? steps[at] : steps.find((step) => step.node === node);
  const step = chosen ?? usualStep(flow, steps);
  const field = params.get('field') ?? undefined;
  // Keys come faster than addresses change.
  const here = useRef(0);
  useEffect(() => {
    here.current = step?.index ?? 0;
  }, [step]);
  const go = useCallback(
    (index: number) => {
      const next = steps[index];
      if (next === undefined) return;
      here.current = index;
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          after.delete('field');
          after.set('node', next.node);
          after.set('step', String(index));
          return after;
        },
        { replace: true },
      );
    },
    [steps, setParams],
  );
  const ask = useCallback(
    (name: string | undefined) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (name === undefined) after.delete('field');
          else after.set('field', name);
          if (!after.has('node')) after.set('node', step?.node ?? '');
          return after;
        },
        { replace: true },
      ),
    [setParams, step],
  );
  // Before anything is seen: whoever reads the headline may press a key at once.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      const typing = ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
      if (
        event.defaultPrevented ||
        typing ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        document.querySelector('[aria-modal="true"]')
      )
        return;
      const move = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (move !== 0) {
        event.preventDefault();
        go(here.current + move);
      } else if (event.key === 'Escape') {
        event.preventDefault();
        if (field !== undefined) ask(undefined);
        else void navigate(back);
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [field, go, ask, back, navigate]);
  const typeOf = (id: string) => types.get(flow.nodes.find((one) => one.id === id)?.type ?? '');
  const headline = headlineOf(way, nameOf, (id) => typeOf(id)?.kind === 'sink');
  const times = timesText(way);
  const position = positionText(way.origin);
  return (
    <div className={styles.body}>
      <title>{`${headline} · Millrace`}</title>
      <header className={styles.head}>
        <div className={styles.words}>
          <div className={styles.title}>
            <h1>{headline}</h1>
            <span
              className={[styles.balance, isBalanced(way) ? '' : styles.open].join(' ')}
              title="Every message that came in is accounted for"
            >
              <Scale size={13} aria-hidden="true" />
              {balanceText(way)}
            </span>
          </div>
          <p className={styles.facts}>
            <Link to={`/flows/${encodeURIComponent(way.flow)}?v=${way.version}`}>
              {way.flowName}, version {way.version}
            </Link>
            {way.versionBy !== undefined && <span>by {way.versionBy}</span>}
            <span title={fullTime(way.timestamp)}>
              came in {when(way.timestamp, now)}
              {when(way.timestamp, now) === timeOfDay(way.timestamp) ? '' : `, ${timeOfDay(way.timestamp, true)}`}
            </span>
            <code>{position}</code>
            {times !== undefined && <span>{times}</span>}
          </p>
        </div>
        <WayActions way={way} />
      </header>
      {stale && <Notice level="warning" title="This could not be brought up to date; what is shown may be older." />}
      {way.notes.map((note) => (
        <Notice key={note} level={way.recomputed === 'identical' ? 'info' : 'warning'} title={note} />
      ))}
      <WayCanvas
        {...{ flow, types, way, steps }}
        chosen={step?.node}
        onChoose={(id) => {
          const index = steps.find((one) => one.node === id)?.index;
          if (index !== undefined) go(index);
        }}
      />
      {step && <WayStep key={step.index} {...{ way, flow, types, steps, step, nameOf, field }} onGo={go} onField={ask} />}
      <WayBeside {...{ way, flow, types, steps, nameOf }} chosen={step?.index} onGo={go} />
    </div>
  );
}

/** What is looked at first: where the message failed or ended, else the first mapping, else the source. */
function usualStep(flow: Flow, steps: ReturnType<typeof stepsOf>) {
  const types = new Map(flow.nodes.map((node) => [node.id, node.type]));
  return steps.find((step) => types.get(step.node) === 'map') ?? steps[1] ?? steps[0];
}
