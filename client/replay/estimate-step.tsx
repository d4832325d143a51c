import { Ban, CirclePlus, Copy, type LucideIcon, PenLine } from 'lucide-react';
import { Fragment, useId } from 'react';
import { Link } from 'react-router';
import type { ReplayPlan, SinkBlast } from '#shared/replay.ts';
import { useNow } from '../clock.ts';
import { bytes, duration, exact, plural, short } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import type { ReplayChoice } from './choice.ts';
import styles from './replay-page.module.css';
import { Step, Way } from './step.tsx';
import type { PlanView } from './use-plan.ts';

/** What the replay would do: how much, how long, what is gone, and to each sink what it would mean. */
export function EstimateStep({
  locked,
  view,
  nameOf,
  flowNames,
  choice,
  onChange,
}: {
  locked: string | undefined;
  view: PlanView;
  nameOf: (node: string) => string;
  flowNames: ReadonlyMap<string, string>;
  choice: ReplayChoice;
  onChange: (change: Partial<ReplayChoice>) => void;
}) {
  const { plan, planning, error } = view;
  return (
    <Step
      number={3}
      title="Estimate"
      locked={locked}
      aside={planning ? <Counting view={view} /> : plan && !plan.exact ? 'Estimated from a part' : undefined}
    >
      {plan === undefined && planning && <Skeleton height={180} radius={6} />}
      {plan === undefined && !planning && error !== undefined && (
        <ErrorState what="What it would do could not be found out" error={error} onRetry={view.again} />
      )}
      {plan === undefined && !planning && error === undefined && (
        <p className={styles.quiet}>
          Counting was stopped.{' '}
          <Button size="small" onClick={view.again}>
            Count again
          </Button>
        </p>
      )}
      {plan !== undefined && <Estimate plan={plan} nameOf={nameOf} flowNames={flowNames} choice={choice} onChange={onChange} />}
    </Step>
  );
}

function Counting({ view }: { view: PlanView }) {
  const now = useNow();
  const ms = view.since === undefined ? 0 : now - view.since;
  return (
    <>
      <span role="status">Counting{ms > 2000 ? ` for ${duration(ms)}` : ''}…</span>
      {ms > 2000 && (
        <Button size="small" onClick={view.stop}>
          Stop
        </Button>
      )}
    </>
  );
}

