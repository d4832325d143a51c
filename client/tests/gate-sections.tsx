import { Check, Play, Square } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Waiver } from '#shared/flow-test/coverage.ts';
import type { TestPlace } from '#shared/flow-test/result.ts';
import { environmentWords, type Gate, type GateSection, type GateSectionId } from '#shared/gate.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime } from '../format.ts';
import { useLoad } from '../load.ts';
import { useMay, useMe } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { describeError, ErrorState, Skeleton } from '../ui/states.tsx';
import { Notice, StatusBadge, StatusIcon } from '../ui/status.tsx';
import styles from './gate-sections.module.css';
import { ReasonDialog } from './reason-dialog.tsx';
import { ResultDetail } from './result-detail.tsx';
import { sectionTitles, verdictLooks } from './verdict.ts';

/** What every part of the gate needs: of which flow, how it stands, and whom to tell that something of it has changed. */
export interface GatePartProps {
  flow: string;
  gate: Gate;
  /** Called after something was run, waived or approved: the gate must be read again. */
  onChanged: () => void;
}

const sectionOf = (gate: Gate, id: GateSectionId): GateSection | undefined => gate.sections.find((section) => section.id === id);

/** One part of the gate as a small card: icon, title with its first figure, sentence. */
export function GateCard({ gate, id }: { gate: Gate; id: GateSectionId }) {
  const section = sectionOf(gate, id);
  if (!section) return null;
  const { level, word } = verdictLooks[section.verdict];
  const [figure] = section.figures;
  const first = id === 'tests' || id === 'coverage' ? figure?.value.replace(' of ', '/') : undefined;
  return (
    <div className={styles.card} data-verdict={section.verdict}>
      <StatusIcon level={level} size={20} />
      <div className={styles.cardWords}>
        <div className={styles.cardTitle}>
          {sectionTitles[id]} {first}
          <span className="visually-hidden">: {word}</span>
        </div>
        <div className={styles.cardText} title={section.sentence}>
          {section.sentence}
        </div>
      </div>
    </div>
  );
}

function Part({ section, action, children }: { section: GateSection; action?: ReactNode; children?: ReactNode }) {
  const id = useId();
  const { level, word } = verdictLooks[section.verdict];
  return (
    <section className={styles.part} aria-labelledby={id} data-section={section.id} data-verdict={section.verdict}>
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          {sectionTitles[section.id]}
        </h2>
        <StatusBadge level={level}>{word}</StatusBadge>
        <span className={styles.action}>{action}</span>
      </header>
      <div className={styles.body}>
        <p className={styles.sentence}>{section.sentence}</p>
        {children}
      </div>
    </section>
  );
}

