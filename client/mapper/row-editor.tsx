import { useLayoutEffect, useRef } from 'react';
import { createPortal } from 'react-dom';
import { placeFor } from '#shared/mapping/place.ts';
import { allRules, type Rule } from '#shared/mapping/rule.ts';
import { sameTarget, targetText } from '#shared/mapping/target.ts';
import { type OpenView, ruleById, viewOf } from '#shared/mapping/view.ts';
import { useMapperState } from './context.ts';
import { RowForm } from './editors/row-form.tsx';
import type { MapperState } from './mapper-store.ts';

type OpenRow = Extract<NonNullable<MapperState['open']>, { kind: 'row' }>;

/**
 * The editor of the open row: a popover beside its row, `anchor`; nothing while no row is open. Enter takes over, Esc
 * leaves everything as it was; then the keyboard is back on the row. A row that is left for another one is taken over
 * when it can be.
 */
export function RowEditor({ anchor }: { anchor: HTMLElement | null }) {
  const open = useMapperState((state) => state.open);
  const view = useMapperState((state) => state.view);
  const shown = useMapperState((state) => state.shown);
  const row = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (anchor !== null) row.current = anchor;
  }, [anchor]);
  const beside = anchor ?? row.current;
  if (open?.kind !== 'row' || beside === null) return null;
  const now = view.ok ? view : view.text.trim() === '' ? emptyView() : shown;
  if (now === undefined) return null;
  const rule = ruleOf(now, open);
  return createPortal(
    <RowForm key={`${open.rule ?? ''} ${targetText(open.target)}`} open={open} anchor={beside} view={now} rule={rule} />,
    document.body,
  );
}

function emptyView(): OpenView | undefined {
  const view = viewOf('{}');
  return view.ok ? view : undefined;
}

/** The rule that a row shows: the one with its id, else the one that fills its place; nothing for a place without a rule. */
function ruleOf(view: OpenView, { rule, target }: OpenRow): Rule | undefined {
  if (rule !== undefined) return ruleById(view, rule);
  for (const one of allRules(view.root)) if (target.length > 0 && sameTarget(one.target, target)) return bodyOf(one);
  const place = placeFor(view, target);
  return place.rest.length === 0 ? bodyOf(place.rule) : undefined;
}

const bodyOf = (rule: Rule): Rule => (rule.kind === 'scope' ? bodyOf(rule.body) : rule);
