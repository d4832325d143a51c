import { ArrowLeft, CirclePause, CirclePlay, CircleStop, Gauge, RotateCcw } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link, useParams } from 'react-router';
import { nodeNames } from '#shared/node-name.ts';
import type { Replay } from '#shared/replay.ts';
import { ApiError, api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowName } from '../flow-list.ts';
import { ago, duration, exact, fullTime, percent, plural, short } from '../format.ts';
import { documentOf } from '../history/documents.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { CopyButton, describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import { Balance } from './balance.tsx';
import { replayPath } from './choice.ts';
import styles from './report-page.module.css';
import { SampleResult } from './sample-step.tsx';
import { useReplay } from './use-replay.ts';
import { isUnderWay, rangeInWords, stateWords, targetWords, typedNumber } from './words.ts';

/** `/replays/:id`: how far a replay is, with the hands on it, and for ever after its report. */
export function ReportPage() {
  const { id = '' } = useParams();
  const { replay, error, act, reload } = useReplay(id);
  const names = useLoad(
    async () => (replay === undefined ? undefined : await namesOf(replay)),
    replay === undefined ? '' : `${replay.spec.flow} ${replay.spec.version}`,
  );
  const nameOf = names.data ?? ((node: string) => node);
  const flowName = useFlowName(replay?.spec.flow ?? '');
  if (replay === undefined) {
    return (
      <Page>
        <PageHeader title="Replay" sentence={error === undefined ? 'Loading how far it is' : 'It is not known how far it is'} />
        <Panel label="Replay">
          {error === undefined ? (
            <SkeletonRows rows={4} height={56} label="Loading the replay" />
          ) : (
            <ErrorState
              what={error instanceof ApiError && error.status === 404 ? 'There is no such replay' : 'The replay could not be loaded'}
              error={error}
              onRetry={reload}
            />
          )}
        </Panel>
      </Page>
    );
  }
  return (
    <Page>
      <PageHeader
        title={replay.spec.name}
        sentence={<Sentence replay={replay} flowName={flowName} />}
        actions={
          <Link to="/replays" className={styles.back}>
            <ArrowLeft size={16} aria-hidden="true" />
            All replays
          </Link>
        }
      />
      {error !== undefined && (
        <Notice
          level="warning"
          title="That did not work, or the server did not answer"
          action={
            <Button size="small" onClick={reload}>
              Load again
            </Button>
          }
        >
          {describeError(error).message}
        </Notice>
      )}
      <Progress replay={replay} act={act} />
      <Panel title="Balance" label="Balance" aside={<span className={styles.aside}>messages of the source</span>}>
        <div className={styles.body}>
          <Balance balance={replay.balance} gone={replay.gone?.messages} written={replay.spec.target === 'compare' ? 'made' : 'written'} />
        </div>
      </Panel>
      {replay.compared !== undefined && (
        <Panel title="How it differs from what stands there" label="Comparison">
          <div className={styles.body}>
            <SampleResult flow={replay.spec.flow} sample={replay.compared} nameOf={nameOf} />
          </div>
        </Panel>
      )}
      <Outputs replay={replay} nameOf={nameOf} />
      <Failures replay={replay} nameOf={nameOf} />
      <Facts replay={replay} flowName={flowName} nameOf={nameOf} />
    </Page>
  );
}

async function namesOf({ spec }: Replay): Promise<(node: string) => string> {
  const [document, catalog] = await Promise.all([documentOf(spec.flow, spec.version), api.nodeTypes()]);
  return nodeNames(document.nodes, new Map(catalog.types.map((type) => [type.type, type])));
}

function Sentence({ replay, flowName }: { replay: Replay; flowName: string }) {
  const now = useNow();
  const { state, startedBy, startedAt, endedAt, total, balance } = replay;
  const began = `${startedBy} started it ${ago(startedAt, now)}.`;
  if (isUnderWay(replay)) return `${plural(balance.read, 'message')} of ${exact(total)} of ${flowName} so far. ${began}`;
  const took = endedAt === undefined ? '' : ` in ${duration(endedAt - startedAt)}`;
  const words = { done: 'It is through', stopped: 'It was stopped', failed: 'It failed' }[state as 'done' | 'stopped' | 'failed'];
  return `${words} after ${plural(balance.read, 'message')}${state === 'done' ? '' : ` of ${exact(total)}`} of ${flowName}${took}. ${began}`;
}

