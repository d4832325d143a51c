import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Deployment, DeployPreview, FlowRecord } from '#shared/api.ts';
import type { Comparison } from '#shared/comparison.ts';
import type { Flow } from '#shared/flow.ts';
import type { Gate, GateSectionId } from '#shared/gate.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Problem } from '#shared/problem.ts';
import { ApiError, api } from '../api.ts';
import { ComparisonPanel } from '../comparison/comparison-panel.tsx';
import { useComparison } from '../comparison/use-comparison.ts';
import type { TypeIndex } from '../editor/document.ts';
import { reloadFlowList } from '../flow-list.ts';
import { percent, plural } from '../format.ts';
import { hearStatus, useFlowStatus, useServerEvent } from '../live.ts';
import { useLoad } from '../load.ts';
import { useMe } from '../session.ts';
import { ApprovalSection, CoverageSection, GateCard, type GatePartProps, TestsSection } from '../tests/gate-sections.tsx';
import { Button } from '../ui/button.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { CopyButton, describeError, ErrorState, Skeleton } from '../ui/states.tsx';
import { Notice, StatusIcon } from '../ui/status.tsx';
import { DeployAction } from './deploy-action.tsx';
import styles from './deploy-page.module.css';
import { EffectsPanel, Section, Surroundings } from './deploy-plan.tsx';
import { DeployResult } from './deploy-result.tsx';
import { Edits } from './edits.tsx';
import { SchemaSection, SchemaTile } from './sink-schemas.tsx';
import { useSinkSchemas } from './use-sink-schemas.ts';

interface Facts {
  record: FlowRecord;
  preview: DeployPreview;
  gate: Gate;
  /** What is deployed, to say what was edited. */
  deployed: Flow | undefined;
  types: TypeIndex;
  /** What would change, as far as that is known; its room on the page depends on it. */
  comparison: Comparison | null;
}

async function factsOf(id: string): Promise<Facts> {
  const [record, preview, gate, catalog, comparison] = await Promise.all([
    api.flow(id),
    api.preview(id),
    api.gate(id),
    api.nodeTypes(),
    api.comparison(id),
  ]);
  const { deployedVersion } = record;
  const deployed = deployedVersion === undefined ? undefined : await api.version(id, deployedVersion);
  return { record, preview, gate, deployed, types: new Map(catalog.types.map((type) => [type.type, type])), comparison };
}

/** `/flows/:id/deploy`: everything that must be known before a draft goes live, on one page, and the one button. */
export function DeployPage() {
  const { id = '' } = useParams();
  return <Deploy key={id} id={id} />;
}

function Deploy({ id }: { id: string }) {
  const loaded = useLoad(() => factsOf(id), id);
  const [step, setStep] = useState<{ kind: 'plan' } | { kind: 'running' } | { kind: 'done'; deployment: Deployment }>({ kind: 'plan' });
  const [error, setError] = useState<unknown>();
  const { reload } = loaded;
  useServerEvent((event) => {
    if (event.type === 'flow-changed' && event.flow === id && step.kind === 'plan') reload();
  });
  const { data } = loaded;
  const name = data?.record.flow.name ?? id;

  const deploy = (override?: string): void => {
    setStep({ kind: 'running' });
    setError(undefined);
    api.deploy(id, undefined, override).then(
      (deployment) => {
        hearStatus(deployment.status);
        setStep({ kind: 'done', deployment });
        void reloadFlowList();
      },
      (cause: unknown) => {
        setError(cause);
        setStep({ kind: 'plan' });
        reload();
      },
    );
  };

  return (
    <div className={styles.page}>
      <div className={styles.content}>
        {data === undefined && loaded.error === undefined && <Loading />}
        {data === undefined && loaded.error !== undefined && (
          <ErrorState what="What a deploy would do could not be found out" error={loaded.error} onRetry={reload} />
        )}
        {data !== undefined && step.kind === 'plan' && <Plan id={id} facts={data} error={error} onDeploy={deploy} onChanged={reload} />}
        {data !== undefined && step.kind === 'running' && (
          <Headed title={`Deploying version ${data.preview.nextVersion} of ${name}`} sentence="This page stays until it is done.">
            <Progress flowId={id} preview={data.preview} />
          </Headed>
        )}
        {data !== undefined && step.kind === 'done' && <Done flow={data.record.flow} types={data.types} deployment={step.deployment} />}
      </div>
    </div>
  );
}

