import { Blocks } from 'lucide-react';
import { useState } from 'react';
import type { GuaranteeSpec, NodeKind, NodeTypeInfo } from '#shared/node-type.ts';
import { api } from '../api.ts';
import { NodeTile } from '../editor/icons.tsx';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { CopyButton, EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { StatusBadge } from '../ui/status.tsx';
import styles from './lists.module.css';

const kinds: { kind: NodeKind; title: string; sentence: string }[] = [
  { kind: 'source', title: 'Sources', sentence: 'bring messages in' },
  { kind: 'transform', title: 'Transforms', sentence: 'change, choose or check them' },
  { kind: 'sink', title: 'Sinks', sentence: 'deliver them' },
];

const guaranteeText = {
  upsert: 'Effectively once · upsert',
  'idempotency-key': 'Effectively once · idempotency key',
  transaction: 'Effectively once · same transaction',
  none: 'At least once',
};

function promise(spec: GuaranteeSpec): string {
  return typeof spec === 'string' ? guaranteeText[spec] : 'Guarantee depends on its settings';
}

/** All node types that flows can use, and the custom files that could not be loaded. */
export function NodeTypesPage() {
  const { data, error, reload } = useLoad(api.nodeTypes, 'node-types');
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const found = (data?.types ?? []).filter((type) =>
    [type.title, type.summary, type.type, type.category, ...(type.keywords ?? [])].join(' ').toLowerCase().includes(wanted),
  );
  const custom = (data?.types ?? []).filter((type) => type.custom === true).length;
  const failures = data?.failures ?? [];
  return (
    <Page>
      <PageHeader
        title="Node types"
        sentence={
          data === undefined ? (
            'What flows are made of'
          ) : (
            <>
              {failures.length > 0 && <strong>{`${plural(failures.length, 'custom file')} could not be loaded, `}</strong>}
              {plural(data.types.length, 'node type')}, {custom === 0 ? 'none' : custom} of them custom
            </>
          )
        }
      />
      {data === undefined && error === undefined && (
        <Panel>
          <SkeletonRows rows={6} height={72} label="Loading the node types" />
        </Panel>
      )}
      {data === undefined && error !== undefined && (
        <Panel>
          <ErrorState what="The node types could not be loaded" error={error} onRetry={reload} />
        </Panel>
      )}
      {data !== undefined && (
        <>
          {failures.length > 0 && (
            <Panel
              title="Custom files that could not be loaded"
              aside={<StatusBadge level="error">{plural(failures.length, 'error')}</StatusBadge>}
            >
              <ul>
                {failures.map((failure) => (
                  <li key={failure.file} className={styles.failure}>
                    <div className={styles.typeWords}>
                      <code>{failure.file}</code>
                      <p>{failure.message}</p>
                    </div>
                    <CopyButton text={`${failure.file}\n${failure.message}`} />
                  </li>
                ))}
              </ul>
            </Panel>
          )}
          <div className={styles.bar}>
            <SearchField value={search} onChange={setSearch} label="Search node types" placeholder="Search node types" />
          </div>
          {found.length === 0 && (
            <Panel>
              <EmptyState
                icon={<Blocks size={24} />}
                title={`No node type matches “${search}”`}
                actions={<Button onClick={() => setSearch('')}>Show all {data.types.length}</Button>}
              >
                A node type of your own is one file in a folder that MILLRACE_NODES names.
              </EmptyState>
            </Panel>
          )}
          {kinds.map(({ kind, title, sentence }) => {
            const types = found.filter((type) => type.kind === kind);
            return (
              types.length > 0 && (
                <Panel key={kind} title={title} aside={<span className={styles.hint}>{`${types.length}, ${sentence}`}</span>}>
                  <ul className={styles.types}>
                    {types.map((type) => (
                      <TypeCard key={type.type} type={type} />
                    ))}
                  </ul>
                </Panel>
              )
            );
          })}
        </>
      )}
    </Page>
  );
}

function TypeCard({ type }: { type: NodeTypeInfo }) {
  return (
    <li className={styles.type}>
      <NodeTile look={type.look} icon={type.icon} />
      <div className={styles.typeWords}>
        <div className={styles.typeHead}>
          <h3 className={styles.typeTitle}>{type.title}</h3>
          {type.custom === true && <Chip>Custom</Chip>}
        </div>
        <p className={styles.hint}>{type.summary}</p>
        <div className={styles.typeFoot}>
          <code>
            {type.type}@{type.version}
          </code>
          {type.kind === 'sink' && type.guarantee !== undefined && <span>{promise(type.guarantee)}</span>}
        </div>
      </div>
    </li>
  );
}