function Progress({ replay, act }: { replay: Replay; act: (ask: () => Promise<Replay>) => Promise<void> }) {
  const { state, total, balance, rate, leftSeconds } = replay;
  const { word, level } = stateWords[state];
  const gone = replay.gone?.messages ?? 0;
  const done = total === 0 ? (isUnderWay(replay) ? 0 : 1) : Math.min(1, (balance.read + gone) / total);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className={styles.progress} aria-label="Progress">
      <div className={styles.progressHead}>
        <h2 ref={heading} tabIndex={-1} className={styles.state} role="status">
          <StatusBadge level={level} soft>
            {word}
          </StatusBadge>
        </h2>
        <span className={styles.done}>
          <strong>{exact(balance.read)}</strong> of {exact(total)} messages, {percent(balance.read, total)}
        </span>
        <span className={styles.rate}>
          {state === 'running' && rate !== undefined && `${short(Math.round(rate))} a second`}
          {state === 'running' && leftSeconds !== undefined && `, ${duration(leftSeconds * 1000)} left`}
        </span>
        {isUnderWay(replay) && <Hands replay={replay} act={act} />}
      </div>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label="Messages read"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={Math.min(balance.read, total)}
      >
        <span className={[styles.fill, styles[level]].join(' ')} style={{ width: `${done * 100}%` }} />
      </div>
      {replay.gone !== undefined && (
        <Notice
          level="warning"
          title={`${plural(gone, 'message')} of the range ${gone === 1 ? 'was' : 'were'} gone before the replay came to ${gone === 1 ? 'it' : 'them'}`}
        >
          {replay.gone.sentence}
        </Notice>
      )}
      {replay.reason !== undefined && (
        <Notice level={state === 'failed' ? 'error' : 'warning'} title={reasonTitle(state)}>
          {replay.reason}
        </Notice>
      )}
    </section>
  );
}

function reasonTitle(state: Replay['state']): string {
  if (state === 'done') return 'Done, but not all of it';
  return state === 'paused' ? 'Why it is paused' : 'Why it ended';
}

