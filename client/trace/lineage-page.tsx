import { ArrowLeft, Cloud, Download, FlaskConical, Inbox, Layers, TestTubeDiagonal } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { fieldGoesCsv, standingCsv } from '#shared/lineage/export.ts';
import type { Standing, StandingPlace } from '#shared/lineage/standing.ts';
import type { FieldGoes, FieldUse } from '#shared/lineage/where.ts';
import { api } from '../api.ts';
import { useNow } from '../clock.ts';
import { fullTime, plural, when } from '../format.ts';
import { useLoad } from '../load.ts';
import { Page, PageHeader, Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import table from '../ui/table.module.css';
import styles from './lineage-page.module.css';
import { tracePath } from './trace-path.ts';
import { positionText } from './words.ts';

/** `/lineage/:flow?field=…&node=…` where a field goes; `?origin=…` where the data of one message stands. */
export function LineagePage() {
  const { flow = '' } = useParams();
  const [params] = useSearchParams();
  const origin = params.get('origin');
  return origin === null ? <FieldPage flow={flow} /> : <MessagePage flow={flow} origin={origin} />;
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

const Sure = ({ certainty }: { certainty: 'sure' | 'may' }) =>
  certainty === 'sure' ? <StatusBadge level="ok">sure</StatusBadge> : <StatusBadge level="warning">may go</StatusBadge>;

const kinds: Record<StandingPlace['kind'], { word: string; icon: typeof Cloud }> = {
  topic: { word: 'Topic', icon: Layers },
  outside: { word: 'System outside', icon: Cloud },
  'dead-letter': { word: 'Dead letter', icon: Inbox },
  sample: { word: 'Sample', icon: FlaskConical },
  test: { word: 'Test', icon: TestTubeDiagonal },
};

function MessagePage({ flow, origin }: { flow: string; origin: string }) {
  const now = useNow();
  const { data, error, reload } = useLoad<Standing>(() => api.standing(flow, origin), `${flow} ${origin}`);
  return (
    <Page>
      <PageHeader
        title={data?.key == null ? `Where the data of ${positionText(origin)} stands` : `Where the data of ${data.key} stands`}
        sentence={
          data === undefined
            ? 'Following the message through all flows'
            : `In ${plural(data.places.length, 'place')}, through all flows that read it`
        }
        actions={
          <>
            <Link className={styles.back} to={tracePath(flow, origin)}>
              <ArrowLeft size={16} aria-hidden="true" />
              To the trace
            </Link>
            {data && <Exports name={`${flow}-${data.key ?? 'message'}`} csv={() => standingCsv(data)} json={data} />}
          </>
        }
      />
      <Panel label="Places">
        {data === undefined ? (
          error === undefined ? (
            <SkeletonRows rows={5} height={48} label="Following the message" />
          ) : (
            <ErrorState what="The message could not be followed" error={error} onRetry={reload} />
          )
        ) : (
          <table className={[table.table, styles.places].join(' ')}>
            <thead>
              <tr>
                <th scope="col">Where</th>
                <th scope="col">Flow</th>
                <th scope="col">Position and key</th>
                <th scope="col">Since</th>
                <th scope="col">What it is</th>
              </tr>
            </thead>
            <tbody>
              {data.places.map((place) => {
                const { word, icon: Icon } = kinds[place.kind];
                return (
                  <tr key={`${place.kind} ${place.flow} ${place.where} ${place.position} ${place.at}`} data-kind={place.kind}>
                    <td>
                      <span className={styles.end}>
                        <Icon size={16} aria-hidden="true" />
                        <span>
                          {place.where}
                          <span className={styles.quiet}>
                            {word}
                            {place.type !== undefined && ` · ${place.type}`}
                          </span>
                        </span>
                      </span>
                    </td>
                    <td>{place.flowName}</td>
                    <td>
                      {place.position !== undefined && <code>{positionText(place.position)}</code>}
                      {place.key != null && <span className={styles.quiet}>key {place.key}</span>}
                    </td>
                    <td title={place.at === undefined ? undefined : fullTime(place.at)}>
                      {place.at === undefined ? '–' : when(place.at, now)}
                    </td>
                    <td>
                      {place.sentence} {place.certainty === 'may' && <Sure certainty="may" />}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Panel>
      {data?.notes.map((note) => (
        <Notice key={note} level="info" title={note} />
      ))}
    </Page>
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

/** Both as files, for whoever answers for the data. */
function Exports({ name, csv, json }: { name: string; csv: () => string; json: unknown }) {
  const save = (ending: string, type: string, text: string): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `lineage-${name.replaceAll(/[^\w.-]+/g, '-')}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return (
    <>
      <Button icon={<Download size={14} />} onClick={() => save('csv', 'text/csv;charset=utf-8', csv())}>
        CSV
      </Button>
      <Button icon={<Download size={14} />} onClick={() => save('json', 'application/json', JSON.stringify(json, undefined, 2))}>
        JSON
      </Button>
    </>
  );
}
