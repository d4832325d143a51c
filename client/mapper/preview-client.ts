import type { RowResult } from './mapper-store.ts';

/** One expression on one sample of the mapper on screen, in the scope of a rule: the item and names that it sees there. */
export async function evaluateOnce(_expression: string, _sampleIndex: number, _inScopeOf?: string): Promise<RowResult> {
  return { kind: 'nothing' };
}
