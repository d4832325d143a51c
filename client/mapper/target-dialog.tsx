import { FileJson2, RefreshCw } from 'lucide-react';
import { type DragEvent, useMemo, useRef, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { shapeOfRequest } from '#shared/shape/from-openapi.ts';
import { type PastedKind, readPasted } from '#shared/shape/pasted.ts';
import type { TargetShape } from '#shared/target-shape.ts';
import { useNow } from '../clock.ts';
import { useFlow } from '../editor/context.ts';
import { ago, fullTime, plural } from '../format.ts';
import { useMay } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextAreaField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice, StatusBadge } from '../ui/status.tsx';
import { useMapper, useMapperState } from './context.ts';
import { ShapeOutline } from './shape-outline.tsx';
import styles from './target-dialog.module.css';
import { forgetTarget, keepTarget, placesBehind, readPlace, rereadFrom, wordsOfOrigin } from './target-side.ts';

/** Characters of a text that is taken. */
const mostText = 8 * 1024 * 1024;

/** Where the shape of the target comes from: what is behind the node, or a schema, a document or a sample that somebody has. */
export function TargetDialog() {
  const open = useMapperState((state) => state.open?.kind === 'target-shape');
  return open ? <Target /> : null;
}

function Target() {
  const mapper = useMapper();
  const may = useMay('analyst');
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<string>();
  const [found, setFound] = useState<TargetShape>();
  // Where nothing was found behind the node, a paste is what comes next.
  const [unknown] = useState(() => mapper.getState().target.origin === undefined);
  const close = (): void => mapper.set({ open: undefined });
  const run = async (what: string, act: () => Promise<void>): Promise<void> => {
    setBusy(what);
    setError(undefined);
    try {
      await act();
    } catch (cause) {
      setError(describeError(cause).message);
    } finally {
      setBusy(undefined);
    }
  };
  const keep = (target: TargetShape): void =>
    void run('keep', async () => {
      await keepTarget(mapper, target);
      mapper.editor.say('The target shape is kept with the flow’s workspace.');
      close();
    });
  return (
    <Dialog
      title="Target shape"
      size={680}
      onClose={close}
      locked={busy === 'keep'}
      footer={
        <>
          <Button onClick={close}>Close</Button>
          <Button look="filled" disabled={found === undefined || !may} busy={busy === 'keep'} onClick={() => found && keep(found)}>
            Use this shape
          </Button>
        </>
      }
    >
      <p className={styles.lead}>
        What the mapping must make: its fields, their types, and which are required. It is kept in the flow’s workspace and changes nothing
        of how the flow runs.
      </p>
      <Current busy={busy} may={may} run={run} keep={keep} />
      {error !== undefined && <Notice level="error" title={error} />}
      {may && <Behind busy={busy} run={run} onFound={setFound} found={found} />}
      {may && <FromText onFound={setFound} first={unknown} />}
      {found !== undefined && <ShapeOutline shape={found.shape} label="Fields of the shape that was found" />}
    </Dialog>
  );
}

type Run = (what: string, act: () => Promise<void>) => Promise<void>;

/** What the mapper goes by now, where it is from and how old it is. */
function Current({ busy, may, run, keep }: { busy: string | undefined; may: boolean; run: Run; keep: (target: TargetShape) => void }) {
  const mapper = useMapper();
  const flow = useFlow();
  const target = useMapperState((state) => state.target);
  const now = useNow();
  const { origin, saved } = target;
  if (target.state === 'loading') return <p className={styles.current}>Looking for a target shape…</p>;
  if (origin === undefined) {
    return (
      <div className={styles.current}>
        <StatusBadge level="off">No target shape yet</StatusBadge>
        <span className={styles.about}>{target.reason ?? 'The rows show only what the mapping makes.'}</span>
      </div>
    );
  }
  const again = flow.nodes.find(({ id }) => id === rereadFrom(origin));
  return (
    <div className={styles.current}>
      <div className={styles.now}>
        <StatusBadge level={saved === undefined ? 'info' : 'ok'}>{saved === undefined ? 'Found by itself, not kept' : 'Kept'}</StatusBadge>
        <strong className={styles.from}>From {wordsOfOrigin(mapper, origin)}</strong>
        <span className={styles.about}>
          {saved === undefined ? (
            'Read when the mapper was opened.'
          ) : (
            <span title={fullTime(saved.at)}>
              {ago(Date.parse(saved.at), now)} by {saved.by}
            </span>
          )}
        </span>
      </div>
      {may && (
        <span className={styles.actions}>
          {again !== undefined && (
            <Button
              size="small"
              icon={<RefreshCw size={14} aria-hidden="true" />}
              busy={busy === 'again'}
              onClick={() => void run('again', async () => keepTarget(mapper, await readPlace(flow, again)))}
            >
              Refresh
            </Button>
          )}
          {saved === undefined ? (
            <Button size="small" busy={busy === 'keep'} onClick={() => keep({ origin, shape: target.shape })}>
              Keep it
            </Button>
          ) : (
            <Button size="small" busy={busy === 'forget'} onClick={() => void run('forget', () => forgetTarget(mapper))}>
              Forget it
            </Button>
          )}
        </span>
      )}
    </div>
  );
}

