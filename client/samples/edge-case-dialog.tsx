import { useMemo, useState } from 'react';
import { type SavedSample, sampleLimits } from '#shared/sample.ts';
import type { EdgeCase, EdgeKind } from '#shared/sample-edge-cases.ts';
import { api } from '../api.ts';
import { useEditor } from '../editor/context.ts';
import { plural } from '../format.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import styles from './edge-case-dialog.module.css';
import { useWorkspace } from './workspace.ts';

const titles: Record<EdgeKind, string> = {
  missing: 'A field is missing',
  null: 'A field is null',
  'empty-text': 'A text is empty',
  'long-text': 'A text is very long',
  'empty-list': 'A list is empty',
  'one-item': 'A list has one item',
  single: 'One item stands without its list',
  'number-as-text': 'A number comes as text',
  '64-bit': 'A number needs 64 bits',
  'wrong-type': 'A value is of another type',
  'no-value': 'The message has no value',
};

/** Messages made of one sample, each with one thing changed, to choose which of them become samples too. */
export function EdgeCaseDialog({ flow, sample, onClose }: { flow: string; sample: SavedSample; onClose: () => void }) {
  const editor = useEditor();
  const { workspace, samples } = useWorkspace(flow);
  const { data, error, reload } = useLoad(() => api.edgeCases(flow, sample.id), `${flow} ${sample.id}`);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [looked, setLooked] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const groups = useMemo(() => grouped(data?.cases ?? []), [data]);
  const taken = new Set(samples.flatMap(({ origin }) => (origin.kind === 'derived' && origin.of === sample.id ? [origin.edgeCase] : [])));
  const shown = data?.cases.find(({ id }) => id === looked) ?? data?.cases[0];
  const room = sampleLimits.count - samples.length;

  const set = (ids: readonly string[], on: boolean) => {
    const next = new Set(chosen);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setChosen(next);
  };
  const take = () => {
    setBusy(true);
    setFailed(undefined);
    workspace.take({ from: 'edge-cases', sample: sample.id, cases: [...chosen] }).then(
      (result) => {
        editor.say(`Took ${plural(result.samples.length, 'edge case')}.`);
        onClose();
      },
      (cause: unknown) => {
        setFailed(cause);
        setBusy(false);
      },
    );
  };
  return (
    <Dialog
      title={`Edge cases of ${sample.name}`}
      size={940}
      onClose={onClose}
      footer={
        <>
          <span className={styles.promise}>
            Each is the sample with one thing changed; all else keeps its digits.
            {data?.more === true && ' The sample is large, so not every field is here.'}
            {chosen.size > room && ` There is room for ${room} more samples only.`}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="filled" busy={busy} disabled={chosen.size === 0 || chosen.size > room} onClick={take}>
            {chosen.size === 0 ? 'Take edge cases' : `Take ${plural(chosen.size, 'edge case')}`}
          </Button>
        </>
      }
    >
      {error !== undefined && data === undefined ? (
        <ErrorState what="The edge cases could not be made" error={error} onRetry={reload} />
      ) : data === undefined ? (
        <SkeletonRows rows={6} height={40} label="Making the edge cases" />
      ) : (
        <div className={styles.split}>
          <div className={styles.list}>
            {groups.map(({ kind, cases }) => {
              const open = cases.filter(({ id }) => !taken.has(id)).map(({ id }) => id);
              const on = open.filter((id) => chosen.has(id)).length;
              return (
                <fieldset key={kind} className={styles.group}>
                  <legend>
                    <label className={styles.all}>
                      <input
                        type="checkbox"
                        disabled={open.length === 0}
                        checked={open.length > 0 && on === open.length}
                        ref={(box) => {
                          if (box) box.indeterminate = on > 0 && on < open.length;
                        }}
                        onChange={(event) => set(open, event.target.checked)}
                      />
                      {titles[kind]}
                      <span>{cases.length}</span>
                    </label>
                  </legend>
                  {cases.map((each) => (
                    <label key={each.id} className={styles.case} data-shown={each === shown} onPointerEnter={() => setLooked(each.id)}>
                      <input
                        type="checkbox"
                        disabled={taken.has(each.id)}
                        checked={taken.has(each.id) || chosen.has(each.id)}
                        onFocus={() => setLooked(each.id)}
                        onChange={(event) => set([each.id], event.target.checked)}
                      />
                      <span title={each.name}>{each.name}</span>
                      {taken.has(each.id) && <small>taken</small>}
                    </label>
                  ))}
                </fieldset>
              );
            })}
            {groups.length === 0 && <p className={styles.none}>This sample has no value, so nothing can be changed in it.</p>}
          </div>
          <section className={styles.preview} aria-label="The edge case">
            {shown && <h3>{shown.name}</h3>}
            {shown &&
              (shown.value === null ? (
                <p className={styles.none}>Delete marker: no value.</p>
              ) : (
                <JsonView text={cut(shown.value)} look="pretty" label={shown.name} />
              ))}
          </section>
        </div>
      )}
      {failed !== undefined && (
        <Notice level="error" title="Nothing was taken">
          {describeError(failed).message}
        </Notice>
      )}
    </Dialog>
  );
}

/** Cases by kind, both in the order in which they came. */
function grouped(cases: readonly EdgeCase[]): { kind: EdgeKind; cases: EdgeCase[] }[] {
  const groups = new Map<EdgeKind, EdgeCase[]>();
  for (const each of cases) {
    const group = groups.get(each.kind);
    if (group) group.push(each);
    else groups.set(each.kind, [each]);
  }
  return [...groups].map(([kind, list]) => ({ kind, cases: list }));
}

/** A very long text is only shown in part. */
const cut = (text: string): string => (text.length > 6000 ? `${text.slice(0, 6000)} …` : text);
