import type { TargetNode } from '#shared/mapping/rows/target.ts';
import type { MapperState, RowResult } from './mapper-store.ts';

/** What a row shows of the preview: its result on the sample, and for a loop which of how many items its rows show. */
export interface Shown {
  result?: RowResult;
  /** Of a loop: how many items, and the one shown (from 0). */
  items?: { rule: string; count: number; at: number };
}

const nothingShown: Shown = {};

/** What the preview has for a row. */
export function shownOf({ preview, items }: Pick<MapperState, 'preview' | 'items'>, node: TargetNode): Shown {
  const { rule } = node;
  if (rule === undefined) return nothingShown;
  const inner = node.loops.at(-1);
  const at = inner === undefined ? 0 : (items.get(inner) ?? 0);
  for (let here = rule; ; here = here.body) {
    const results = preview.rows.get(here.id);
    const result = results?.[Math.min(at, results.length - 1)];
    if (result !== undefined) {
      const loop = loopIn(rule);
      const count = result.kind === 'value' ? result.items : undefined;
      if (loop === undefined || count === undefined) return { result };
      return { result, items: { rule: loop, count, at: Math.min(items.get(loop) ?? 0, Math.max(0, count - 1)) } };
    }
    if (here.kind !== 'scope') return nothingShown;
  }
}

/** The loop that makes a row. */
function loopIn(rule: TargetNode['rule']): string | undefined {
  if (rule?.kind === 'scope') return loopIn(rule.body);
  return rule?.kind === 'loop' ? rule.id : undefined;
}
