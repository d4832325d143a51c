import { useId, useMemo, useState } from 'react';
import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import type { Side } from '#shared/flow-merge/mapping.ts';
import type { MergeConflict } from '#shared/flow-merge/value.ts';
import { mergeFlows } from '#shared/flow-merge.ts';
import { plural, timeOfDay } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/status.tsx';
import type { Autosave } from './autosave.ts';
import styles from './conflict-dialog.module.css';
import { useEditorState, useFlow } from './context.ts';

/** Somebody else changed the same meanwhile: the person chooses, place by place; nothing is overwritten. */
export function ConflictDialog({ autosave, onCopied }: { autosave: Autosave; onCopied: (id: string) => void }) {
  const save = useEditorState((state) => state.save);
  if (save.kind !== 'conflict') return null;
  return <Met key={save.theirs.revision} base={save.base} theirs={save.theirs} autosave={autosave} onCopied={onCopied} />;
}

interface MetProps {
  base: Flow;
  theirs: FlowRecord;
  autosave: Autosave;
  onCopied: (id: string) => void;
}

function Met(met: MetProps) {
  const [later, setLater] = useState(false);
  if (!later) return <Choose {...met} onLater={() => setLater(true)} />;
  return (
    <div className={styles.bar}>
      <Notice
        level="warning"
        title="Your changes are not saved"
        action={
          <Button size="small" onClick={() => setLater(false)}>
            Decide now
          </Button>
        }
      >
        {met.theirs.updatedBy} changed the same since you opened it.
      </Notice>
    </div>
  );
}

interface ChooseProps extends MetProps {
  onLater: () => void;
}

function Choose({ base, theirs, autosave, onCopied, onLater }: ChooseProps) {
  const mine = useFlow();
  const catalog = useEditorState((state) => state.catalog);
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({});
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const { conflicts } = useMemo(() => mergeFlows(base, mine, theirs.flow, { catalog }), [base, mine, theirs, catalog]);
  const open = conflicts.filter(({ id }) => choices[id] === undefined).length;
  const all = (side: Side) => setChoices(Object.fromEntries(conflicts.map(({ id }) => [id, side])));
  const copy = () => {
    setBusy(true);
    setFailed(undefined);
    autosave
      .keepAsCopy()
      .then(onCopied)
      .catch((error: unknown) => setFailed(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      title={`You and ${theirs.updatedBy} changed the same`}
      size={760}
      locked={busy}
      onClose={onLater}
      footer={
        <>
          <span className={styles.open} role="status">
            {open === 0 ? 'Everything is decided' : `${plural(open, 'choice')} left`}
          </span>
          <Button disabled={busy} onClick={copy} title="Your draft becomes a flow of its own; this one stays as they saved it">
            Keep mine as a copy
          </Button>
          <Button look="filled" disabled={open > 0} busy={busy} onClick={() => autosave.settle(choices)}>
            Save what is chosen
          </Button>
        </>
      }
    >
      <div className={styles.intro}>
        <p>
          {theirs.updatedBy} saved this flow at {timeOfDay(theirs.updatedAt)}, while you worked on it.{' '}
          {conflicts.length === 1 ? 'One place differs' : `${conflicts.length} places differ`}; all other changes of you both are merged.
          Undo brings your draft back as it is now.
        </p>
        {conflicts.length > 1 && (
          <span className={styles.all}>
            <Button size="small" onClick={() => all('mine')}>
              All mine
            </Button>
            <Button size="small" onClick={() => all('theirs')}>
              All of {theirs.updatedBy}
            </Button>
          </span>
        )}
      </div>
      <ol className={styles.list}>
        {conflicts.map((conflict, at) => (
          <li key={conflict.id}>
            <Conflict
              first={at === 0}
              conflict={conflict}
              who={theirs.updatedBy}
              chosen={choices[conflict.id]}
              onChoose={(side) => setChoices((before) => ({ ...before, [conflict.id]: side }))}
            />
          </li>
        ))}
      </ol>
      {failed !== undefined && (
        <Notice level="error" title="The copy was not made">
          {failed}
        </Notice>
      )}
    </Dialog>
  );
}

interface ConflictProps {
  /** The one that the keyboard begins at. */
  first: boolean;
  conflict: MergeConflict;
  who: string;
  chosen: Side | undefined;
  onChoose: (side: Side) => void;
}

function Conflict({ first, conflict, who, chosen, onChoose }: ConflictProps) {
  const name = useId();
  const sides: { side: Side; label: string }[] = [
    { side: 'mine', label: 'Mine' },
    { side: 'theirs', label: who },
    { side: 'base', label: 'As it was' },
  ];
  return (
    <fieldset className={styles.conflict}>
      <legend className={styles.place}>
        {conflict.place}
        {conflict.label !== undefined && <span className={styles.label}>{conflict.label}</span>}
        {conflict.row !== undefined && <code className={styles.row}>{conflict.row === '' ? 'the whole result' : conflict.row}</code>}
      </legend>
      <div className={styles.sides}>
        {sides.map(({ side, label }) => (
          <label key={side} className={styles.side}>
            <span className={styles.head}>
              <input
                type="radio"
                name={name}
                data-autofocus={first && side === 'mine' ? true : undefined}
                checked={chosen === side}
                onChange={() => onChoose(side)}
              />
              {label}
            </span>
            {conflict[side] === undefined ? (
              <span className={styles.absent}>{conflict.label === 'The whole node' && side !== 'base' ? 'removed' : 'not there'}</span>
            ) : conflict[side] === '' ? (
              <span className={styles.absent}>empty</span>
            ) : (
              <span className={conflict.code ? styles.code : styles.value}>{conflict[side]}</span>
            )}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
