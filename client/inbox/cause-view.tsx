import { Menu } from '@mantine/core';
import { BellOff, Link2, MoreHorizontal, Pencil, RotateCw, Trash2, Undo2 } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { InboxItem, InboxTab, Verdict } from '#shared/inbox.ts';
import { api, type Selection } from '../api.ts';
import { useNow } from '../clock.ts';
import { NodeTile } from '../editor/icons.tsx';
import { exact, fullTime, plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { useMay, useMe } from '../session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { MenuDropdown } from '../ui/menu.tsx';
import { EmptyState, ErrorState, Skeleton } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { tell, tellFailure } from '../ui/tell.ts';
import { useNodeTypes } from './catalog.ts';
import { CauseTitle, plainTitle } from './cause-title.tsx';
import styles from './cause-view.module.css';
import { DiscardDialog } from './discard-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { FixBanner } from './fix-banner.tsx';
import { type Chosen, ItemTable } from './item-table.tsx';
import { LetterPanel } from './letter-panel.tsx';
import { FixPanel, LikelyPanel, RulePanel } from './mend-panels.tsx';
import { RetryDialog } from './retry-dialog.tsx';
import { StateBadge } from './state-badge.tsx';
import { usePoll } from './use-poll.ts';
import { moment, versionsInWords } from './words.ts';

const pageSize = 50;

type Open = 'retry' | 'edit' | 'discard' | undefined;

/** One cause: its sentence, Check fix, a message, the rule, fixes, all messages, and what can be done with them. */
export function CauseView({
  id,
  tab,
  item: wanted,
  onItem,
  onChanged,
  focus,
  onFocused,
}: {
  id: string;
  tab: InboxTab;
  /** The message of the address. */
  item: string | undefined;
  onItem: (item: string) => void;
  /** Something was done that the list should show. */
  onChanged: () => void;
  /** True when the keyboard shall come here, as soon as there is something. */
  focus: boolean;
  onFocused: () => void;
}) {
  const now = useNow();
  const me = useMe();
  const may = useMay('analyst');
  const types = useNodeTypes();
  const discarded = tab === 'discarded';
  const detail = usePoll(() => api.inboxCause(id), id, 3000);
  const fixes = useLoad(() => (may ? api.suggestedFixes(id) : Promise.resolve([])), `${id} ${may}`);
  const [search, setSearch] = useState('');
  const [pages, setPages] = useState(1);
  const state = discarded ? 'discarded' : tab === 'solved' ? 'solved' : 'unsettled';
  const list = usePoll(
    async () => {
      const items: InboxItem[] = [];
      let page = await api.inboxItems(id, { state, search, limit: pageSize });
      items.push(...page.items);
      for (let at = 1; at < pages && page.next !== undefined; at++) {
        page = await api.inboxItems(id, { state, search, limit: pageSize, after: page.next });
        items.push(...page.items);
      }
      return { items, total: page.total, more: page.next !== undefined };
    },
    `${id} ${state} ${search} ${pages}`,
    5000,
  );
  const [kept, setKept] = useState(list.data);
  useEffect(() => {
    if (list.data !== undefined) setKept(list.data);
  }, [list.data]);
  const shown = list.data ?? kept;
  const [chosen, setChosen] = useState<Chosen>('all');
  const [verdicts, setVerdicts] = useState<Record<string, Verdict>>();
  const [checking, setChecking] = useState<AbortController>();
  const [open, setOpen] = useState<Open>();
  const section = useRef<HTMLElement>(null);
  const reload = (): void => {
    detail.reload();
    list.reload();
    onChanged();
  };

  useLayoutEffect(() => {
    if (!focus || section.current === null) return;
    section.current.focus();
    onFocused();
  });

  const cause = detail.data;
  const items = shown?.items ?? [];
  const total = shown?.total ?? 0;
  const index = Math.max(
    0,
    items.findIndex((one) => one.item === wanted),
  );
  const current = items[index];
  const select: Selection = chosen === 'all' ? (search === '' ? {} : { search }) : { items: [...chosen] };
  const count = chosen === 'all' ? total : chosen.size;
  const canAct = may && count > 0 && cause?.flowExists === true;

  const check = (): void => {
    const left = new AbortController();
    setChecking(left);
    api
      .checkFix(id, { signal: left.signal })
      .then(
        (report) => {
          setVerdicts(report.verdicts);
          reload();
          fixes.reload();
        },
        (error: unknown) => {
          if (left.signal.aborted) return;
          tellFailure('Check fix did not end', error);
        },
      )
      .finally(() => setChecking(undefined));
  };
  const recover = (): void => {
    api.recoverLetters(id, select).then(({ messages }) => {
      tell(`${plural(messages, 'message')} open again`, 'They stand under Open.');
      setChosen('all');
      reload();
    }, failed);
  };
  const failed = (error: unknown): void => {
    tellFailure('That did not work', error);
  };
  const mark = (body: Parameters<typeof api.markCause>[1]): void => {
    api.markCause(id, body).then(reload, failed);
  };

  // R, E, C and D from anywhere on the page, unless somebody types or a dialog is open.
  const keys = useRef<Record<string, (() => void) | undefined>>({});
  useEffect(() => {
    keys.current = discarded
      ? {}
      : {
          r: canAct ? () => setOpen('retry') : undefined,
          e: canAct && current !== undefined ? () => setOpen('edit') : undefined,
          d: canAct ? () => setOpen('discard') : undefined,
          c: may && checking === undefined && (cause?.messages ?? 0) > 0 ? check : undefined,
        };
  });
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusyTarget(event.target) || document.querySelector('[role="dialog"]')) return;
      const act = keys.current[event.key.toLowerCase()];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);

  if (cause === undefined) {
    return detail.error !== undefined ? (
      <ErrorState what="This cause cannot be shown" error={detail.error} onRetry={detail.reload} />
    ) : (
      <div className={styles.loading} role="status" aria-label="Loading the cause">
        <Skeleton width="60%" height={20} />
        <Skeleton width="40%" />
        <Skeleton height={72} radius={10} />
        <Skeleton height={320} radius={12} />
      </div>
    );
  }
  const type = types.get(cause.nodeType);
  return (
    <div className={styles.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section className={styles.detail} aria-label={plainTitle(cause.title)} tabIndex={0} ref={section}>
        <div>
          <div className={styles.head}>
            <h2 className={styles.title}>
              <CauseTitle title={cause.title} />
            </h2>
            <CopyLink id={cause.id} flow={cause.flow} />
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <IconButton label="More for this cause" disabled={!may}>
                  <MoreHorizontal size={16} />
                </IconButton>
              </Menu.Target>
              <MenuDropdown>
                {cause.state === 'muted' ? (
                  <Menu.Item onClick={() => mark({ state: 'unmuted' })}>Unmute</Menu.Item>
                ) : (
                  <Menu.Item leftSection={<BellOff size={14} />} onClick={() => mark({ state: 'muted' })}>
                    Mute
                  </Menu.Item>
                )}
                {(cause.state === 'new' || cause.state === 'back-again') && (
                  <Menu.Item onClick={() => mark({ state: 'known' })}>Call it known</Menu.Item>
                )}
                {cause.state === 'known' && <Menu.Item onClick={() => mark({ state: 'new' })}>Call it new</Menu.Item>}
                {cause.owner === me.name ? (
                  <Menu.Item onClick={() => mark({ owner: null })}>Give it back</Menu.Item>
                ) : (
                  <Menu.Item onClick={() => mark({ owner: me.name, ...(cause.state === 'new' && { state: 'known' }) })}>
                    I look after it
                  </Menu.Item>
                )}
              </MenuDropdown>
            </Menu>
          </div>
          <p className={styles.meta}>
            <StateBadge cause={cause} />
            <span className={styles.where}>
              <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={16} />
              <Link to={`/flows/${encodeURIComponent(cause.flow)}?node=${encodeURIComponent(cause.node)}`}>
                {cause.flowName}, {cause.nodeName}
              </Link>
            </span>
            <span>
              {plural(cause.messages, 'message')}, {plural(cause.keys, 'key')}
            </span>
            {cause.versions.length > 0 && <span>{versionsInWords(cause.versions)}</span>}
            {cause.solved > 0 && <span>{exact(cause.solved)} solved</span>}
            {cause.discarded > 0 && <span>{exact(cause.discarded)} discarded</span>}
            {cause.owner !== undefined && <span>Owner: {cause.owner}</span>}
            {cause.stateBy !== undefined && (
              <span title={fullTime(cause.stateAt)}>
                by {cause.stateBy}, {moment(cause.stateAt, now)}
              </span>
            )}
          </p>
        </div>
        {cause.gone !== undefined && (
          <Notice
            level="warning"
            title={`${plural(cause.gone.messages, 'original')} ${cause.gone.messages === 1 ? 'is' : 'are'} gone since ${moment(cause.gone.since, now)}`}
          >
            Retention has taken {cause.gone.messages === 1 ? 'it' : 'them'} before anybody mended{' '}
            {cause.gone.messages === 1 ? 'it' : 'them'}; what is listed here is what is left.
          </Notice>
        )}
        {cause.retry !== undefined && (
          <Notice
            level="info"
            title={`Retrying ${exact(cause.retry.done)} of ${exact(cause.retry.total)}`}
            action={
              <Button disabled={!may} onClick={() => void api.stopRetry(cause.retry?.id ?? '').then(reload, failed)}>
                Stop
              </Button>
            }
          >
            It goes on when this page is closed. What has gone through stays.
            <progress
              className={styles.progress}
              max={Math.max(1, cause.retry.total)}
              value={cause.retry.done}
              aria-label="How far the retry is"
            />
          </Notice>
        )}
        {cause.replays?.map(({ id: replay, name, paused, messages }) => (
          <Notice
            key={replay}
            level={paused ? 'warning' : 'info'}
            title={`${plural(messages, 'message')} ${messages === 1 ? 'is' : 'are'} in the range of a replay that ${paused ? 'is paused' : 'runs'}`}
            action={<Link to={`/replays/${encodeURIComponent(replay)}`}>{name || 'Look at the replay'}</Link>}
          >
            A retry leaves {messages === 1 ? 'it' : 'them'} to that replay.{' '}
            {paused ? 'Resume or stop it first.' : 'What it leaves open can be retried when it has ended.'}
          </Notice>
        ))}
        {tab !== 'discarded' && cause.messages > 0 && cause.retry === undefined && (
          <FixBanner cause={cause} busy={checking !== undefined} onCheck={check} onStop={() => checking?.abort()} />
        )}
        {current !== undefined && (
          <div className={styles.columns}>
            <LetterPanel
              cause={cause}
              item={current}
              index={index}
              total={total}
              onMove={(by) => {
                const next = items[index + by];
                if (next !== undefined) onItem(next.item);
                else if (shown?.more === true) setPages(pages + 1);
              }}
            />
            <div className={styles.side}>
              <RulePanel cause={cause} />
              {tab !== 'discarded' && (
                <FixPanel
                  cause={cause}
                  fixes={fixes}
                  onEdited={() => {
                    fixes.reload();
                    check();
                  }}
                />
              )}
              <LikelyPanel cause={cause} />
            </div>
          </div>
        )}
        {shown === undefined ? (
          list.error !== undefined ? (
            <ErrorState what="The messages could not be loaded" error={list.error} onRetry={list.reload} />
          ) : (
            <Skeleton height={240} radius={12} />
          )
        ) : total === 0 && search === '' && cause.messages === 0 && !discarded ? (
          <EmptyState icon={<Undo2 size={24} />} title={`Nothing of it is open`}>
            {cause.solved > 0 ? `${plural(cause.solved, 'message')} went through. ` : ''}
            {cause.discarded > 0 ? `${plural(cause.discarded, 'message')} discarded.` : ''} The last one failed {moment(cause.last, now)}.
          </EmptyState>
        ) : (
          <ItemTable
            cause={cause}
            items={items}
            total={total}
            current={current?.item}
            onCurrent={onItem}
            chosen={chosen}
            onChosen={setChosen}
            verdicts={verdicts}
            search={search}
            onSearch={(text) => {
              setSearch(text);
              setPages(1);
              setChosen('all');
            }}
            onMore={shown.more ? () => setPages(pages + 1) : undefined}
            loading={list.loading}
            discarded={discarded}
          />
        )}
      </section>
      {discarded ? (
        <div className={styles.actions}>
          <span className={styles.hint}>{plural(count, 'message')} selected. They can be recovered until retention takes them.</span>
          <Button look="filled" icon={<Undo2 size={16} />} disabled={!canAct} onClick={recover}>
            Recover {exact(count)}
          </Button>
        </div>
      ) : (
        cause.messages > 0 && (
          <div className={styles.actions}>
            <span className={styles.hint}>{cause.flowExists ? '' : 'The flow is deleted, so nothing can be retried.'}</span>
            <Button
              look="quiet"
              icon={<Trash2 size={16} />}
              disabled={!canAct}
              aria-keyshortcuts="D"
              title="Discard (D)"
              onClick={() => setOpen('discard')}
            >
              Discard…
            </Button>
            <Button
              icon={<Pencil size={16} />}
              disabled={!canAct || current === undefined}
              aria-keyshortcuts="E"
              title="Edit the sample message and retry it (E)"
              onClick={() => setOpen('edit')}
            >
              Edit
            </Button>
            <Button
              look="filled"
              icon={<RotateCw size={16} />}
              disabled={!canAct}
              aria-keyshortcuts="R"
              title="Retry (R)"
              onClick={() => setOpen('retry')}
            >
              Retry {exact(count)}…
            </Button>
          </div>
        )
      )}
      {open === 'retry' && (
        <RetryDialog cause={cause} select={select} count={count} onClose={() => setOpen(undefined)} onStarted={reload} />
      )}
      {open === 'edit' && current !== undefined && (
        <EditDialog cause={cause} item={current} onClose={() => setOpen(undefined)} onStarted={reload} />
      )}
      {open === 'discard' && (
        <DiscardDialog
          cause={cause}
          select={select}
          count={count}
          onClose={() => setOpen(undefined)}
          onDone={(messages) => {
            tell(`${plural(messages, 'message')} discarded`, 'They stand under Discarded, to be recovered.');
            setChosen('all');
            reload();
          }}
        />
      )}
    </div>
  );
}

function CopyLink({ id, flow }: { id: string; flow: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Button
      look="quiet"
      size="small"
      icon={<Link2 size={14} />}
      onClick={() => {
        const link = `${location.origin}/dead-letters/${encodeURIComponent(flow)}?cause=${id}`;
        navigator.clipboard.writeText(link).then(
          () => setCopied(true),
          () => setCopied(false),
        );
        setTimeout(() => setCopied(false), 2000);
      }}
    >
      <span aria-live="polite">{copied ? 'Copied' : 'Copy link'}</span>
    </Button>
  );
}

function isBusyTarget(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio'].includes(target.type);
  return target.isContentEditable || ['TEXTAREA', 'SELECT'].includes(target.tagName) || target.getAttribute('role') === 'menuitem';
}
