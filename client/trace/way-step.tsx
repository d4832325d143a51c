import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { Flow, FlowNode } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import { parseBeside } from '#shared/lineage/beside.ts';
import { placeText } from '#shared/lineage/place.ts';
import { whyBeside, whyOf } from '#shared/lineage/why.ts';
import { parseTarget } from '#shared/mapping/target.ts';
import { type OpenView, viewOf } from '#shared/mapping/view.ts';
import type { SinkOutcome, TraceWay } from '#shared/trace.ts';
import type { TypeIndex } from '../editor/document.ts';
import { NodeTile } from '../editor/icons.tsx';
import { portsOf } from '../editor/wiring.ts';
import { fullTime } from '../format.ts';
import { IconButton } from '../ui/button.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import { againPath } from './trace-path.ts';
import { SaidIcon } from './way-canvas.tsx';
import { WayDetail } from './way-detail.tsx';
import { cardOf, madeAt, type Step } from './way-model.ts';
import styles from './way-step.module.css';
import { aboutText, totalText } from './way-times.ts';
import { WhyPanel } from './why-panel.tsx';
import { positionText, stateWords } from './words.ts';

/** Settings that make a node's value by one expression. */
const valueFields: Readonly<Record<string, string>> = { map: 'expression', 'kafka.sink': 'value' };

function viewFor(node: FlowNode): OpenView | undefined {
  const text = node.config[valueFields[node.type] ?? ''];
  if (node.mode !== undefined || typeof text !== 'string' || text.trim() === '') return undefined;
  const view = viewOf(text);
  return view.ok ? view : undefined;
}

const recomputedWords = {
  identical: { level: 'ok', text: 'Recomputed, identical' },
  differs: { level: 'warning', text: 'Recomputed, differs: not deterministic' },
  'not-possible': { level: 'off', text: 'Could not be recomputed' },
  'not-compared': { level: 'off', text: 'Recomputed, not compared' },
} as const;

