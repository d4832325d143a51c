import { useEffect, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';

/**
 * The row of a map node's expression in which an error stands, as the mapper names it: `lines[].sku`. `position` stands
 * behind the token that the error is about. Undefined while it is not known, and for what is in no row.
 */
export function useRowAt(node: FlowNode, position: number | undefined): string | undefined {
  const text = node.type === 'map' && typeof node.config.expression === 'string' ? node.config.expression : undefined;
  const [row, setRow] = useState<string>();
  useEffect(() => {
    let current = true;
    setRow(undefined);
    if (text === undefined || position === undefined) return;
    void rowAt(text, position).then((found) => current && setRow(found));
    return () => {
      current = false;
    };
  }, [text, position]);
  return row;
}

/** Reading rows takes a part of the mapper, which the canvas does without. */
async function rowAt(text: string, position: number): Promise<string | undefined> {
  const [{ ruleAt, viewOf }, { targetText }] = await Promise.all([import('#shared/mapping/view.ts'), import('#shared/mapping/target.ts')]);
  const view = viewOf(text);
  const rule = view.ok ? ruleAt(view, Math.max(0, position - 1)) : undefined;
  return rule && (targetText(rule.target) || undefined);
}