/** Pause, go on, slower or faster, stop. */
function Hands({ replay, act }: { replay: Replay; act: (ask: () => Promise<Replay>) => Promise<void> }) {
  const may = useMay(replay.spec.target === 'real' ? 'admin' : 'analyst');
  const mayStop = useMay('analyst');
  const [busy, setBusy] = useState<string>();
  const [rate, setRate] = useState<string>();
  const [sure, setSure] = useState(false);
  const { id, state, spec } = replay;
  const ask = (name: string, what: () => Promise<Replay>): void => {
    setBusy(name);
    void act(what).finally(() => setBusy(undefined));
  };
  const applyRate = (): void => {
    const perSecond = rate?.trim() === '' ? 0 : typedNumber(rate ?? '');
    if (perSecond === undefined) return;
    setRate(undefined);
    ask('rate', () => api.setReplayRate(id, perSecond));
  };
  if (!mayStop) return null;
  return (
    <span className={styles.hands}>
      {rate === undefined ? (
        <Button
          size="small"
          icon={<Gauge size={14} />}
          busy={busy === 'rate'}
          disabled={!may}
          onClick={() => setRate(spec.perSecond === 0 ? '' : String(spec.perSecond))}
        >
          {spec.perSecond === 0 ? 'As fast as it goes' : `At most ${exact(spec.perSecond)}/s`}
        </Button>
      ) : (
        <form
          className={styles.rateForm}
          onSubmit={(event) => {
            event.preventDefault();
            applyRate();
          }}
        >
          <TextField
            label="Messages per second"
            inputMode="numeric"
            autoFocus
            placeholder="no limit"
            value={rate}
            onChange={(event) => setRate(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setRate(undefined)}
          />
          <Button size="small" type="submit">
            Set
          </Button>
        </form>
      )}
      {state === 'paused' ? (
        <Button
          look="filled"
          size="small"
          icon={<CirclePlay size={14} />}
          busy={busy === 'resume'}
          disabled={!may}
          onClick={() => ask('resume', () => api.steerReplay(id, 'resume'))}
        >
          Resume
        </Button>
      ) : (
        <Button
          size="small"
          icon={<CirclePause size={14} />}
          busy={busy === 'pause'}
          onClick={() => ask('pause', () => api.steerReplay(id, 'pause'))}
        >
          Pause
        </Button>
      )}
      {sure ? (
        <>
          <Button
            size="small"
            look="danger"
            icon={<CircleStop size={14} />}
            busy={busy === 'stop'}
            autoFocus
            onClick={() => ask('stop', () => api.steerReplay(id, 'stop'))}
          >
            Stop for good
          </Button>
          <Button size="small" look="quiet" onClick={() => setSure(false)}>
            Keep it
          </Button>
        </>
      ) : (
        <Button size="small" icon={<CircleStop size={14} />} onClick={() => setSure(true)}>
          Stop…
        </Button>
      )}
    </span>
  );
}

function Outputs({ replay, nameOf }: { replay: Replay; nameOf: (node: string) => string }) {
  const { target, sinks } = replay.spec;
  if (target === 'compare') return null;
  return (
    <Panel title={target === 'scratch' ? 'Written to scratch topics' : 'Written, by sink'} label="Outputs">
      <table className={[table.table, table.dense].join(' ')}>
        <thead>
          <tr>
            <th scope="col">Sink</th>
            <th scope="col" className={table.number}>
              Outputs
            </th>
          </tr>
        </thead>
        <tbody>
          {sinks.map((sink) => (
            <tr key={sink}>
              <td>
                {nameOf(sink)}
                {target === 'scratch' && <code className={styles.topic}>{`millrace.${replay.spec.flow}.replay.${replay.id}.${sink}`}</code>}
              </td>
              <td className={table.number}>{exact(replay.outputs[sink] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Failures({ replay, nameOf }: { replay: Replay; nameOf: (node: string) => string }) {
  const rows = Object.entries(replay.failures).flatMap(([node, codes]) =>
    Object.entries(codes).map(([code, count]) => ({ node, code, count })),
  );
  if (rows.length === 0) return null;
  const inbox = `/dead-letters/${encodeURIComponent(replay.spec.flow)}`;
  return (
    <Panel
      title="What failed"
      label="Failures"
      aside={
        replay.spec.target === 'real' ? (
          <Link to={inbox}>Open the dead letters</Link>
        ) : (
          <span className={styles.aside}>only counted: nothing was written</span>
        )
      }
    >
      <table className={[table.table, table.dense].join(' ')}>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Cause</th>
            <th scope="col" className={table.number}>
              Messages
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, code, count }) => (
            <tr key={`${node} ${code}`}>
              <td>{nameOf(node)}</td>
              <td>{replay.spec.target === 'real' ? <Link to={`${inbox}?node=${encodeURIComponent(node)}`}>{code}</Link> : code}</td>
              <td className={table.number}>{exact(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Local date and time; what it is in UTC says the tooltip elsewhere. */
const shortFull = (at: number): string => fullTime(at).split(' (')[0] ?? '';

function Facts({ replay, flowName, nameOf }: { replay: Replay; flowName: string; nameOf: (node: string) => string }) {
  const { spec, startedAt, endedAt, startedBy } = replay;
  const again = replayPath(spec.flow, {
    ...(spec.range.by === 'time' && { by: 'time' as const, since: spec.range.since, until: spec.range.until }),
    ...(spec.range.by === 'version' && {
      by: 'version' as const,
      handled: spec.range.version,
      since: spec.range.since,
      until: spec.range.until,
    }),
    ...(spec.range.by === 'history' && { by: 'history' as const, feed: spec.range.sink, since: spec.range.since }),
    ...(spec.range.by === 'offsets' && {
      by: 'offsets' as const,
      ranges: spec.range.ranges
        .slice(0, 100)
        .map(({ topic, partition, from, to }) => `${topic}/${partition} ${from}-${to}`)
        .join('\n'),
    }),
    keys: spec.filter.keys?.slice(0, 40) ?? [],
    onlyFailed: spec.filter.onlyFailed === true,
    onlyDifferent: spec.filter.onlyDifferent === true,
    version: spec.version,
    sinks: spec.sinks,
  });
  const facts: [string, string | undefined][] = [
    ['Flow', flowName],
    ['Messages', rangeInWords(spec, shortFull)],
    ['Version that ran', `Version ${spec.version}`],
    ['Went to', `${targetWords[spec.target].title}: ${spec.sinks.map(nameOf).join(', ')}`],
    ['Overtaken keys', spec.overtaken === 'skip' ? 'skipped' : 'sent all the same'],
    ['Ids', spec.ids === 'same' ? 'the ids it had' : 'new ids'],
    ['Pauses itself', spec.pauseAtErrorShare >= 1 ? 'never' : `when more than ${Math.round(spec.pauseAtErrorShare * 100)} % fail`],
    ['Started', `${shortFull(startedAt)} by ${startedBy}`],
    ['Ended', endedAt === undefined ? undefined : shortFull(endedAt)],
    ['Why it was all right', spec.reason],
  ];
  return (
    <Panel
      title="What was asked for"
      label="What was asked for"
      aside={
        <span className={styles.links}>
          <CopyButton text={location.href}>Copy link</CopyButton>
          <Link to={again} className={styles.back}>
            <RotateCcw size={14} aria-hidden="true" />
            Plan one like it
          </Link>
        </span>
      }
    >
      <dl className={styles.facts}>
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </Panel>
  );
}
