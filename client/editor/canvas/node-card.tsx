import { Ban, CircleX, Inbox, OctagonAlert, RotateCw, ShieldAlert, ShieldCheck, SkipForward, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'react-router';
import { Handle, type NodeProps, Position } from 'reactflow';
import type { FlowStatus } from '#shared/events.ts';
import { nodeName } from '#shared/node-name.ts';
import { errorPort } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import { useNow } from '../../clock.ts';
import { ago, duration, exact, perMinute, plural, short } from '../../format.ts';
import { VersionMark } from '../../history/version-mark.tsx';
import { useFlowStatus, useLiveAge, useRate } from '../../live.ts';
import { deadOf, nodeDead, nodeDelivered, nodeIn, nodeOut } from '../../rates.ts';
import { TryCase, TryLine } from '../../try/card-line.tsx';
import { useTrialState } from '../../try/trial-store.ts';
import { countsInWords } from '../../try/words.ts';
import { useEditorState } from '../context.ts';
import { captionOf, gistOf, promiseOf, speak, stageOf, troubleOf } from '../describe.ts';
import { NodeTile } from '../icons.tsx';
import styles from './node-card.module.css';
import type { Card, CardData } from './projection.ts';

const none: readonly Problem[] = [];

/** Id of a node's card in the page, for `aria-activedescendant`. */
export function cardId(node: string): string {
  return `node-${node}`;
}

/** A node on the canvas: tile, caption, name, live line, a row per case, and under it what it promises or what failed. */
export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<Card>) {
  const { node } = data;
  const type = useEditorState((state) => state.types.get(node.type));
  const types = useEditorState((state) => state.types);
  const flowId = useEditorState((state) => state.record.flow.id);
  const focused = useEditorState((state) => state.focus?.kind === 'node' && state.focus.id === node.id);
  const mine = useEditorState((state) => state.problemsOf.get(node.id)) ?? none;
  const status = useFlowStatus(flowId);
  const trying = useEditorState((state) => state.trying !== undefined);
  const unreached = useTrialState((state) => state.tried !== undefined && (state.tried.counts.nodes.get(node.id)?.in ?? 0) === 0);
  const shown = useEditorState((state) => state.shown !== undefined);
  const live = !trying && !shown && status?.version !== undefined && status.nodes[node.id] !== undefined;
  const trouble = live ? troubleOf(stageOf(status, node.id)) : undefined;
  const dead = live ? deadOf(status?.nodes[node.id]) : 0;
  const tried = useTrialState((state) =>
    trying && focused && state.tried ? countsInWords(state.tried.counts.nodes.get(node.id), type?.kind === 'sink') : undefined,
  );
  const worst = mine.some((problem) => problem.severity === 'error') ? 'error' : mine.length > 0 ? 'warning' : undefined;
  // The whole sentence takes the whole flow to make, so only the card that the keyboard is on gets it.
  const spoken = useEditorState((state) =>
    focused ? speak(state.history.present.flow, types, node, mine, tried ?? trouble?.text) : `${captionOf(type)}, ${nodeName(node, types)}`,
  );
  const classes = [
    styles.card,
    selected ? styles.selected : '',
    focused ? styles.focused : '',
    node.mode ? styles[node.mode] : '',
    trouble ? styles[trouble.level] : '',
    trying && unreached ? styles.unreached : '',
  ];
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset inside a canvas would say "form". */}
      <div id={cardId(node.id)} role="group" aria-label={spoken} className={classes.join(' ')} data-node={node.id}>
        <VersionMark node={node.id} />
        <div className={styles.head}>
          <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} />
          <div className={styles.words}>
            <div className={styles.caption}>{captionOf(type)}</div>
            <div className={styles.name} title={nodeName(node, types)}>
              {nodeName(node, types)}
            </div>
            <div className={[styles.line, trouble ? styles[`${trouble.level}Text`] : ''].join(' ')}>
              {node.mode ? (
                <ModeLine mode={node.mode} />
              ) : trying ? (
                <TryLine node={node.id} sink={type?.kind === 'sink'} />
              ) : trouble ? (
                <TroubleLine text={trouble.text} reason={stageOf(status, node.id)?.reason} />
              ) : live ? (
                <LiveLine flow={flowId} node={node.id} kind={type?.kind ?? 'transform'} />
              ) : (
                <span>{gistOf(node, type)}</span>
              )}
            </div>
          </div>
          {worst && (
            <span className={[styles.badge, styles[worst]].join(' ')} title={mine.map((problem) => problem.message).join('\n')}>
              {worst === 'error' ? <OctagonAlert size={14} aria-hidden="true" /> : <TriangleAlert size={14} aria-hidden="true" />}
              {mine.length}
              <span className="visually-hidden">{worst === 'error' ? ' errors in the draft' : ' warnings in the draft'}</span>
            </span>
          )}
          {!worst && live && <FailedBadge flow={flowId} node={node.id} />}
        </div>
        {data.cases && <CaseRows flow={flowId} data={data} live={live} trying={trying} />}
      </div>
      <Below data={data} dead={dead} status={status} />
      <Ports data={data} loud={dead > 0 || data.errorUsed || selected === true || focused} />
    </>
  );
});

function ModeLine({ mode }: { mode: 'disabled' | 'bypassed' }) {
  return (
    <>
      {mode === 'disabled' ? <Ban size={12} aria-hidden="true" /> : <SkipForward size={12} aria-hidden="true" />}
      {mode === 'disabled' ? 'Disabled, messages stop here' : 'Bypassed, messages pass'}
    </>
  );
}

