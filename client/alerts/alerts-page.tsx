import { BellRing, Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { AlertRule } from '#shared/alert.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, plural } from '../format.ts';
import { useLive } from '../live.ts';
import { useLoad } from '../load.ts';
import { ListPanel } from '../pages/list-panel.tsx';
import { useMay } from '../session.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Segments } from '../ui/segments.tsx';
import { EmptyState } from '../ui/states.tsx';
import styles from './alerts.module.css';
import { ChannelDialog } from './channel-dialog.tsx';
import { ChannelList, type ShownChannel } from './channel-list.tsx';
import { IncidentList } from './incident-list.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { RuleList } from './rule-list.tsx';

const tabs = ['incidents', 'rules', 'channels'] as const;
type Tab = (typeof tabs)[number];

type Asked = { kind: 'rule'; rule?: AlertRule } | { kind: 'channel'; channel?: ShownChannel };

/** Incidents that go on and those that are over, the rules that open them, and the channels that tell of them. */
export function AlertsPage() {
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find((one) => one === search.get('tab')) ?? 'incidents';
  const flow = search.get('flow') ?? undefined;
  const now = useNow();
  const mayChange = useMay('admin');
  const { flows } = useFlowList();
  const live = useLive((state) => state.incidents);
  const incidents = useLoad(() => api.incidents(flow === undefined ? {} : { flow }), `incidents ${flow ?? ''}`);
  const rules = useLoad(api.alertRules, 'rules');
  const channels = useLoad(api.alertChannels, 'channels');
  const [asked, setAsked] = useState<Asked>();

  // What begins or ends is heard at once; what is over stands only in the list that is loaded.
  const { reload } = incidents;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the news is the reason to load again.
  useEffect(() => reload(), [live, reload]);

  const all = incidents.data;
  const open = all?.filter(({ until }) => until === undefined);
  const over = all?.filter(({ until }) => until !== undefined);
  const unseen = open?.filter(({ acknowledged }) => acknowledged === undefined).length ?? 0;
  const sentence =
    open === undefined
      ? 'Loading'
      : open.length === 0
        ? `Nothing is wrong${incidents.loadedAt === undefined ? '' : `, looked ${ago(incidents.loadedAt, now)}`}`
        : `${plural(open.length, 'incident')} open, ${unseen === 0 ? 'all looked after' : `${unseen === open.length ? 'none' : `${open.length - unseen}`} looked after`}`;
  const setTab = (next: Tab): void => {
    const query = new URLSearchParams(search);
    if (next === 'incidents') query.delete('tab');
    else query.set('tab', next);
    setSearch(query, { replace: true });
  };

  return (
    <Page>
      <PageHeader
        title="Alerts"
        sentence={sentence}
        actions={
          mayChange &&
          (tab === 'rules' ? (
            <Button look="filled" icon={<Plus size={16} />} onClick={() => setAsked({ kind: 'rule' })}>
              New rule
            </Button>
          ) : (
            tab === 'channels' && (
              <Button look="filled" icon={<Plus size={16} />} onClick={() => setAsked({ kind: 'channel' })}>
                New channel
              </Button>
            )
          ))
        }
      />
      <div className={styles.bar}>
        <Segments
          label="What to show"
          value={tab}
          onChange={setTab}
          options={[
            { value: 'incidents', label: 'Incidents', count: open?.length },
            { value: 'rules', label: 'Rules', count: rules.data?.filter(({ enabled }) => enabled).length },
            { value: 'channels', label: 'Channels', count: channels.data?.length },
          ]}
        />
      </div>
      {tab === 'incidents' && (
        <>
          {flow !== undefined && (
            <p className={styles.only}>
              {`Only incidents of ${flows?.find(({ id }) => id === flow)?.name ?? flow}. `}
              <Link to="/alerts">Show those of all flows</Link>
            </p>
          )}
          <ListPanel
            what="open incidents"
            loaded={{ ...incidents, data: open }}
            empty={
              <EmptyState icon={<BellRing size={24} />} title="Nothing is wrong">
                {rules.data !== undefined && `${plural(rules.data.filter(({ enabled }) => enabled).length, 'rule')} watch your flows. `}
                {channels.data?.length === 0 && 'Nobody is told when something happens: add a channel.'}
              </EmptyState>
            }
          >
            {(items) => <IncidentList incidents={items} onChanged={reload} />}
          </ListPanel>
          {over !== undefined && over.length > 0 && (
            <Panel title="Over" label="Incidents that are over">
              <IncidentList incidents={over} onChanged={reload} />
            </Panel>
          )}
        </>
      )}
      {tab === 'rules' && (
        <RuleList
          rules={rules}
          channels={channels.data ?? []}
          flowName={(id) => flows?.find((one) => one.id === id)?.name ?? id}
          onEdit={(rule) => setAsked({ kind: 'rule', rule })}
        />
      )}
      {tab === 'channels' && (
        <ChannelList
          channels={channels}
          onEdit={(channel) => setAsked({ kind: 'channel', channel })}
          onNew={() => setAsked({ kind: 'channel' })}
        />
      )}
      {asked?.kind === 'rule' && (
        <RuleDialog rule={asked.rule} channels={channels.data ?? []} onClose={() => setAsked(undefined)} onSaved={rules.reload} />
      )}
      {asked?.kind === 'channel' && <ChannelDialog channel={asked.channel} onClose={() => setAsked(undefined)} onSaved={channels.reload} />}
    </Page>
  );
}