function Estimate({
  plan,
  nameOf,
  flowNames,
  choice,
  onChange,
}: {
  plan: ReplayPlan;
  nameOf: (node: string) => string;
  flowNames: ReadonlyMap<string, string>;
  choice: ReplayChoice;
  onChange: (change: Partial<ReplayChoice>) => void;
}) {
  const rate = plan.spec.perSecond;
  return (
    <>
      <dl className={styles.figures}>
        <Figure
          name="Messages"
          value={`${plan.exact ? '' : '≈ '}${exact(plan.messages)}`}
          {...(plan.estimate && { note: `${exact(plan.estimate.most)} at the most` })}
        />
        <Figure name="Size" value={`${plan.estimate ? '≈ ' : ''}${bytes(plan.bytes)}`} />
        <Figure
          name="Time"
          value={`≈ ${duration(plan.seconds * 1000)}`}
          note={rate === 0 ? 'as fast as it goes' : `at ${exact(rate)} a second`}
        />
        <Figure
          name="Gone by retention"
          value={`${plan.gone.some(({ atMost }) => atMost) ? '≤ ' : ''}${exact(plan.gone.reduce((sum, { messages }) => sum + messages, 0))}`}
          note={plan.gone.length === 0 ? 'all of it is there' : 'cannot be replayed'}
        />
      </dl>
      {plan.estimate && (
        <Notice level="info" title="Estimated from a part of the range">
          {plan.estimate.sentence}
        </Notice>
      )}
      {plan.problems.map((problem) => (
        <Notice key={problem.code + problem.message} level={problem.severity} title={problem.message} />
      ))}
      {plan.gone.map(({ topic, sentence }) => (
        <Notice key={topic} level="warning" title="Not all of it is there any more">
          {sentence}
        </Notice>
      ))}
      {plan.sinks.length > 0 && <Blast sinks={plan.sinks} nameOf={nameOf} compare={plan.spec.target !== 'real'} />}
      {plan.overtaken.messages > 0 && plan.spec.target !== 'compare' && <Overtaken plan={plan} choice={choice} onChange={onChange} />}
      {plan.spec.target === 'real' && plan.sinks.some((sink) => sink.overwrite + sink.double + sink.ignored > 0) && (
        <Ids choice={choice} onChange={onChange} />
      )}
      {plan.downstream.length > 0 && (
        <div>
          <h3 className={styles.legend}>Other flows will see it</h3>
          <ul className={styles.list}>
            {plan.downstream.map(({ sink, topic, flows }) => (
              <li key={sink + topic}>
                {nameOf(sink)} writes to <code>{topic}</code>, read by{' '}
                {flows.map((flow, index) => (
                  <span key={flow}>
                    {index > 0 && ', '}
                    <Link to={`/flows/${encodeURIComponent(flow)}`}>{flowNames.get(flow) ?? flow}</Link>
                  </span>
                ))}
                .
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={styles.value}>{value}</dd>
      {note !== undefined && <dd className={styles.note}>{note}</dd>}
    </div>
  );
}

const effects: {
  field: 'fresh' | 'overwrite' | 'double' | 'ignored';
  word: string;
  means: string;
  icon: LucideIcon;
  level: 'ok' | 'info' | 'error' | 'off';
}[] = [
  { field: 'fresh', word: 'new', means: 'Never delivered there', icon: CirclePlus, level: 'ok' },
  { field: 'overwrite', word: 'written over', means: 'Delivered before; what is there is written over', icon: PenLine, level: 'info' },
  { field: 'double', word: 'doubled', means: 'Delivered before; it would be there twice', icon: Copy, level: 'error' },
  { field: 'ignored', word: 'known, left', means: 'Delivered before; the receiver knows it and leaves it', icon: Ban, level: 'off' },
];

/** What the replay means to each sink, as numbers with icon and word. */
function Blast({ sinks, nameOf, compare }: { sinks: readonly SinkBlast[]; nameOf: (node: string) => string; compare: boolean }) {
  return (
    <div className={styles.scroll}>
      <table className={[table.table, styles.blast].join(' ')}>
        <caption className={styles.legend}>
          {compare ? 'What it would mean to the sinks, if it were sent to them' : 'What it means to each sink'}
        </caption>
        <thead>
          <tr>
            <th scope="col">Sink</th>
            {effects.map(({ field, word, means }) => (
              <th key={field} scope="col" className={table.number} title={means}>
                {word.charAt(0).toUpperCase() + word.slice(1)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sinks.map((blast) => (
            <Fragment key={blast.sink}>
              <tr data-sink={blast.sink} data-unsafe={blast.unsafe}>
                <th scope="row">
                  <span className={styles.sinkName}>{nameOf(blast.sink)}</span>
                  {blast.unsafe && (
                    <StatusBadge level={compare ? 'warning' : 'error'} soft>
                      Unsafe
                    </StatusBadge>
                  )}
                </th>
                {effects.map(({ field, word, means, icon: Icon, level }) => (
                  <td key={field} className={table.number} title={`${exact(blast[field])}: ${means}`}>
                    {blast[field] === 0 ? (
                      <span className={table.second}>0</span>
                    ) : (
                      <StatusBadge level={level} icon={<Icon size={14} aria-hidden="true" />}>
                        {short(blast[field])} <span className={styles.word}>{word}</span>
                      </StatusBadge>
                    )}
                  </td>
                ))}
              </tr>
              <tr>
                <td colSpan={effects.length + 1} className={styles.sentence}>
                  {blast.sentence}
                </td>
              </tr>
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Overtaken({
  plan,
  choice,
  onChange,
}: {
  plan: ReplayPlan;
  choice: ReplayChoice;
  onChange: (change: Partial<ReplayChoice>) => void;
}) {
  const name = useId();
  const { keys, messages, examples } = plan.overtaken;
  const some = examples.length === 0 ? '' : ` (such as ${examples.slice(0, 3).join(', ')})`;
  return (
    <fieldset className={styles.ways}>
      <legend
        className={styles.legend}
      >{`Newer messages have passed since for ${plural(keys, 'key')}${some}, of ${plural(messages, 'message')} of these`}</legend>
      <Way name={name} checked={choice.overtaken === 'skip'} title="Skip them" onChoose={() => onChange({ overtaken: 'skip' })}>
        An older state never follows a newer one, also of what comes in while it runs: before each part is committed, the source is looked
        at again to its end. They are counted as skipped. Keys are those of the source.
      </Way>
      <Way
        name={name}
        checked={choice.overtaken === 'send'}
        title="Send them all the same"
        onChoose={() => onChange({ overtaken: 'send' })}
      >
        The sinks may go back to an older state of these keys.
      </Way>
    </fieldset>
  );
}

function Ids({ choice, onChange }: { choice: ReplayChoice; onChange: (change: Partial<ReplayChoice>) => void }) {
  const name = useId();
  return (
    <fieldset className={styles.ways}>
      <legend className={styles.legend}>What the receivers know it by</legend>
      <Way name={name} checked={choice.ids === 'same'} title="The ids it had" onChoose={() => onChange({ ids: 'same' })}>
        A receiver that remembers ids leaves what it has taken before as it is, also when it would be something else now.
      </Way>
      <Way name={name} checked={choice.ids === 'new'} title="New ids" onChoose={() => onChange({ ids: 'new' })}>
        A receiver that remembers ids takes all of it as something new: right for corrections, and twice there for what was right already.
      </Way>
    </fieldset>
  );
}
