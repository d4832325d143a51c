import { Rocket } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { nodeNames } from '#shared/node-name.ts';
import { useAddressState } from '../address-state.ts';
import { api } from '../api.ts';
import { useFlowList } from '../flow-list.ts';
import { useLoad } from '../load.ts';
import { useMay } from '../session.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { readChoice, specOf, usualName, writeChoice } from './choice.ts';
import { EstimateStep } from './estimate-step.tsx';
import { type Facts, factsOf, versionFactsOf } from './facts.ts';
import { GoPanel, type Typed } from './go-panel.tsx';
import { listed } from './position-list.ts';
import styles from './replay-page.module.css';
import { SampleStep } from './sample-step.tsx';
import { usePlan } from './use-plan.ts';
import { WhatStep } from './what-step.tsx';
import { WhereStep } from './where-step.tsx';
import { inTheWay, typedNumber } from './words.ts';

/** `/flows/:id/replay`: what to replay, where to, what it would do, a dry run, and the start; all of it in the address. */
export function ReplayPage() {
  const { id = '' } = useParams();
  const loaded = useLoad(() => factsOf(id), id);
  const { data } = loaded;
  const name = data?.record.flow.name ?? id;
  return (
    <Page>
      <PageHeader
        title={`Replay ${name}`}
        sentence="Past messages once more, beside the live flow. Nothing runs before the last button."
        actions={<Link to={`/replays?flow=${encodeURIComponent(id)}`}>Replays of this flow</Link>}
      />
      {data === undefined && loaded.error === undefined && (
        <Panel label="Replay">
          <SkeletonRows rows={4} height={64} label="Loading the flow" />
        </Panel>
      )}
      {data === undefined && loaded.error !== undefined && (
        <Panel label="Replay">
          <ErrorState what="The flow could not be loaded" error={loaded.error} onRetry={loaded.reload} />
        </Panel>
      )}
      {data !== undefined && data.usual === undefined && (
        <Panel label="Replay">
          <EmptyState
            icon={<Rocket size={24} />}
            title="Nothing to replay yet"
            actions={<Link to={`/flows/${encodeURIComponent(id)}/deploy`}>Deploy {name}</Link>}
          >
            This flow was never deployed, so it has read no messages.
          </EmptyState>
        </Panel>
      )}
      {data?.usual !== undefined && <Wizard key={id} facts={data} />}
    </Page>
  );
}

function Wizard({ facts }: { facts: Facts }) {
  const { record, catalog, history, usual } = facts;
  const { id, name } = record.flow;
  const [choice, change] = useAddressState(readChoice, writeChoice);
  const navigate = useNavigate();
  const { flows } = useFlowList();
  const admin = useMay('admin');
  const mayStart = useMay('analyst');

  const version = choice.version ?? usual;
  const run = useLoad(() => versionFactsOf(id, version, catalog), `${id} ${version}`);
  const types = useMemo(() => new Map(catalog.types.map((type) => [type.type, type])), [catalog]);
  const nameOf = nodeNames(run.data?.document.nodes ?? record.flow.nodes, types);
  const flowNames = useMemo(() => new Map((flows ?? []).map((flow) => [flow.id, flow.name])), [flows]);

  const list = useMemo(() => (choice.list === undefined ? [] : listed(choice.list)), [choice.list]);
  const whole = useMemo(
    () => (list === undefined || list.length === 0 ? choice : { ...choice, positions: [...choice.positions, ...list] }),
    [choice, list],
  );
  const sinks = run.data?.sinks.map((sink) => sink.id);
  const { spec, missing } =
    sinks === undefined ? { missing: { where: 'Loading the version.' } } : specOf(whole, { flow: id, flowName: name, version, sinks });
  const lost = list === undefined;
  const view = usePlan(lost ? undefined : spec);

  const [typed, setTyped] = useState<Typed>({ reason: '', confirm: '' });
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<unknown>();
  // What was typed was typed for what stood there then.
  const planned = view.plan && `${view.plan.confirm} ${view.plan.needsReason} ${JSON.stringify(view.plan.spec.range)}`;
  const [typedFor, setTypedFor] = useState(planned);
  if (planned !== undefined && planned !== typedFor) {
    setTypedFor(planned);
    setTyped({ ...typed, confirm: '' });
  }

  const whatMissing = lost ? 'The list of messages is not known in this tab.' : missing?.what;
  const firstMissing = whatMissing ?? missing?.where;
  const obstacle = inTheWay(view.plan, { missing: firstMissing, planning: view.planning, mayStart, admin, ...typed, typed: typed.confirm });
  const start = (): void => {
    if (spec === undefined || obstacle !== undefined) return;
    setStarting(true);
    setError(undefined);
    const reason = typed.reason.trim();
    api.startReplay({ ...spec, ...(view.plan?.needsReason && reason !== '' && { reason }) }, typedNumber(typed.confirm)).then(
      (replay) => void navigate(`/replays/${encodeURIComponent(replay.id)}`),
      (cause: unknown) => {
        setError(cause);
        setStarting(false);
      },
    );
  };
  const lockedBy = firstMissing === undefined ? undefined : whatMissing !== undefined ? 'First say what' : 'First say where to';
  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <WhatStep facts={facts} run={run.data} choice={choice} onChange={change} missing={whatMissing} lost={lost} />
        <WhereStep
          locked={whatMissing === undefined ? undefined : 'First say what'}
          missing={missing?.where}
          history={history}
          usual={usual}
          run={run.data}
          types={types}
          choice={choice}
          onChange={change}
        />
        {run.error !== undefined && <ErrorState what={`Version ${version} could not be loaded`} error={run.error} onRetry={run.reload} />}
        <EstimateStep locked={lockedBy} view={view} nameOf={nameOf} flowNames={flowNames} choice={choice} onChange={change} />
        <SampleStep
          locked={lockedBy ?? (view.plan === undefined ? 'After the estimate' : view.plan.messages === 0 ? 'No message fits' : undefined)}
          spec={spec}
          nameOf={nameOf}
          may={mayStart}
        />
      </div>
      <div className={styles.side}>
        <GoPanel
          plan={view.plan}
          choice={choice}
          onChange={change}
          typed={typed}
          onType={setTyped}
          obstacle={obstacle}
          starting={starting}
          error={error}
          usualName={usualName(choice, name)}
          nameOf={nameOf}
          onStart={start}
        />
      </div>
    </div>
  );
}
