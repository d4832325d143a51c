import type { Node } from './ast.ts';
/** Paths of the input that an expression may read. */
export function readsOf(_ast: Node): string[][] | 'everything' {
  return 'everything';
}