/** One stop of the way: what came, what left, why, and of a sink what became of it outside. */
export function WayStep({
  way,
  flow,
  types,
  steps,
  step,
  nameOf,
  field,
  onGo,
  onField,
}: {
  way: TraceWay;
  flow: Flow;
  types: TypeIndex;
  steps: readonly Step[];
  step: Step;
  nameOf: (node: string) => string;
  field: string | undefined;
  onGo: (index: number) => void;
  onField: (name: string | undefined) => void;
}) {
  const [which, setWhich] = useState(0);
  const node = flow.nodes.find(({ id }) => id === step.node);
  const type = types.get(node?.type ?? '');
  const made = madeAt(way, step);
  const after = made[Math.min(which, made.length - 1)];
  const source = step.index === 0;
  const before = source ? undefined : way.records.find(({ id }) => id === step.record);
  const view = useMemo(() => (node ? viewFor(node) : undefined), [node]);
  const place = field === undefined ? undefined : parseTarget(field)?.filter((one) => one !== null);
  const beside = field === undefined ? undefined : parseBeside(field);
  const asked = beside ? field : place === undefined ? undefined : placeText(place);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place is a new list each time, its name says it.
  const why = useMemo(
    () =>
      after === undefined
        ? undefined
        : beside
          ? whyBeside({ flow, records: way.records, origin: way.origin }, after.id, beside)
          : place && whyOf({ flow, records: way.records, origin: way.origin }, after.id, place),
    [flow, way, after, asked],
  );
  const panel = useRef<HTMLDivElement>(null);
  const opened = useRef(false);
  useEffect(() => {
    if (why && !opened.current) panel.current?.scrollIntoView({ block: 'nearest' });
    opened.current = why !== undefined;
  }, [why]);
  const outcomes = way.sinks.filter(({ sink }) => sink === step.node);
  const failed = way.failed.filter((one) => one.node === step.node && (one.record === step.record || step.record === undefined));
  const filtered = way.filtered.filter(
    (one) => one.node === step.node && (one.record === step.record || made.some(({ id }) => id === one.record)),
  );
  const said = node && cardOf(flow, types, way, steps, node.id);
  const compared = outcomes.flatMap(({ recomputed }) => recomputed ?? []);
  const label =
    recomputedWords[compared.includes('differs') ? 'differs' : compared.length > 0 ? (compared[0] ?? way.recomputed) : way.recomputed];
  const name = node ? nameOf(node.id) : step.node;
  const took = source ? undefined : way.hops.find(({ record }) => made.some(({ id }) => id === record))?.ms;
  return (
    <>
      <section className={styles.panel} aria-label={`${name}: before and after`}>
        <div className={styles.head}>
          <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={20} />
          <h2>{name}</h2>
          <span className={styles.quiet} aria-live="polite">
            {source ? 'where it came in' : `step ${step.index} of ${steps.length - 1}`}
            {took !== undefined && (
              <span title="How long it took then was not written down.">, {aboutText(took).replace('≈', 'about')} when run again</span>
            )}
            {said && (
              <span className={styles.said}>
                <SaidIcon icon={said.icon} />
                {said.text} {said.strong}
              </span>
            )}
          </span>
          <IconButton label="Step before (arrow left)" size="small" disabled={step.index <= 0} onClick={() => onGo(step.index - 1)}>
            <ChevronLeft size={14} />
          </IconButton>
          <IconButton
            label="Next step (arrow right)"
            size="small"
            disabled={step.index >= steps.length - 1}
            onClick={() => onGo(step.index + 1)}
          >
            <ChevronRight size={14} />
          </IconButton>
          <StatusBadge level={label.level} soft>
            {label.text}
          </StatusBadge>
          {made.length > 1 && (
            <label className={styles.made}>
              <span>1 became {made.length}:</span>
              <select value={which} onChange={(event) => setWhich(Number(event.target.value))} aria-label="Which of the messages it became">
                {made.map((record, index) => (
                  <option key={record.id} value={index}>
                    {index + 1} of {made.length}
                    {portLabel(flow, types, step.node, record.port)}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        {failed.map((one) => (
          <Notice key={`${one.code} ${one.record}`} level="error" title={one.message}>
            It could not be processed here. <code>{one.code}</code>
          </Notice>
        ))}
        {filtered.map((one) => (
          <Notice key={`${one.reason} ${one.record}`} level="off" title={`It ended here: ${one.reason}`} />
        ))}
        {outcomes.length > 0 && <Outcomes outcomes={outcomes} way={way} />}
        {after !== undefined && node !== undefined && (
          <WayDetail
            {...{ way, node, before, after, view, why }}
            field={asked ?? (field === undefined ? undefined : field)}
            onField={onField}
          />
        )}
        {after === undefined && before !== undefined && (
          <div className={styles.alone}>
            <h3>What came</h3>
            <JsonView text={before.text ?? stringifyJson(before.value) ?? ''} look="pretty" label="What came" />
          </div>
        )}
        {after === undefined && before === undefined && (
          <p className={styles.none}>The message itself cannot be shown here: {label.text.toLowerCase()}.</p>
        )}
        {after?.sends && (
          <div className={styles.alone}>
            <h3>What the sink sends: {after.sends.what}</h3>
            <JsonView text={stringifyJson(after.sends.data) ?? ''} look="pretty" label="What the sink sends" />
          </div>
        )}
      </section>
      {why && (
        <div ref={panel}>
          <WhyPanel {...{ why, way, flow, nameOf }} onClose={() => onField(undefined)} />
        </div>
      )}
    </>
  );
}

function portLabel(flow: Flow, types: TypeIndex, node: string, port: string): string {
  const ports = portsOf(flow, types, node);
  return ports.length > 2 ? `, ${ports.find(({ id }) => id === port)?.label ?? port}` : '';
}

/** When a sink had an output, and how long that took from when the message came in. */
function TimeOf({ one, way }: { one: SinkOutcome; way: TraceWay }) {
  const total = totalText(way, one);
  if (one.deliveredAt !== undefined)
    return (
      <span className={styles.quiet}>
        {fullTime(one.deliveredAt)}
        {total && `, ${total.long}`}
      </span>
    );
  return one.writtenAt === undefined ? null : <span className={styles.quiet}>written for it {fullTime(one.writtenAt)}</span>;
}

function Outcomes({ outcomes, way }: { outcomes: readonly SinkOutcome[]; way: TraceWay }) {
  return (
    <ul className={styles.outcomes} aria-label="What became of it at this sink">
      {outcomes.map((one) => (
        <li key={`${one.index} ${one.by?.id} ${one.position}`}>
          <strong>{stateWords[one.state]}</strong>
          <span>{one.sentence}</span>
          {one.position !== undefined && <code title="Where it stands in the sink's topic">{positionText(one.position)}</code>}
          <TimeOf one={one} way={way} />
          {one.by && <Link to={againPath(way.flow, one.by)}>by a {one.by.kind}</Link>}
          {one.dead && <Link to={`/dead-letters/${encodeURIComponent(way.flow)}`}>to the dead letters</Link>}
        </li>
      ))}
    </ul>
  );
}
