import { CircleCheck, CornerDownRight, Repeat, Split, Table2, X } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Flow, FlowNode } from '#shared/flow.ts';
import { besideWords, settingText } from '#shared/lineage/beside.ts';
import { placeText } from '#shared/lineage/place.ts';
import { fieldName, type RowTurn } from '#shared/lineage/row-why.ts';
import { ruleSince, type Since } from '#shared/lineage/since.ts';
import { doubtsOf, isExact, type WhyField, type WhyStep } from '#shared/lineage/why.ts';
import { ruleById, viewOf } from '#shared/mapping/view.ts';
import type { TraceWay } from '#shared/trace.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { fullTime, when } from '../format.ts';
import { documentOf } from '../history/documents.ts';
import { useLoad } from '../load.ts';
import { RuleChips } from '../mapping-chips/chips.tsx';
import { IconButton } from '../ui/button.tsx';
import { Notice } from '../ui/status.tsx';
import { OpenNode, OpenRow } from './way-detail.tsx';
import styles from './why-panel.module.css';
import { positionText } from './words.ts';

/** Why a field of the message is what it is: the row that made it, what the row read, and so on back to where the message came in. */
export function WhyPanel({
  why,
  way,
  flow,
  nameOf,
  onClose,
}: {
  why: WhyStep;
  way: TraceWay;
  flow: Flow;
  nameOf: (node: string) => string;
  onClose: () => void;
}) {
  const exact = isExact(why);
  const doubts = doubtsOf(why);
  const name = why.beside ? besideWords(why.beside) : placeText(why.place) || 'the value';
  return (
    <section className={styles.panel} aria-label={`Why ${name} is what it is`}>
      <div className={styles.head}>
        <h2>
          Why is {why.beside ? name : <code>{name}</code>}{' '}
          {why.value === undefined ? 'not there' : <code className={styles.strong}>{cut(why.value)}</code>}?
        </h2>
        {exact && (
          <span className={styles.exact}>
            <CircleCheck size={14} aria-hidden="true" />
            Exact, back to the message that came in
          </span>
        )}
        <IconButton label="Close (Esc)" size="small" onClick={onClose}>
          <X size={14} />
        </IconButton>
      </div>
      {doubts.length > 0 && (
        <Notice level="warning" title="Not all of it is exact">
          <ul>
            {doubts.map(({ node, doubt }) => (
              <li key={`${node} ${doubt}`}>
                <strong>{nameOf(node)}</strong>: {doubt}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <StepView step={why} way={way} flow={flow} nameOf={nameOf} depth={0} />
      {why.beside === undefined && (
        <p className={styles.foot}>
          <Link to={`/lineage/${encodeURIComponent(way.flow)}?${new URLSearchParams({ node: why.node, field: namesOf(why.place) })}`}>
            Where does {name} go from here?
          </Link>
        </p>
      )}
    </section>
  );
}

/** A place without the numbers of items, as the page about where a field goes wants it. */
const namesOf = (place: WhyStep['place']): string => place.filter((step) => typeof step === 'string').join('.');

const most = 160;
const cut = (text: string): string => (text.length > most ? `${text.slice(0, most)}…` : text);

interface StepProps {
  step: WhyStep;
  way: TraceWay;
  flow: Flow;
  nameOf: (node: string) => string;
  depth: number;
}

function StepView({ step, way, flow, nameOf, depth }: StepProps) {
  const node = flow.nodes.find(({ id }) => id === step.node);
  return (
    <div className={styles.step}>
      {step.through.length > 0 && <p className={styles.through}>{step.through.map(nameOf).join(' and ')} let it pass unchanged.</p>}
      {step.how === 'came-in' && (
        <p>
          It came in so at <strong>{nameOf(step.node)}</strong>, {fullTime(way.timestamp)}, <code>{positionText(way.origin)}</code>.
        </p>
      )}
      {step.how === 'answer' && (
        <p>
          <strong>{nameOf(step.node)}</strong> asked another system, and this is of its answer.
        </p>
      )}
      {step.how === 'code' && (
        <p>
          The code of <strong>{nameOf(step.node)}</strong> made it.
        </p>
      )}
      {step.how === 'setting' && (
        <>
          <p>{step.sentence}</p>
          {step.field !== undefined && node && (
            <>
              <SinceView way={way} node={node.id} field={step.field} place={[]} />
              <OpenNode way={way} node={node} />
            </>
          )}
        </>
      )}
      {step.how === 'row' && step.row && node && <RowView step={step} way={way} node={node} nameOf={nameOf} />}
      {step.fields.length > 0 && (
        <ul className={styles.fields} aria-label="Fields that were read">
          {step.fields.map((field) => (
            <FieldView key={fieldName(field)} field={field} {...{ way, flow, nameOf, depth }} />
          ))}
        </ul>
      )}
    </div>
  );
}

const roleWords = { value: '', condition: 'decides', loop: 'is gone through' };

function FieldView({ field, way, flow, nameOf, depth }: { field: WhyField } & Omit<StepProps, 'step'>) {
  const name = field.beside === undefined ? placeText(field.place) || 'the whole message' : besideWords(field.beside);
  const { because } = field;
  // Where it came in, it is shown in the digits in which it came.
  const value = because?.how === 'came-in' ? because.value : field.value;
  const more = because !== undefined && because.how !== 'came-in' && !field.missing;
  return (
    <li>
      <span className={styles.field}>
        <CornerDownRight size={13} aria-hidden="true" />
        {field.beside === undefined ? <code className={styles.name}>{name}</code> : <span className={styles.name}>{name}</span>}
        {field.parent && <span className={styles.quiet}>of the message that was split</span>}
        {field.missing ? (
          <em>not there</em>
        ) : (
          <code className={styles.value} title={value}>
            {cut(value ?? '')}
          </code>
        )}
        {field.many !== undefined && <span className={styles.quiet}>{field.many} values</span>}
        {field.role !== 'value' && <span className={styles.quiet}>{roleWords[field.role]}</span>}
        {because?.how === 'came-in' && (
          <span className={styles.quiet}>
            came in so{because.through.length > 0 ? `, unchanged by ${because.through.map(nameOf).join(', ')}` : ''}
          </span>
        )}
      </span>
      {more && <StepView step={because} way={way} flow={flow} nameOf={nameOf} depth={depth + 1} />}
    </li>
  );
}

function RowView({ step, way, node, nameOf }: { step: WhyStep; way: TraceWay; node: FlowNode; nameOf: (node: string) => string }) {
  const { row, field = 'expression' } = step;
  const text = settingText(node, field) ?? '';
  const rule = useMemo(() => {
    const view = viewOf(text);
    return view.ok && row ? ruleById(view, row.rule) : undefined;
  }, [text, row]);
  if (row === undefined) return null;
  return (
    <div className={styles.row}>
      <p className={styles.made}>
        <span>
          Made at <strong>{nameOf(node.id)}</strong>{' '}
          {step.beside ? (
            <>by its setting for {besideWords(step.beside)}</>
          ) : (
            <>
              by the row <code>{row.row || 'for the whole value'}</code>
            </>
          )}
        </span>
        {rule && (
          <span className={styles.chips}>
            <RuleChips rule={rule} text={text} />
          </span>
        )}
        {node.type === 'map' && field === 'expression' && (
          <span className={styles.open}>
            <OpenRow way={way} node={node} row={row.row} />
            <OpenRow way={way} node={node} row={row.row} draft />
          </span>
        )}
        {step.beside && (
          <span className={styles.open}>
            <OpenNode way={way} node={node} />
          </span>
        )}
      </p>
      <SinceView way={way} node={node.id} field={field} place={node.type === 'split' ? [0, ...step.place] : step.place} />
      <pre className={styles.code}>{row.text}</pre>
      {row.around.map((turn) => (
        <TurnView key={`${turn.kind} ${turn.row}`} turn={turn} />
      ))}
      {row.table && (
        <p className={styles.turn}>
          <Table2 size={13} aria-hidden="true" />
          The value table ({row.table.rows} rows) was asked for <code>{row.table.looked}</code>:{' '}
          {row.table.row ? (
            <>
              the row <code>{row.table.row.from}</code> gives <code>{row.table.row.to}</code>
            </>
          ) : (
            'no row has it, so what stands behind the table counts'
          )}
          .
        </p>
      )}
      {row.parts.length > 0 && (
        <table className={styles.parts}>
          <caption>What its pieces gave for this message</caption>
          <tbody>
            {row.parts.map((part) => (
              <tr key={`${part.start} ${part.end}`}>
                <th scope="row" style={{ paddingLeft: part.depth * 14 }}>
                  <code>{cut(part.text)}</code>
                </th>
                <td>{part.value === undefined ? <em>nothing</em> : <code>{cut(part.value)}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {row.uses.map(({ name, text: meaning }) => (
        <p key={name} className={styles.turn}>
          <code>${name}</code> is <code>{cut(meaning)}</code>
        </p>
      ))}
    </div>
  );
}

function TurnView({ turn }: { turn: RowTurn }) {
  switch (turn.kind) {
    case 'loop':
      return (
        <p className={styles.turn}>
          <Repeat size={13} aria-hidden="true" />
          For each of <code>{cut(turn.list)}</code>: this is number {turn.item + 1}
          {turn.place && (
            <>
              , the item <code>{placeText(turn.place)}</code>
            </>
          )}
          .
        </p>
      );
    case 'choice':
      return (
        <p className={styles.turn}>
          <Split size={13} aria-hidden="true" />
          {turn.condition === undefined ? (
            'None of the conditions held, so the last branch counts.'
          ) : (
            <>
              The condition <code>{cut(turn.condition)}</code> held.
            </>
          )}
        </p>
      );
    case 'default':
      return (
        <p className={styles.turn}>
          <Split size={13} aria-hidden="true" />
          {turn.taken === 'fallback'
            ? 'The field was missing, so the stand-in counts.'
            : 'The field was there, so the stand-in did not count.'}
        </p>
      );
  }
}

/** Which version the rule came with, when and by whom. */
function SinceView({ way, node, field, place }: { way: TraceWay; node: string; field: string; place: WhyStep['place'] }) {
  const now = useNow();
  const key = `${way.flow} ${way.version} ${node} ${field} ${placeText(place)}`;
  const { data, error } = useLoad<Since | undefined>(async () => {
    const versions = await api.versions(way.flow);
    return ruleSince(versions, way.version, (version) => documentOf(way.flow, version), { node, field, place });
  }, key);
  if (error !== undefined) return <p className={styles.since}>Since when it reads so could not be looked up.</p>;
  if (data === undefined) return <p className={styles.since}>Looking up since when it reads so…</p>;
  const { version, before, complete } = data;
  return (
    <p className={styles.since}>
      {complete ? 'Since' : 'At least since'} version {version.version},{' '}
      <span title={fullTime(version.createdAt)}>{when(version.createdAt, now)}</span>, by {version.createdBy}
      {before === undefined && complete && ', so from the first on'}
      {before?.text !== undefined && (
        <>
          ; before: <code>{cut(before.text)}</code>
        </>
      )}
      {before?.reason === 'new-row' && '; before there was no such row'}
      {before?.reason === 'new-node' && '; before there was no such node'}.
    </p>
  );
}