function Headed({ title, sentence, aside, children }: { title: string; sentence: ReactNode; aside?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever cannot see it hears what the page has become.
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <title>{`${title} · Millrace`}</title>
      <div className={styles.head}>
        <div className={styles.words}>
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {title}
          </h1>
          <p className={styles.sentence}>{sentence}</p>
        </div>
        {aside}
      </div>
      {children}
    </>
  );
}

function Plan({
  id,
  facts,
  error,
  onDeploy,
  onChanged,
}: {
  id: string;
  facts: Facts;
  error: unknown;
  onDeploy: (override?: string) => void;
  onChanged: () => void;
}) {
  const { record, preview, gate, deployed } = facts;
  const { flow } = record;
  const navigate = useNavigate();
  const view = useComparison(id, facts.comparison);
  const schemas = useSinkSchemas(flow);
  useServerEvent((event) => {
    // Somebody else may have changed the draft, or decided about a group.
    if (event.type === 'flow-changed' && event.flow === id) view.reload();
  });
  const nameOf = nodeNames(flow.nodes, facts.types);
  const open = (problem: Pick<Problem, 'node'>): void => {
    const query = problem.node === undefined ? '' : `?node=${encodeURIComponent(problem.node)}`;
    void navigate(`/flows/${encodeURIComponent(id)}${query}`);
  };
  const errors = preview.problems.filter((problem) => problem.severity === 'error').length;
  const problems = preview.problems.length > 0 && (
    <Section title="Problems" aside={plural(preview.problems.length, 'problem')}>
      <ProblemList problems={preview.problems} nameOf={nameOf} onOpen={open} />
    </Section>
  );
  const part: GatePartProps = { flow: id, gate, onChanged };
  const needed = (section: GateSectionId): boolean => gate.sections.some((one) => one.id === section && one.verdict !== 'not-needed');

  // The gate looks at what is kept: it is asked again once the comparison or a decision about it is there.
  const { comparison } = view;
  const known = comparison && `${comparison.id} ${comparison.state} ${comparison.groups.filter((group) => group.expected).length}`;
  const told = useRef(known);
  useEffect(() => {
    if (known === undefined || known === told.current) return;
    const first = told.current === undefined;
    told.current = known;
    if (!first && comparison?.state !== 'running') onChanged();
  }, [known, comparison, onChanged]);

  return (
    <Headed
      title={`Deploy version ${preview.nextVersion} of ${flow.name}`}
      sentence={`${sentenceOf(preview, errors)}`}
      aside={deployed && <Edits before={deployed} after={flow} />}
    >
      {error !== undefined && <Failed error={error} />}
      <CanaryNotice flow={id} />
      <div className={styles.columns}>
        <div className={styles.main}>
          <div className={styles.tiles}>
            <GateCard gate={gate} id="checks" />
            <GateCard gate={gate} id="tests" />
            <GateCard gate={gate} id="coverage" />
            <SchemaTile schemas={schemas} />
          </div>
          {errors > 0 && problems}
          <ComparisonPanel
            flow={id}
            view={view}
            startsItself={deployed !== undefined && errors === 0 && record.changed}
            blocks={gate.sections.some((section) => section.id === 'comparison' && section.rule === 'required')}
          />
          {errors === 0 && problems}
          {needed('tests') && <TestsSection {...part} />}
          {needed('coverage') && <CoverageSection {...part} />}
          <SchemaSection flow={id} schemas={schemas} />
          <Surroundings preview={preview} nameOf={nameOf} />
        </div>
        <div className={styles.side}>
          <EffectsPanel preview={preview} />
          {needed('approval') && <ApprovalSection {...part} />}
          <DeployAction flow={id} preview={preview} gate={gate} comparing={comparison?.state === 'running'} onDeploy={onDeploy} />
        </div>
      </div>
    </Headed>
  );
}

