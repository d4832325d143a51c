import { ArrowLeft, Cloud, Layers } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { fieldGoesCsv } from '#shared/lineage/export.ts';
import type { FieldGoes, FieldUse } from '#shared/lineage/where.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './lineage-page.module.css';
import { Exports, Sure } from './lineage-parts.tsx';
import { StandingPage } from './standing-page.tsx';
import { messagesIn } from './trace-path.ts';

/** `/lineage/:flow?field=…&node=…` where a field goes; `?origin=…` or `?of=flow:origin&of=…` where the data of messages stands. */
export function LineagePage() {
  const { flow = '' } = useParams();
  const [params] = useSearchParams();
  const messages = messagesIn(params, flow);
  return messages.length === 0 ? (
    <FieldPage flow={flow} />
  ) : (
    <StandingPage key={messages.map(({ flow: of, origin }) => `${of} ${origin}`).join('\n')} messages={messages} />
  );
}

function FieldPage({ flow }: { flow: string }) {
  const [params, setParams] = useSearchParams();
  const field = params.get('field') ?? '';
  const node = params.get('node') ?? undefined;
  const [typed, setTyped] = useState(field);
  const { data, error, reload } = useLoad(async () => {
    const [record, goes] = await Promise.all([
      api.flow(flow),
      field === '' ? undefined : api.lineage({ flow, field, ...(node !== undefined && { node }) }),
    ]);
    return { record, goes };
  }, `${flow} ${field} ${node}`);
  const name = data?.record.flow.name ?? flow;
  const at = data?.record.flow.nodes.find(({ id }) => id === node);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const next = new URLSearchParams(params);
    next.set('field', typed.trim());
    setParams(next);
  };
  const goes = data?.goes;
  const systems = goes?.ends.filter(({ outside }) => outside) ?? [];
  return (
    <Page>
      <PageHeader
        title={field === '' ? 'Where does a field go?' : `Where does ${field} go?`}
        sentence={
          goes === undefined
            ? `From ${at ? `“${at.label || at.type}” in ` : ''}${name}, through all deployed flows`
            : goes.ends.length === 0
              ? 'It reaches no system and no topic'
              : `To ${plural(systems.length, 'system')} outside and ${plural(goes.topics.length, 'topic')}, from ${at ? `“${at.label || at.type}” in ` : ''}${name}`
        }
        actions={
          <>
            <BackToFlow flow={flow} />
            {goes && <Exports name={`${flow}-${field}`} csv={() => fieldGoesCsv(goes)} json={goes} />}
          </>
        }
      />
      <form className={styles.form} onSubmit={submit}>
        <TextField label="Field" mono value={typed} placeholder="customer.email" onChange={(event) => setTyped(event.target.value)} />
        <Button type="submit" look="filled" disabled={typed.trim() === ''}>
          Follow
        </Button>
      </form>
      {error !== undefined && data === undefined && (
        <Panel label="Lineage">
          <ErrorState what="It could not be followed" error={error} onRetry={reload} />
        </Panel>
      )}
      {data === undefined && error === undefined && (
        <Panel label="Lineage">
          <SkeletonRows rows={5} height={44} label="Following the field" />
        </Panel>
      )}
      {goes && <Goes goes={goes} />}
    </Page>
  );
}

const endWords = { copy: 'as it is', made: 'made of it', asked: 'asked with it' };

function Goes({ goes }: { goes: FieldGoes }) {
  return (
    <>
      {goes.notes.map((note) => (
        <Notice key={note} level="warning" title={note} />
      ))}
      <Panel title="Where it ends" label="Where it ends">
        {goes.ends.length === 0 ? (
          <EmptyState icon={<Cloud size={24} />} title="Nowhere">
            No sink of a deployed flow gets this field or anything made of it.
          </EmptyState>
        ) : (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">System or topic</th>
                <th scope="col">Flow</th>
                <th scope="col">What of it</th>
                <th scope="col">Sure?</th>
              </tr>
            </thead>
            <tbody>
              {goes.ends.map((end) => (
                <tr key={`${end.flow} ${end.node}`}>
                  <td>
                    <span className={styles.end}>
                      {end.outside ? <Cloud size={16} aria-hidden="true" /> : <Layers size={16} aria-hidden="true" />}
                      <span>
                        {end.nodeName}
                        <span className={styles.quiet}>
                          {end.type} · {end.target}
                        </span>
                      </span>
                    </span>
                  </td>
                  <td>
                    <Link to={`/flows/${encodeURIComponent(end.flow)}?node=${encodeURIComponent(end.node)}`}>{end.flowName}</Link>
                    <span className={styles.quiet}>version {end.version}</span>
                    {end.readBy.length > 0 && (
                      <span className={styles.quiet}>read by {end.readBy.map(({ flowName }) => flowName).join(', ')}</span>
                    )}
                  </td>
                  <td>
                    <ul>
                      {end.places.map((place) => (
                        <li key={`${place.place} ${place.kind}`}>
                          <code>{place.place}</code> <span className={styles.inline}>{endWords[place.kind]}</span>
                          {place.why !== undefined && <span className={styles.quiet}>{place.why}</span>}
                        </li>
                      ))}
                    </ul>
                  </td>
                  <td>
                    <Sure certainty={end.certainty} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title="What uses it on the way" label="What uses it on the way">
        {goes.uses.length === 0 ? (
          <p className={styles.none}>No mapping, condition or question reads it.</p>
        ) : (
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Flow and node</th>
                <th scope="col">Field</th>
                <th scope="col">Goes to</th>
                <th scope="col">Rule</th>
                <th scope="col">Sure?</th>
              </tr>
            </thead>
            <tbody>
              {goes.uses.map((use) => (
                <tr key={`${use.flow} ${use.node} ${use.to} ${use.from} ${use.text}`}>
                  <td>
                    <Link to={linkOf(use)}>{use.nodeName}</Link>
                    <span className={styles.quiet}>{use.flowName}</span>
                  </td>
                  <td>
                    <code>{use.from}</code>
                  </td>
                  <td>{wordsOf(use)}</td>
                  <td>
                    <code className={styles.rule} title={use.text}>
                      {use.text}
                    </code>
                  </td>
                  <td>
                    <Sure certainty={use.certainty} />
                    {use.why !== undefined && <span className={styles.quiet}>{use.why}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}

function linkOf({ flow, node, type, to, what }: FieldUse): string {
  const at = new URLSearchParams({ node, ...(type === 'map' && what === 'row' && { tab: 'mapping', row: to }) });
  return `/flows/${encodeURIComponent(flow)}?${at}`;
}

function wordsOf({ what, to, how }: FieldUse): ReactNode {
  if (what === 'decides') return <>decides ({to})</>;
  if (what === 'asks') return <>is part of the question ({to})</>;
  if (what === 'key') return <>the key</>;
  return (
    <>
      <code>{to || 'the whole message'}</code>{' '}
      <span className={styles.inline}>{how === 'copy' ? 'as it is' : how === 'made' ? 'made of it' : 'decides it'}</span>
    </>
  );
}

function BackToFlow({ flow }: { flow: string }) {
  return (
    <Link className={styles.back} to={`/flows/${encodeURIComponent(flow)}`}>
      <ArrowLeft size={16} aria-hidden="true" />
      To the flow
    </Link>
  );
}
