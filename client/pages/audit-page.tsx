import { ReceiptText, RotateCw } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { AuditEntry } from '#shared/api.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { useFlowList } from '../flow-list.ts';
import { ago, fullTime, plural, timeOfDay, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { EmptyState } from '../ui/states.tsx';
import table from '../ui/table.module.css';
import { ListPanel } from './list-panel.tsx';
import styles from './lists.module.css';

const limit = 500;

/** Who did what and when, newest first. */
export function AuditPage() {
  const loaded = useLoad(() => api.audit(limit), 'audit');
  const now = useNow();
  const { flows } = useFlowList();
  const [search, setSearch] = useState('');
  const names = new Map((flows ?? []).map((flow) => [flow.id, flow.name]));
  const wanted = search.trim().toLowerCase();
  const text = (entry: AuditEntry): string =>
    `${entry.who} ${entry.action} ${entry.detail} ${names.get(entry.flow ?? '') ?? entry.flow ?? ''}`.toLowerCase();
  const all = loaded.data;
  const shown = all?.filter((entry) => text(entry).includes(wanted));
  const [newest] = all ?? [];
  return (
    <Page>
      <PageHeader
        title="Audit"
        sentence={
          all === undefined
            ? 'Who did what, and when'
            : newest === undefined
              ? 'Nothing has been done yet'
              : `${all.length >= limit ? `The newest ${limit} entries` : plural(all.length, 'entry', 'entries')}, the last ${ago(Date.parse(newest.at), now)} by ${newest.who}`
        }
        actions={
          <Button icon={<RotateCw size={16} />} busy={loaded.loading && loaded.data !== undefined} onClick={loaded.reload}>
            Load again
          </Button>
        }
      />
      <div className={styles.bar}>
        <SearchField value={search} onChange={setSearch} label="Search the audit" placeholder="Search person, action, flow" />
      </div>
      <ListPanel
        what="audit"
        loaded={{ ...loaded, data: shown }}
        empty={
          <EmptyState icon={<ReceiptText size={24} />} title={wanted === '' ? 'Nothing has been done yet' : `No entry matches “${search}”`}>
            Every change to flows, versions, deployments, secrets and keys is written here and stays.
          </EmptyState>
        }
      >
        {(entries) => (
          <table className={[table.table, table.dense].join(' ')}>
            <thead>
              <tr>
                <th scope="col" className={styles.when}>
                  When
                </th>
                <th scope="col" className={styles.who}>
                  Who
                </th>
                <th scope="col" className={styles.who}>
                  What
                </th>
                <th scope="col" className={styles.wide}>
                  Flow
                </th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and two may be equal.
                <tr key={`${entry.at} ${index}`}>
                  <td title={fullTime(entry.at)}>
                    {when(entry.at, now) === timeOfDay(entry.at)
                      ? `Today ${timeOfDay(entry.at, true)}`
                      : `${when(entry.at, now)} ${timeOfDay(entry.at)}`}
                  </td>
                  <td className={table.cut} title={entry.who}>
                    {entry.who}
                  </td>
                  <td>
                    <Chip>{entry.action}</Chip>
                  </td>
                  <td className={table.cut}>
                    {entry.flow === undefined ? (
                      <span className={table.second}>–</span>
                    ) : (
                      <Link to={`/flows/${entry.flow}`}>{names.get(entry.flow) ?? entry.flow}</Link>
                    )}
                  </td>
                  <td className={[table.second, table.cut].join(' ')} title={entry.detail}>
                    {entry.detail}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ListPanel>
    </Page>
  );
}
