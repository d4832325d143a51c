import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { useMapper, useMapperState } from './context.ts';
import { select } from './gestures.ts';
import { modelOf } from './model.ts';

/** How long the hands must rest before the address names another row: browsers count changes of it. */
const restMs = 300;

/** Keeps the address and the selected row in step: `&row=lines[].sku` selects the row as soon as it is there. */
export function useRowLink(): void {
  const mapper = useMapper();
  const row = useMapperState((state) => state.row);
  const model = useMapperState((state) => modelOf(mapper, state));
  const [params, setParams] = useSearchParams();
  const wanted = useRef<string | null>(params.get('row'));
  useEffect(() => {
    const key = wanted.current;
    if (key === null || !model.target.nodes.has(key)) return;
    wanted.current = null;
    select(mapper, key);
  }, [mapper, model]);
  useEffect(() => {
    if (row === undefined || wanted.current !== null || params.get('row') === row || params.get('tab') !== 'mapping') return;
    const timer = setTimeout(() => {
      const next = new URLSearchParams(params);
      next.set('row', row);
      setParams(next, { replace: true });
    }, restMs);
    return () => clearTimeout(timer);
  }, [row, params, setParams]);
}
