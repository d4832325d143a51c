import { Inbox, RotateCw, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { type InboxList, type InboxOrder, type InboxTab, inboxOrders, inboxTabs } from '#shared/inbox.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Segments } from '../ui/segments.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import listStyles from './cause-list.module.css';
import { CauseList } from './cause-list.tsx';
import { CauseView } from './cause-view.tsx';
import styles from './inbox-page.module.css';
import { ParkedSection } from './parked-section.tsx';
import { usePoll } from './use-poll.ts';
import { moment } from './words.ts';

const pageSize = 50;
const restMs = 250;
const tabWords: Record<InboxTab, string> = { open: 'Open', muted: 'Muted', solved: 'Solved', discarded: 'Discarded' };
const orderWords: Record<InboxOrder, string> = { 'needs-you': 'Needs you first', newest: 'Newest first', most: 'Most messages first' };

const oneOf = <T extends string>(known: readonly T[], text: string | null, otherwise: T): T =>
  known.find((one) => one === text) ?? otherwise;

/**
 * The dead-letter inbox: causes on the left, one of them on the right. Of one flow at `/dead-letters/:flow`, of one node with
 * `?node=`; the address also names tab, order, cause and message.
 */
export function InboxPage() {
  const { flow: fromPath } = useParams();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const now = useNow();
  const { flows } = useFlowList();
  const flow = fromPath ?? params.get('flow') ?? undefined;
  const node = flow === undefined ? undefined : (params.get('node') ?? undefined);
  const tab = oneOf(inboxTabs, params.get('tab'), 'open');
  const order = oneOf(inboxOrders, params.get('order'), 'needs-you');
  const wanted = params.get('cause') ?? undefined;
  const item = params.get('item') ?? undefined;
  const [typed, setTyped] = useState(params.get('search') ?? '');
  const [search, setSearch] = useState(typed);
  const [pages, setPages] = useState(1);
  // The cause to which the keyboard shall go; the address, which says what is shown, is a moment late.
  const [entered, setEntered] = useState<string>();
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), restMs);
    return () => clearTimeout(timer);
  }, [typed]);

  const key = [flow, node, tab, order, search, pages].join('\n');
  const { data, error, loading, reload } = usePoll(
    () => api.inbox({ flow, node, tab, order, search, limit: Math.min(200, pageSize * pages) }),
    key,
    3000,
  );
  // The list before stays until the next is there; what was of another tab or flow does not.
  const place = [flow, node, tab].join('\n');
  const [kept, setKept] = useState<{ place: string; list: InboxList }>();
  useEffect(() => {
    if (data !== undefined) setKept({ place, list: data });
  }, [data, place]);
  const list = data ?? (kept?.place === place ? kept.list : undefined);
  const counts = list?.counts ?? kept?.list.counts;

  const set = (changes: Record<string, string | undefined>, replace = true): void => {
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === undefined) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace },
    );
  };

  // An item of the address without its cause: from links of a trace.
  const asked = useRef<string>(undefined);
  const lonely = item !== undefined && wanted === undefined ? item : undefined;
  useEffect(() => {
    if (lonely === undefined || asked.current === lonely) return;
    asked.current = lonely;
    api.inboxLetter(lonely).then(
      ({ cause, item: { state } }) => set({ cause, tab: state === 'solved' || state === 'discarded' ? state : undefined }),
      // Its original is gone: the list says what is left.
      () => set({ item: undefined }),
    );
  });

  const causes = list?.causes ?? [];
  // A cause that was chosen stays on the right when it leaves the tab, until another is chosen.
  const current = wanted ?? causes[0]?.id;
  const names = new Map((flows ?? []).map(({ id, name }) => [id, name]));
  const nodeLabel = causes.find((cause) => cause.node === node)?.nodeName ?? node;

  return (
    <div className={styles.page}>
      <title>Dead letters · Millrace</title>
      <header className={styles.bar}>
        <h1 className={styles.title}>Dead letters</h1>
        <p className={styles.sentence}>
          {counts === undefined
            ? error === undefined
              ? 'Loading'
              : 'Could not be loaded'
            : counts.open === 0
              ? 'Nothing is open'
              : `${plural(counts.open, 'open cause')}, ${plural(counts.messages, 'message')}`}
        </p>
        <div className={styles.tools}>
          <SearchField value={typed} onChange={setTyped} label="Search causes and keys" placeholder="Search causes and keys" />
          <select
            className={styles.select}
            aria-label="Flow"
            value={flow ?? ''}
            onChange={(event) => {
              setPages(1);
              void navigate(event.target.value === '' ? '/dead-letters' : `/dead-letters/${encodeURIComponent(event.target.value)}`);
            }}
          >
            <option value="">All flows</option>
            {[...names].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
          {node !== undefined && (
            <Button
              icon={<X size={14} />}
              title="Show the dead letters of all nodes of this flow"
              onClick={() => set({ node: undefined, cause: undefined, item: undefined })}
            >
              Only {nodeLabel}
            </Button>
          )}
          <Button icon={<RotateCw size={16} />} title="Look at Kafka now" onClick={() => void api.refreshInbox().then(reload, reload)}>
            Look now
          </Button>
        </div>
      </header>
      {flows !== undefined && (
        <ParkedSection
          flows={flow === undefined ? flows.flatMap((one) => (one.deployedVersion === undefined ? [] : [one.id])) : [flow]}
          names={names}
        />
      )}
      {list === undefined && error !== undefined ? (
        <ErrorState what="The dead letters could not be loaded" error={error} onRetry={reload} />
      ) : list === undefined ? (
        <SkeletonRows rows={5} height={112} label="Loading the dead letters" />
      ) : counts !== undefined && counts.open + counts.muted + counts.solved + counts.discarded === 0 ? (
        <EmptyState
          icon={<Inbox size={24} />}
          title={
            list.lastFailure === undefined || node !== undefined
              ? node === undefined
                ? 'Nothing has failed'
                : `Nothing has failed at ${nodeLabel}`
              : `Nothing has failed since ${moment(list.lastFailure, now)}`
          }
        >
          A message that a node cannot process comes here with its original bytes and the reason, and the others go on.{' '}
          {list.checkedAt === 0 ? 'Kafka has not answered yet.' : `Checked ${ago(list.checkedAt, now)}.`}
        </EmptyState>
      ) : (
        <div className={styles.panes}>
          <CauseList
            causes={causes}
            current={current}
            onChoose={(cause) => {
              setEntered(undefined);
              set({ cause, item: undefined });
            }}
            onEnter={(cause) => {
              setEntered(cause);
              if (cause !== current) set({ cause, item: undefined });
            }}
            list={list}
            onMore={() => setPages(pages + 1)}
            head={
              <div className={listStyles.head}>
                <Segments
                  label="Which causes"
                  value={tab}
                  onChange={(next) => {
                    setPages(1);
                    set({ tab: next === 'open' ? undefined : next, cause: undefined, item: undefined });
                  }}
                  options={inboxTabs.map((value) => ({ value, label: tabWords[value], count: list.counts[value] || undefined }))}
                />
                <select className={styles.order} aria-label="Order" value={order} onChange={(event) => set({ order: event.target.value })}>
                  {inboxOrders.map((value) => (
                    <option key={value} value={value}>
                      {orderWords[value]}
                    </option>
                  ))}
                </select>
              </div>
            }
            empty={
              <p className={styles.none} role="status">
                {loading && data === undefined
                  ? 'Looking…'
                  : search !== ''
                    ? `No cause matches “${search}”.`
                    : tab === 'open'
                      ? `Nothing is open${list.lastFailure === undefined ? '' : `; the last message failed ${moment(list.lastFailure, now)}`}.`
                      : `No cause is ${tabWords[tab].toLowerCase()}.`}
              </p>
            }
          />
          {current === undefined ? (
            <EmptyState icon={<Inbox size={24} />} title={search === '' ? `No cause here` : `No cause matches “${search}”`}>
              {list.checkedAt === 0 ? 'Kafka has not answered yet.' : `Checked ${ago(list.checkedAt, now)}.`}
            </EmptyState>
          ) : (
            <CauseView
              key={`${current} ${tab}`}
              id={current}
              tab={tab}
              item={item}
              onItem={(next) => set({ item: next, cause: current })}
              onChanged={() => {
                if (wanted === undefined) set({ cause: current });
                reload();
              }}
              focus={entered === current}
              onFocused={() => setEntered(undefined)}
            />
          )}
        </div>
      )}
    </div>
  );
}