/** The tests on this very draft: run them here, and see of each that fails the fields expected and actual. */
export function TestsSection({ flow, gate, onChanged }: GatePartProps) {
  const section = sectionOf(gate, 'tests');
  const mayRun = useMay('analyst');
  const navigate = useNavigate();
  const loaded = useLoad(() => api.flowTests(flow), `${flow} ${gate.hash}`);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const stop = useRef<AbortController>(undefined);
  const begun = useRef<string>(undefined);
  const tests = loaded.data?.tests ?? [];
  const run = () => {
    const abort = new AbortController();
    stop.current = abort;
    setRunning(true);
    setError(undefined);
    api
      .runFlowTests(flow, {}, { signal: abort.signal })
      .then(
        () => {
          loaded.reload();
          onChanged();
        },
        (cause: unknown) => abort.signal.aborted || setError(cause),
      )
      .finally(() => setRunning(false));
  };
  // What was never run on this very draft is run once by itself, as what would change is.
  const lacking = mayRun && tests.some(({ result }) => result === undefined);
  useEffect(() => {
    if (!lacking || begun.current === gate.hash) return;
    begun.current = gate.hash;
    run();
  });
  useEffect(() => () => stop.current?.abort(), []);
  if (!section) return null;
  const action =
    tests.length > 0 &&
    (running ? (
      <Button size="small" icon={<Square size={12} />} onClick={() => stop.current?.abort()}>
        Stop
      </Button>
    ) : (
      <Button
        size="small"
        icon={<Play size={14} />}
        onClick={run}
        disabled={!mayRun}
        title={mayRun ? undefined : 'Running tests needs the role analyst'}
      >
        Run {tests.length === 1 ? 'the test' : `all ${tests.length}`}
      </Button>
    ));
  const failed = tests.filter(({ result }) => result?.state === 'failed');
  return (
    <Part section={section} action={action}>
      {error !== undefined && (
        <Notice level="error" title="The tests could not be run">
          {describeError(error).message}
        </Notice>
      )}
      {loaded.data === undefined && loaded.error !== undefined && (
        <ErrorState what="The tests could not be read" error={loaded.error} onRetry={loaded.reload} />
      )}
      {loaded.data === undefined && loaded.error === undefined && <Skeleton height={20} />}
      {running && (
        <p
          className={styles.quiet}
          role="status"
        >{`Running ${tests.length === 1 ? 'the test' : `${tests.length} tests`} on this draft…`}</p>
      )}
      {failed.map(({ id, name, result }) => (
        <article key={id} className={styles.test} aria-label={`Test ${name}`}>
          <div className={styles.testHead}>
            <StatusBadge level="error">Failed</StatusBadge>
            <h3>{name}</h3>
            {result && <Age at={result.at} />}
            <Button
              size="small"
              look="quiet"
              onClick={() => void navigate(`/flows/${encodeURIComponent(flow)}?test=${encodeURIComponent(id)}`)}
            >
              Open in the editor
            </Button>
          </div>
          {result && <ResultDetail result={result} />}
        </article>
      ))}
      {section.details.some(({ test, node }) => test === undefined && node !== undefined) && (
        <ul className={styles.list}>
          {section.details.flatMap(({ test, node, text }) =>
            test === undefined && node !== undefined ? (
              <li key={node}>
                <StatusIcon level={section.rule === 'required' ? 'error' : 'warning'} size={14} />
                {text}
              </li>
            ) : (
              []
            ),
          )}
        </ul>
      )}
    </Part>
  );
}

