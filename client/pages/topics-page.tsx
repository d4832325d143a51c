import { Layers, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { TopicSummary } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, exact, plural, short } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Segments } from '../ui/segments.tsx';
import { EmptyState } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import { ListPanel } from './list-panel.tsx';
import styles from './lists.module.css';

/** What a topic is for, by its name: topics of a flow are `millrace.<flow>.<what>`. */
export function purposeOf(name: string): { flow?: string; kind: 'messages' | 'dead letters' | 'ledger' | 'yours' } {
  if (name === 'millrace.ledger') return { kind: 'ledger' };
  const [, flow, rest] = /^millrace\.([a-z0-9][a-z0-9-]*)\.(.+)$/.exec(name) ?? [];
  if (flow === undefined) return { kind: 'yours' };
  return { flow, kind: rest === 'dead' || rest === 'dead-letters' ? 'dead letters' : 'messages' };
}

/** All topics of the cluster with what they hold. */
export function TopicsPage() {
  const loaded = useLoad(api.topics, 'topics');
  const now = useNow();
  const { flows } = useFlowList();
  const [search, setSearch] = useState('');
  const [which, setWhich] = useState<'all' | 'flows' | 'yours'>('all');
  const names = new Map((flows ?? []).map((flow) => [flow.id, flow.name]));
  const all = loaded.data ?? [];
  const found = all.filter((topic) => topic.name.toLowerCase().includes(search.trim().toLowerCase()));
  const isYours = (topic: TopicSummary): boolean => purposeOf(topic.name).kind === 'yours';
  const shown = found
    .filter((topic) => which === 'all' || isYours(topic) === (which === 'yours'))
    .sort((a, b) => a.name.localeCompare(b.name));
  const total = all.reduce((sum, topic) => sum + topic.messages, 0);
  return (
    <Page>
      <PageHeader
        title="Topics"
        sentence={
          loaded.data === undefined ? (
            'Kafka topics and how much they hold'
          ) : (
            <span title={`${exact(total)} messages`}>
              {plural(all.length, 'topic')} holding {short(total)} messages
              {loaded.loadedAt === undefined ? '' : `, counted ${ago(loaded.loadedAt, now)}`}
            </span>
          )
        }
        actions={
          <Button icon={<RotateCw size={16} />} busy={loaded.loading && loaded.data !== undefined} onClick={loaded.reload}>
            Count again
          </Button>
        }
      />
      <div className={styles.bar}>
        <SearchField value={search} onChange={setSearch} label="Search topics" placeholder="Search topics" />
        <Segments
          label="Which topics"
          value={which}
          onChange={setWhich}
          options={[
            { value: 'all', label: 'All', count: found.length },
            { value: 'flows', label: 'Of flows', count: found.filter((topic) => !isYours(topic)).length },
            { value: 'yours', label: 'Your own', count: found.filter(isYours).length },
          ]}
        />
      </div>
      <ListPanel
        what="topics"
        loaded={{ ...loaded, data: loaded.data === undefined ? undefined : shown }}
        empty={
          <EmptyState icon={<Layers size={24} />} title={all.length === 0 ? 'No topics yet' : 'No topic fits'}>
            {all.length === 0 ? 'A deploy creates the topics that its flow needs.' : 'Change the search or the filter.'}
          </EmptyState>
        }
      >
        {(topics) => (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col" className={styles.wide}>
                  For
                </th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Partitions
                </th>
                <th scope="col" className={[table.number, styles.narrow].join(' ')}>
                  Messages
                </th>
              </tr>
            </thead>
            <tbody>
              {topics.map((topic) => {
                const { flow, kind } = purposeOf(topic.name);
                return (
                  <tr key={topic.name}>
                    <td className={[table.mono, table.cut].join(' ')} title={topic.name}>
                      {topic.name}
                    </td>
                    <td className={table.cut}>
                      {flow === undefined ? (
                        <Chip>{kind === 'ledger' ? 'Ledger of all flows' : 'Your own'}</Chip>
                      ) : (
                        <>
                          <Link to={kind === 'dead letters' ? `/dead-letters/${flow}` : `/flows/${flow}`}>{names.get(flow) ?? flow}</Link>
                          {kind === 'dead letters' && <span className={table.second}> · dead letters</span>}
                        </>
                      )}
                    </td>
                    <td className={table.number}>{topic.partitions}</td>
                    <td className={[table.number, topic.messages === 0 ? table.second : ''].join(' ')} title={exact(topic.messages)}>
                      {short(topic.messages)}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </ListPanel>
    </Page>
  );
}