function TroubleLine({ text, reason }: { text: string; reason: string | undefined }) {
  return (
    <span className={styles.trouble} title={reason ?? text}>
      <RotateCw size={12} aria-hidden="true" />
      {text}
    </span>
  );
}

function LiveLine({ flow, node, kind }: { flow: string; node: string; kind: 'source' | 'transform' | 'sink' }) {
  const period = useEditorState((state) => state.period);
  const status = useFlowStatus(flow);
  const pick =
    kind === 'source'
      ? nodeOut(node)
      : kind === 'sink' && status?.nodes[node]?.delivered !== undefined
        ? nodeDelivered(node)
        : nodeIn(node);
  const rate = useRate(flow, period, pick);
  const { fresh } = useLiveAge();
  const now = useNow();
  const totals = status?.nodes[node];
  const total =
    totals === undefined
      ? 0
      : kind === 'sink'
        ? (totals.delivered ?? totals.in)
        : kind === 'source'
          ? sum(totals.out) || totals.in
          : totals.in;
  const last = totals?.lastAt;
  const title =
    rate === undefined
      ? `${exact(total)} since the first deploy`
      : `${exact(rate.count)} in ${duration(rate.overMs)}; ${exact(total)} since the first deploy`;
  return (
    <span className={fresh ? styles.live : styles.stale} title={title}>
      {rate === undefined ? plural(total, 'message') : perMinute(rate.perMinute)}
      {last !== undefined && <span className={styles.quiet}> · {now - last < 1000 ? 'just now' : `last ${ago(last, now)}`}</span>}
    </span>
  );
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

function FailedBadge({ flow, node }: { flow: string; node: string }) {
  const period = useEditorState((state) => state.period);
  const failed = useRate(flow, period, nodeDead(node))?.count ?? 0;
  if (failed === 0) return null;
  return (
    <span className={[styles.badge, styles.error].join(' ')} title={`${plural(failed, 'message')} failed in this period`}>
      <CircleX size={14} aria-hidden="true" />
      {short(failed)}
      <span className="visually-hidden"> failed in this period</span>
    </span>
  );
}

function CaseRows({ flow, data, live, trying }: { flow: string; data: CardData; live: boolean; trying: boolean }) {
  return (
    <ul className={styles.cases}>
      {data.ports.map(({ port }) => (
        <li key={port.id} className={styles.case}>
          <span className={styles.caseName} title={port.label}>
            {port.label || 'Unnamed case'}
          </span>
          {trying && <TryCase node={data.node.id} port={port.id} />}
          {live && <CaseRate flow={flow} node={data.node.id} port={port.id} />}
        </li>
      ))}
    </ul>
  );
}

function CaseRate({ flow, node, port }: { flow: string; node: string; port: string }) {
  const period = useEditorState((state) => state.period);
  const rate = useRate(flow, period, nodeOut(node, port));
  return <span className={styles.caseRate}>{rate === undefined ? '' : perMinute(rate.perMinute)}</span>;
}

function Below({ data, dead, status }: { data: CardData; dead: number; status: FlowStatus | undefined }) {
  const type = useEditorState((state) => state.types.get(data.node.type));
  const promise = type && promiseOf(data.node, type);
  const flow = status?.flow ?? '';
  return (
    <>
      {promise && (
        <div className={styles.promise}>
          {promise.strong ? (
            <ShieldCheck size={14} className={styles.strong} aria-hidden="true" />
          ) : (
            <ShieldAlert size={14} className={styles.weak} aria-hidden="true" />
          )}
          {promise.text}
        </div>
      )}
      {dead > 0 && !data.errorUsed && (
        <div className={[styles.tray, promise ? styles.lower : ''].join(' ')} style={data.error ? { left: data.error.x } : undefined}>
          {!promise && <span className={styles.stem} aria-hidden="true" />}
          <Link
            to={`/dead-letters?flow=${encodeURIComponent(flow)}&node=${encodeURIComponent(data.node.id)}`}
            tabIndex={-1}
            className={styles.letters}
            title={`${exact(dead)} since the first deploy`}
            onClick={(event) => event.stopPropagation()}
          >
            <Inbox size={14} aria-hidden="true" />
            {plural(dead, 'dead letter')}
          </Link>
        </div>
      )}
    </>
  );
}

/** `loud`: the error port shows although the pointer is elsewhere. */
function Ports({ data, loud }: { data: CardData; loud: boolean }) {
  return (
    <>
      {data.input && (
        <Handle
          type="target"
          id="in"
          position={Position.Left}
          className={styles.handle}
          style={{ top: 36 }}
          title="Messages come in here"
        />
      )}
      {data.ports.map(({ port, at }) => (
        <Handle
          key={port.id}
          type="source"
          id={port.id}
          position={Position.Right}
          className={styles.handle}
          style={{ top: at.y }}
          title={port.label}
        />
      ))}
      {data.error && (
        <Handle
          type="source"
          id={errorPort.id}
          position={Position.Bottom}
          className={[styles.handle, styles.errorHandle, loud ? '' : styles.calm].join(' ')}
          style={{ left: data.error.x }}
          title="Failed messages; unconnected they become dead letters"
        >
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d="M4 4l4 4M8 4l-4 4" />
          </svg>
        </Handle>
      )}
    </>
  );
}
