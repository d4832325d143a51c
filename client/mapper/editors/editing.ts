import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import type { SourcePath } from '#shared/mapping/reach.ts';
import type { Shape } from '#shared/shape/shape.ts';
import { useMapperState } from '../context.ts';
import type { RowResult } from '../mapper-store.ts';
import { evaluateOnce } from '../preview-client.ts';
import { type FieldChoice, type FieldPlace, fieldChoices } from './fields.ts';
import { inPlace } from './in-place.ts';

/** What the editors of one row share. */
export interface Editing extends Omit<FieldPlace, 'within'> {
  /** Kinds that the target wants; empty where they are not known. */
  kinds: Shape['kinds'];
  /** A field of an outer item was chosen: the loop gets a name for it. */
  name(naming: NonNullable<FieldChoice['naming']>): void;
}

export const EditingContext = createContext<Editing | undefined>(undefined);

/** The row that is edited. */
export function useEditing(): Editing {
  const editing = useContext(EditingContext);
  if (editing === undefined) throw new Error('This part belongs inside the editor of a row.');
  return editing;
}

/** What can be named here; inside the brackets of a list, with `within`, the fields of its items come first. */
export function useFields(within?: SourcePath): FieldChoice[] {
  const { view, target, rule, source, wanted } = useEditing();
  const key = within?.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is compared by its names.
  return useMemo(() => fieldChoices({ view, target, rule, source, wanted, within }), [view, target, rule, source, wanted, key]);
}

/** How long the hands rest before a result is worked out, in ms. */
const restMs = 60;

/** What code gives in the place of the row on the current sample, while it is typed; nothing while there is none, or no code. */
export function useResult(code: string | undefined): RowResult | undefined {
  const { view, rule } = useEditing();
  const samples = useMapperState((state) => state.samples);
  const current = useMapperState((state) => state.current);
  const items = useMapperState((state) => state.items);
  const [result, setResult] = useState<{ code: string; result: RowResult }>();
  useEffect(() => {
    if (code === undefined || samples.length === 0) {
      setResult(undefined);
      return;
    }
    const place = view === undefined ? { expression: code, pick: (found: RowResult) => found } : inPlace(view, rule, code, items);
    if (place === undefined) {
      setResult(undefined);
      return;
    }
    let over = false;
    const timer = setTimeout(() => {
      evaluateOnce(place.expression, current).then(
        (found) => {
          if (!over) setResult({ code, result: place.pick(found) });
        },
        (error: unknown) => {
          if (!over)
            setResult({
              code,
              result: { kind: 'failed', code: 'preview', message: error instanceof Error ? error.message : String(error) },
            });
        },
      );
    }, restMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [code, view, rule, samples, current, items]);
  return code === undefined ? undefined : result?.result;
}