/** A canary that a deploy would end. */
function CanaryNotice({ flow }: { flow: string }) {
  const canary = useFlowStatus(flow)?.canary;
  if (canary === undefined) return null;
  const { version, base, share, counts } = canary;
  return (
    <div className={styles.failed}>
      <Notice
        level="info"
        title={`Version ${version} is being tried on ${Math.round(share * 10_000) / 100} % of the keys beside version ${base}; a deploy ends that`}
        action={<Link to={`/flows/${encodeURIComponent(flow)}/deployments`}>See how both do</Link>}
      >
        Failed so far: {percent(counts.canary.dead, counts.canary.in)} of version {version}, {percent(counts.base.dead, counts.base.in)} of
        version {base}.
      </Notice>
    </div>
  );
}

function sentenceOf({ replaces, nextVersion, restarts, groups }: DeployPreview, errors: number): string {
  if (errors > 0) return `${plural(errors, 'error')} in the draft; it cannot go live yet. Nothing was written.`;
  if (replaces === nextVersion) return `Version ${replaces} is live, and the draft does the same. Nothing was written.`;
  if (replaces === undefined && groups.some((group) => group.start === 'continues'))
    return 'The flow stands still now. Nothing was written yet.';
  if (replaces === undefined) return 'This flow goes live for the first time. Nothing was written yet.';
  if (!restarts) return `Replaces version ${replaces}, which does the same. Nothing was written yet.`;
  return `Replaces version ${replaces}. Nothing was written yet.`;
}

function Done({ flow, types, deployment }: { flow: Flow; types: TypeIndex; deployment: Deployment }) {
  const navigate = useNavigate();
  const { environment } = useMe();
  return (
    <Headed
      title={`Version ${deployment.version} of ${flow.name} is live`}
      sentence={`In ${environment}. Going back is one step: deploy an older version.`}
      aside={
        <Button look="filled" onClick={() => void navigate(`/flows/${encodeURIComponent(flow.id)}`)}>
          Back to the editor
        </Button>
      }
    >
      <DeployResult deployment={deployment} labelOf={nodeNames(flow.nodes, types)} />
    </Headed>
  );
}

function Loading() {
  return (
    <div className={styles.loading} role="status" aria-label="Finding out what a deploy would do">
      <Skeleton width={360} height={28} />
      <Skeleton height={72} radius={10} />
      <Skeleton height={280} radius={12} />
    </div>
  );
}

function Failed({ error }: { error: unknown }) {
  const { message, details } = describeError(error);
  const problems = error instanceof ApiError ? error.problems : [];
  return (
    <div className={styles.failed}>
      <Notice level="error" title="The deploy did not go through" action={<CopyButton text={details} />}>
        {message}
        {problems.map((problem) => (
          <span key={`${problem.code}${problem.node ?? ''}${problem.field ?? ''}`} className={styles.problem}>
            {problem.message}
          </span>
        ))}
      </Notice>
    </div>
  );
}

/** While the server works: the steps, with the one that the live state tells of. */
function Progress({ flowId, preview }: { flowId: string; preview: DeployPreview }) {
  const status = useFlowStatus(flowId);
  const next = status?.version === preview.nextVersion;
  const at = next ? (status?.state === 'running' ? 3 : 2) : status?.state === 'draining' || status?.state === 'starting' ? 1 : 0;
  const steps = [
    `Checking and publishing version ${preview.nextVersion}`,
    preview.replaces === undefined
      ? 'Creating topics'
      : preview.restarts
        ? `Draining version ${preview.replaces} to a barrier`
        : `Version ${preview.replaces} goes on`,
    preview.restarts ? 'Starting from the barrier' : 'Recording the version',
  ];
  return (
    <ol className={styles.steps} aria-live="polite">
      {steps.map((step, index) => (
        <li key={step} className={index > at ? styles.later : ''}>
          {index === at ? <span className={styles.spinner} aria-hidden="true" /> : <StatusIcon level={index < at ? 'ok' : 'off'} />}
          <span>{step}</span>
          <span className="visually-hidden">{index < at ? 'done' : index === at ? 'under way' : 'waiting'}</span>
        </li>
      ))}
    </ol>
  );
}