/** What the tests reach, and for each place that they do not a way to say why that is fine. */
export function CoverageSection({ flow, gate, onChanged }: GatePartProps) {
  const section = sectionOf(gate, 'coverage');
  const mayWaive = useMay('analyst');
  const loaded = useLoad(() => api.flowTests(flow), `${flow} ${gate.hash}`);
  const [waiving, setWaiving] = useState<TestPlace & { text: string }>();
  const [error, setError] = useState<unknown>();
  if (!section) return null;
  const waivers = loaded.data?.waivers ?? [];
  const change = (work: Promise<void>) =>
    work.then(
      () => {
        loaded.reload();
        onChanged();
      },
      (cause: unknown) => setError(cause),
    );
  return (
    <Part section={section}>
      {section.figures.length > 0 && (
        <dl className={styles.figures}>
          {section.figures.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {error !== undefined && (
        <Notice level="error" title="That did not work">
          {describeError(error).message}
        </Notice>
      )}
      {section.details.length + waivers.length > 0 && (
        <ul className={styles.list}>
          {section.details.map(({ node, port, text }) => (
            <li key={text}>
              <StatusIcon level={section.verdict === 'blocked' ? 'error' : 'warning'} size={14} />
              <span className={styles.grow}>{text}: no test comes here</span>
              {node !== undefined && mayWaive && (
                <Button size="small" look="quiet" onClick={() => setWaiving({ node, ...(port !== undefined && { port }), text })}>
                  Not needed…
                </Button>
              )}
            </li>
          ))}
          {waivers.map((waiver: Waiver) => (
            <li key={`${waiver.node} ${waiver.port ?? ''}`}>
              <StatusIcon level="off" size={14} />
              <span className={styles.grow}>
                {waiver.port === undefined ? waiver.node : `${waiver.node}, “${waiver.port}”`}: not needed, “{waiver.reason}”
              </span>
              {mayWaive && (
                <Button size="small" look="quiet" onClick={() => void change(api.unwaive(flow, waiver))}>
                  Take back
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {waiving && (
        <ReasonDialog
          title={`No test for ${waiving.text}`}
          label="Why is no test needed here?"
          help="The reason stands beside the tests and in the audit trail."
          action="Note the reason"
          onClose={() => setWaiving(undefined)}
          onConfirm={async (reason) => {
            await api.waive(flow, { node: waiving.node, ...(waiving.port !== undefined && { port: waiving.port }), reason });
            loaded.reload();
            onChanged();
          }}
        />
      )}
    </Part>
  );
}

/** Who has approved this very draft, and for somebody who may, the way to do it. */
export function ApprovalSection({ flow, gate, onChanged }: GatePartProps) {
  const section = sectionOf(gate, 'approval');
  const { name } = useMe();
  const mayApprove = useMay('developer');
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (!section) return null;
  const change = (work: Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    work
      .then(
        () => {
          setComment('');
          onChanged();
        },
        (cause: unknown) => setError(cause),
      )
      .finally(() => setBusy(false));
  };
  const mine = gate.approvals.some(({ by }) => by === name);
  const asks = section.verdict !== 'not-needed';
  const why =
    gate.editedBy === name
      ? 'You changed this draft last, so somebody else must approve it.'
      : mayApprove
        ? undefined
        : 'Approving needs the role developer.';
  return (
    <Part section={section}>
      {gate.approvals.length > 0 && (
        <ul className={styles.people}>
          {gate.approvals.map(({ by, at, comment: said }) => (
            <li key={by}>
              <span className={styles.avatar} aria-hidden="true">
                {initials(by)}
              </span>
              <div>
                <div className={styles.person}>{by}</div>
                <div className={styles.approved}>
                  <StatusBadge level={by === gate.editedBy ? 'off' : 'ok'}>
                    {by === gate.editedBy ? 'Does not count: changed the draft last' : 'Approved'}
                  </StatusBadge>
                  <Age at={at} />
                </div>
                {said !== '' && <div className={styles.quiet}>“{said}”</div>}
              </div>
              {by === name && (
                <Button size="small" look="quiet" busy={busy} onClick={() => change(api.withdrawApproval(flow))}>
                  Take back
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {error !== undefined && (
        <Notice level="error" title="That did not work">
          {describeError(error).message}
        </Notice>
      )}
      {asks && !mine && why === undefined && (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            change(api.approve(flow, { comment, hash: gate.hash }));
          }}
        >
          <TextAreaField label="Comment" rows={2} value={comment} maxLength={1000} onChange={(event) => setComment(event.target.value)} />
          <Button type="submit" busy={busy} icon={<Check size={14} />}>
            Approve this draft
          </Button>
        </form>
      )}
      {asks && !mine && why !== undefined && <p className={styles.quiet}>{why}</p>}
    </Part>
  );
}

/** Asks an admin for the reason to deploy although the gate blocks it; says what stands against it. */
export function OverrideDialog({
  gate,
  version,
  onOverride,
  onClose,
}: {
  gate: Gate;
  version: number;
  onOverride: (reason: string) => Promise<void>;
  onClose: () => void;
}) {
  const blocked = gate.sections.filter(({ verdict }) => verdict === 'blocked');
  return (
    <ReasonDialog
      title={`Deploy version ${version} against the gate`}
      label="Reason"
      help="At least ten characters. It stands in the audit trail and on this version for ever."
      action={`Deploy version ${version} to ${environmentWords[gate.environment].toLowerCase()}`}
      least={10}
      danger
      onClose={onClose}
      onConfirm={onOverride}
    >
      <p>What stands against it:</p>
      <ul className={styles.list}>
        {blocked.map(({ id, sentence }) => (
          <li key={id}>
            <StatusIcon level="error" size={14} />
            <span className={styles.grow}>
              <strong>{sectionTitles[id]}.</strong> {sentence}
            </span>
          </li>
        ))}
      </ul>
    </ReasonDialog>
  );
}

function Age({ at }: { at: string }) {
  const now = useNow();
  const time = Date.parse(at);
  return (
    <span className={styles.age} title={fullTime(time)}>
      {ago(time, now)}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '');
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}