/** The places behind the node that may say what they take. */
function Behind({
  busy,
  run,
  onFound,
  found,
}: {
  busy: string | undefined;
  run: Run;
  onFound: (found: TargetShape) => void;
  found: TargetShape | undefined;
}) {
  const mapper = useMapper();
  const flow = useFlow();
  const { types } = mapper.editor.getState();
  const places = useMemo(() => placesBehind(flow, mapper.node, types), [flow, mapper.node, types]);
  const read = (place: FlowNode): void => void run(place.id, async () => onFound(await readPlace(flow, place)));
  return (
    <section className={styles.part} aria-label="From what is behind this node">
      <h3 className={styles.head}>From what is behind this node</h3>
      {places.length === 0 ? (
        <p className={styles.about}>No sink or check follows this node directly. Connect one, or paste a schema or sample below.</p>
      ) : (
        <ul className={styles.places}>
          {places.map((place) => (
            <li key={place.id} className={styles.place}>
              <span className={styles.name}>{nodeName(place, types)}</span>
              <span className={styles.about}>{says(place, types.get(place.type)?.title ?? place.type)}</span>
              {found !== undefined && 'node' in found.origin && found.origin.node === place.id && (
                <StatusBadge level="ok">Read</StatusBadge>
              )}
              <Button size="small" busy={busy === place.id} onClick={() => read(place)}>
                Read it
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function says(place: FlowNode, title: string): string {
  const { table, topic } = place.config;
  if (place.type === 'validate') return 'JSON Schema that messages are checked against';
  if (typeof table === 'string') return `${title}: columns of the table ${table}`;
  if (typeof topic === 'string' && topic !== '') return `Messages in the topic ${topic}`;
  return title;
}

const kinds: readonly { value: PastedKind | ''; label: string }[] = [
  { value: '', label: 'What it looks like' },
  { value: 'sample', label: 'A sample of the result' },
  { value: 'schema', label: 'A JSON Schema' },
  { value: 'openapi', label: 'An OpenAPI document' },
];

/** A schema, an OpenAPI document or a sample, pasted or from a file. `first`: the dialog opens with the keyboard here. */
function FromText({ onFound, first }: { onFound: (found: TargetShape | undefined) => void; first: boolean }) {
  const [text, setText] = useState('');
  const [file, setFile] = useState<string>();
  const [as, setAs] = useState<PastedKind | ''>('');
  const [whole, setWhole] = useState(false);
  const [operation, setOperation] = useState(0);
  const picker = useRef<HTMLInputElement>(null);
  const read = useMemo(() => (text.trim() === '' ? undefined : readPasted(text, as === '' ? undefined : as, whole)), [text, as, whole]);

  const give = (change: { text?: string; as?: PastedKind | ''; whole?: boolean; operation?: number; file?: string }): void => {
    const next = { text, as, whole, operation, file, ...change };
    if (change.text !== undefined) setText(next.text);
    if (change.as !== undefined) setAs(next.as);
    if (change.whole !== undefined) setWhole(next.whole);
    if (change.operation !== undefined) setOperation(next.operation);
    onFound(targetOf(next));
  };
  const take = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    setFile(chosen.name);
    setOperation(0);
    give({ text: chosen.size > mostText ? '' : await chosen.text(), operation: 0, file: chosen.name });
  };
  return (
    <section className={styles.part} aria-label="From a schema, a document or a sample">
      <h3 className={styles.head}>From a schema, a document or a sample</h3>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a file may be dropped on the field; the button beside it does the same. */}
      <div
        onDragOver={(event: DragEvent) => event.preventDefault()}
        onDrop={(event: DragEvent) => {
          event.preventDefault();
          void take(event.dataTransfer.files[0]);
        }}
      >
        <TextAreaField
          label="Paste it here"
          data-autofocus={first || undefined}
          mono
          rows={6}
          value={text.length > 20_000 ? `${text.slice(0, 20_000)}…` : text}
          readOnly={text.length > 20_000}
          spellCheck={false}
          placeholder={'{ "orderNo": "4711", "lines": [ { "sku": "A-1", "quantity": 2 } ] }'}
          onChange={(event) => {
            setFile(undefined);
            give({ text: event.target.value, operation: 0 });
          }}
          error={read !== undefined && 'problem' in read ? read.problem : undefined}
          help={
            read === undefined || 'problem' in read
              ? 'A sample of the result, a JSON Schema, or an OpenAPI document of the receiver, as JSON.'
              : seenAs(read)
          }
        />
      </div>
      <input
        ref={picker}
        type="file"
        accept=".json,.jsonl,application/json"
        className="visually-hidden"
        tabIndex={-1}
        aria-label="Schema, document or sample file"
        onChange={(event) => void take(event.target.files?.[0])}
      />
      <div className={styles.choices}>
        <Button size="small" icon={<FileJson2 size={14} aria-hidden="true" />} onClick={() => picker.current?.click()}>
          {file ?? 'Choose a file'}
        </Button>
        {text !== '' && (
          <Button
            size="small"
            look="quiet"
            onClick={() => {
              setFile(undefined);
              give({ text: '' });
            }}
          >
            Clear
          </Button>
        )}
        {read !== undefined && (
          <SelectField label="Read it as" value={as} onChange={(event) => give({ as: event.target.value as PastedKind | '' })}>
            {kinds.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
        )}
        {read !== undefined && 'operations' in read && (
          <SelectField label="Request" value={operation} onChange={(event) => give({ operation: Number(event.target.value) })}>
            {read.operations.map((one, index) => (
              <option key={`${one.method} ${one.path}`} value={index}>
                {one.method.toUpperCase()} {one.path}
                {one.summary === undefined ? '' : `: ${one.summary}`}
              </option>
            ))}
          </SelectField>
        )}
        {read !== undefined && 'list' in read && read.list && (
          <label className={styles.check}>
            <input type="checkbox" checked={whole} onChange={(event) => give({ whole: event.target.checked })} />
            The list is one result
          </label>
        )}
      </div>
    </section>
  );
}

function seenAs(read: Exclude<ReturnType<typeof readPasted>, { problem: string }>): string {
  if (read.kind === 'schema') return `Read as a JSON Schema${read.title === undefined ? '' : `: ${read.title}`}.`;
  if (read.kind === 'openapi') return `Read as an OpenAPI document with ${plural(read.operations.length, 'request')} with a body.`;
  return `Read as ${plural(read.count, 'sample')} of the result.`;
}

function targetOf(from: {
  text: string;
  as: PastedKind | '';
  whole: boolean;
  operation: number;
  file: string | undefined;
}): TargetShape | undefined {
  if (from.text.trim() === '') return undefined;
  const read = readPasted(from.text, from.as === '' ? undefined : from.as, from.whole);
  if ('problem' in read) return undefined;
  const name = from.file === undefined ? {} : { name: from.file };
  if (read.kind === 'schema') {
    return { origin: { kind: 'schema', ...(read.title === undefined ? name : { name: read.title }) }, shape: read.shape };
  }
  if (read.kind === 'sample') return { origin: { kind: 'sample', ...name }, shape: read.shape };
  const operation = read.operations[from.operation] ?? read.operations[0];
  const shape = operation && shapeOfRequest(read.document, operation);
  if (operation === undefined || shape === undefined) return undefined;
  const words = `${operation.method.toUpperCase()} ${operation.path}`;
  return { origin: { kind: 'openapi', operation: words, ...(read.title === undefined ? {} : { title: read.title }) }, shape };
}
