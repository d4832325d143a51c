import { Plus, RotateCcw, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type SavedSample, sampleLimits } from '#shared/sample.ts';
import { createMasker, defaultMasks, type Mask, type MaskKind, maskSteps } from '#shared/sample-masks.ts';
import { api, isStale } from '../api.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { onceDrawn } from '../ui/focus.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './masks-dialog.module.css';
import { workspaceOf } from './workspace.ts';

interface Row extends Mask {
  /** Names the row on screen only. */
  id: number;
}

const places: { in: Mask['in']; label: string }[] = [
  { in: 'value', label: 'Field' },
  { in: 'header', label: 'Header' },
  { in: 'key', label: 'Key' },
];
const kinds: { kind: MaskKind; label: string }[] = [
  { kind: 'hide', label: 'Hide it: •••, 0 or false' },
  { kind: 'last-4', label: 'Keep the last four' },
  { kind: 'email', label: 'An address at example.com' },
];

/** Which fields are masked in the samples of a flow, how, and what that does to the sample that is looked at. */
export function MasksDialog({ flow, sample, onClose }: { flow: string; sample: SavedSample | undefined; onClose: () => void }) {
  const loaded = useLoad(async () => {
    const [masks, whole] = await Promise.all([api.masks(flow), sample === undefined ? undefined : api.savedSample(flow, sample.id)]);
    return { masks, whole };
  }, `${flow} ${sample?.id}`);
  const editor = useEditor();
  const readOnly = useEditorState((state) => state.readOnly);
  const next = useRef(0);
  const rowsOf = (list: readonly Mask[]): Row[] => list.map((mask) => ({ ...mask, id: next.current++ }));
  const masks = loaded.data?.masks;
  const [rows, setRows] = useState<Row[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was typed goes when the masks are read anew, and only then.
  useEffect(() => {
    if (masks) setRows(rowsOf(masks.masks));
  }, [masks]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const list = useRef<HTMLUListElement>(null);
  const plain = rows.map(({ id: _id, ...mask }): Mask => mask);
  const wrong = rows.filter((row) => problemOf(row) !== undefined);
  const change = (id: number, part: Partial<Mask>) => setRows((all) => all.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = () => {
    setRows((all) => [...all, { id: next.current++, in: 'value', path: '', kind: 'hide' }]);
    onceDrawn(() => {
      const inputs = list.current?.querySelectorAll<HTMLInputElement>('input');
      inputs?.[inputs.length - 1]?.focus();
    });
  };
  const save = () => {
    if (!masks) return;
    setBusy(true);
    setError(undefined);
    api.setMasks(flow, plain, masks.revision).then(
      ({ changed }) => {
        void workspaceOf(flow).load();
        editor.say(changed > 0 ? `Masks are set; ${plural(changed, 'stored sample')} masked again.` : 'Masks are set.');
        onClose();
      },
      (cause: unknown) => {
        setError(cause);
        setBusy(false);
      },
    );
  };
  return (
    <Dialog
      title="Masks: what is hidden in samples"
      size={940}
      onClose={onClose}
      footer={
        <>
          <span className={styles.promise}>Stored samples are masked again. What is masked once cannot be brought back.</span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="filled"
            busy={busy}
            disabled={readOnly !== undefined || masks === undefined || wrong.length > 0}
            title={readOnly}
            onClick={save}
          >
            Set masks
          </Button>
        </>
      }
    >
      {masks === undefined && loaded.error === undefined && <SkeletonRows rows={6} height={40} label="Reading the masks" />}
      {masks === undefined && loaded.error !== undefined && (
        <ErrorState what="The masks could not be read" error={loaded.error} onRetry={loaded.reload} />
      )}
      {masks !== undefined && (
        <>
          <p className={styles.lead}>
            {masks.default ? 'These are the masks that every flow begins with: names that look like secrets, and card numbers. ' : ''}
            They change a message before it is stored. They know names, not meanings: a secret in a field of another name stays.
          </p>
          <div className={styles.split}>
            <div className={styles.rows}>
              <ul ref={list} aria-label="Masks">
                {rows.map((row) => (
                  <li key={row.id} className={styles.row}>
                    <select
                      aria-label="Where"
                      value={row.in}
                      disabled={readOnly !== undefined}
                      onChange={(event) => change(row.id, { in: event.target.value as Mask['in'] })}
                    >
                      {places.map((place) => (
                        <option key={place.in} value={place.in}>
                          {place.label}
                        </option>
                      ))}
                    </select>
                    <input
                      aria-label="Path or name"
                      aria-invalid={problemOf(row) !== undefined}
                      placeholder={
                        row.in === 'value' ? 'customer.email or **.password' : row.in === 'header' ? 'authorization' : 'all of it'
                      }
                      title={problemOf(row)}
                      value={row.path}
                      disabled={readOnly !== undefined}
                      onChange={(event) => change(row.id, { path: event.target.value })}
                    />
                    <select
                      aria-label="How"
                      value={row.kind}
                      disabled={readOnly !== undefined}
                      onChange={(event) => change(row.id, { kind: event.target.value as MaskKind })}
                    >
                      {kinds.map((kind) => (
                        <option key={kind.kind} value={kind.kind}>
                          {kind.label}
                        </option>
                      ))}
                    </select>
                    <IconButton
                      label={`Remove the mask ${row.path}`}
                      size="small"
                      disabled={readOnly !== undefined}
                      onClick={() => setRows((all) => all.filter(({ id }) => id !== row.id))}
                    >
                      <Trash2 size={14} />
                    </IconButton>
                  </li>
                ))}
              </ul>
              <div className={styles.tools}>
                <Button
                  size="small"
                  icon={<Plus size={14} />}
                  disabled={readOnly !== undefined || rows.length >= sampleLimits.masks}
                  onClick={add}
                >
                  Add a mask
                </Button>
                <Button
                  size="small"
                  look="quiet"
                  icon={<RotateCcw size={14} />}
                  disabled={readOnly !== undefined}
                  onClick={() => setRows(rowsOf(defaultMasks))}
                >
                  Default masks
                </Button>
                {wrong[0] && <span className={styles.wrong}>{problemOf(wrong[0])}</span>}
              </div>
            </div>
            <Effect masks={plain} sample={loaded.data?.whole} />
          </div>
        </>
      )}
      {error !== undefined && (
        <Notice
          level="error"
          title={isStale(error) ? 'Somebody else has set the masks meanwhile' : 'The masks were not set'}
          action={
            isStale(error) && (
              <Button
                size="small"
                onClick={() => {
                  setError(undefined);
                  loaded.reload();
                }}
              >
                Load theirs
              </Button>
            )
          }
        >
          {isStale(error) ? 'Nothing was changed. Load theirs, then make your change again.' : describeError(error).message}
        </Notice>
      )}
    </Dialog>
  );
}

function Effect({ masks, sample }: { masks: readonly Mask[]; sample: SavedSample | undefined }) {
  const result = useMemo(() => {
    if (!sample || sample.value === undefined) return undefined;
    const { key, headers, timestamp, value } = sample;
    return createMasker(masks.filter((mask) => problemOf(mask) === undefined))({ key, headers, timestamp, value });
  }, [masks, sample]);
  return (
    <section className={styles.effect} aria-label="What the masks do">
      <h3>
        {sample === undefined ? 'What they do' : sample.name}
        {result && (
          <span role="status">{result.masked === 0 ? 'nothing more is masked in it' : `${plural(result.masked, 'place')} masked`}</span>
        )}
      </h3>
      {result === undefined ? (
        <p>Choose a sample first, and its masked form stands here while you type.</p>
      ) : (
        <>
          {result.message.key !== null && <p>Key: {result.message.key.text}</p>}
          {Object.entries(result.message.headers).map(([name, content]) => (
            <p key={name}>
              {name}: {content.text}
            </p>
          ))}
          <JsonView
            text={result.message.value?.text ?? ''}
            look={result.message.value?.encoding === 'base64' ? 'raw' : 'pretty'}
            label="Masked value"
          />
        </>
      )}
    </section>
  );
}

/** Why a mask cannot be set as it stands, in one sentence. */
export function problemOf({ in: place, path }: Mask): string | undefined {
  if (path.trim() === '' && place !== 'key')
    return place === 'header' ? 'Say which header is masked.' : 'Say which field is masked, such as customer.email or **.password.';
  return maskSteps(path) === undefined ? `“${path}” is no path: write one such as customer.email, items.card or **.password.` : undefined;
}
