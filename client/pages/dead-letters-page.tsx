import { Inbox, RotateCw, X } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import type { DeadLetter } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { reloadFlowList, useFlowList } from '../flow-list.ts';
import { ago, exact, plural } from '../format.ts';
import { useLive } from '../live.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { CauseList } from './cause-list.tsx';
import { type Cause, causesOf } from './dead-letter-causes.ts';
import { DeadLetterDetail } from './dead-letter-detail.tsx';
import styles from './dead-letters-page.module.css';

const limit = 500;

interface Inboxful {
  letters: DeadLetter[];
  /** For the names of nodes. */
  flows: Flow[];
}

async function load(ids: readonly string[]): Promise<Inboxful> {
  const each = await Promise.all(ids.map(async (id) => ({ letters: await api.deadLetters(id, limit), flow: (await api.flow(id)).flow })));
  return { letters: each.flatMap((one) => one.letters), flows: each.map((one) => one.flow) };
}

/**
 * Messages that could not be processed, by cause; of one flow (`/dead-letters/:flow` or `?flow=`) or of all, and of one
 * node with `?node=`, as the cards of the canvas link to.
 */
export function DeadLettersPage() {
  const { flow } = useParams();
  const [search] = useSearchParams();
  const only = flow ?? search.get('flow') ?? undefined;
  const node = only === undefined ? undefined : (search.get('node') ?? undefined);
  const list = useFlowList();
  if (list.flows === undefined) {
    return (
      <Page>
        <PageHeader title="Dead letters" sentence={list.error === undefined ? 'Loading' : 'Could not be loaded'} />
        <Panel>
          {list.error === undefined ? (
            <SkeletonRows rows={5} height={112} label="Loading the dead letters" />
          ) : (
            <ErrorState what="The dead letters could not be loaded" error={list.error} onRetry={() => void reloadFlowList()} />
          )}
        </Panel>
      </Page>
    );
  }
  const ids = only === undefined ? list.flows.filter((flow) => flow.status.balance.dead > 0).map((flow) => flow.id) : [only];
  return <InboxOf key={ids.join(' ')} only={only} node={node} ids={ids} names={new Map(list.flows.map((flow) => [flow.id, flow.name]))} />;
}

function InboxOf({
  only,
  node,
  ids,
  names,
}: {
  only: string | undefined;
  node: string | undefined;
  ids: readonly string[];
  names: ReadonlyMap<string, string>;
}) {
  const navigate = useNavigate();
  const now = useNow();
  const { data, error, loading, loadedAt, reload } = useLoad(() => load(ids), ids.join(' '));
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string>();
  const total = useLive((live) => ids.reduce((sum, id) => sum + (live.flows.get(id)?.status.balance.dead ?? 0), 0));

  const letters = (data?.letters ?? []).filter((letter) => node === undefined || letter.node === node);
  const causes = causesOf(letters);
  const shown = causes.filter((cause) => fits(cause, search));
  const current = shown.find((cause) => cause.id === chosen) ?? shown[0];
  const count = letters.length;
  const all = data?.letters.length ?? 0;
  const labels = nodeNames(data?.flows ?? []);
  const nameOf = (flow: string, node: string): string => labels.get(`${flow} ${node}`) ?? node;
  const unseen = Math.max(0, total - all);

  return (
    <div className={styles.page}>
      <title>Dead letters · Millrace</title>
      <header className={styles.bar}>
        <h1 className={styles.title}>Dead letters</h1>
        <p className={styles.sentence}>
          {data === undefined
            ? error === undefined
              ? 'Loading'
              : 'Could not be loaded'
            : count === 0
              ? 'Nothing has failed'
              : `${plural(causes.length, 'cause')}, ${plural(count, 'message')}${all >= limit ? `, the newest ${exact(limit)} of a flow are shown` : ''}`}
        </p>
        <div className={styles.tools}>
          <SearchField value={search} onChange={setSearch} label="Search causes and keys" placeholder="Search causes and keys" />
          <select
            className={styles.select}
            aria-label="Flow"
            value={only ?? ''}
            onChange={(event) => void navigate(event.target.value === '' ? '/dead-letters' : `/dead-letters/${event.target.value}`)}
          >
            <option value="">All flows</option>
            {[...names].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
          {node !== undefined && only !== undefined && (
            <Button
              icon={<X size={14} />}
              title="Show the dead letters of all nodes of this flow"
              onClick={() => void navigate(`/dead-letters/${encodeURIComponent(only)}`)}
            >
              Only {nameOf(only, node)}
            </Button>
          )}
          <Button icon={<RotateCw size={16} />} busy={loading && data !== undefined} onClick={reload}>
            {unseen > 0 && all < limit ? `Load ${exact(unseen)} new` : 'Load again'}
          </Button>
        </div>
      </header>
      {data === undefined && error === undefined && <SkeletonRows rows={5} height={112} label="Loading the dead letters" />}
      {data === undefined && error !== undefined && (
        <ErrorState what="The dead letters could not be loaded" error={error} onRetry={reload} />
      )}
      {data !== undefined && count === 0 && (
        <EmptyState
          icon={<Inbox size={24} />}
          title={node === undefined || only === undefined ? 'Nothing has failed' : `Nothing has failed at ${nameOf(only, node)}`}
        >
          A message that a node cannot process comes here with its original bytes and the reason, and the others go on.
          {loadedAt !== undefined && ` Checked ${ago(loadedAt, now)}.`}
        </EmptyState>
      )}
      {data !== undefined && count > 0 && (
        <div className={styles.panes}>
          <CauseList
            causes={shown}
            current={current?.id}
            onChoose={setChosen}
            flowName={(id) => names.get(id) ?? id}
            nodeName={nameOf}
            foot={loadedAt === undefined ? '' : `Checked ${ago(loadedAt, now)}.`}
          />
          {current === undefined ? (
            <EmptyState
              icon={<Inbox size={24} />}
              title={`No cause matches “${search}”`}
              actions={<Button onClick={() => setSearch('')}>Show all {causes.length}</Button>}
            />
          ) : (
            <DeadLetterDetail
              key={current.id}
              cause={current}
              flowName={names.get(current.flow) ?? current.flow}
              nodeName={nameOf(current.flow, current.node)}
            />
          )}
        </div>
      )}
    </div>
  );
}

function fits(cause: Cause, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return true;
  return (
    `${cause.title} ${cause.code} ${cause.node}`.toLowerCase().includes(wanted) ||
    cause.letters.some((letter) => letter.key?.toLowerCase().includes(wanted))
  );
}

function nodeNames(flows: readonly Flow[]): Map<string, string> {
  return new Map(
    flows.flatMap((flow) =>
      flow.nodes.map((node): [string, string] => [`${flow.id} ${node.id}`, node.label === '' ? node.id : node.label]),
    ),
  );
}
