import { isBare, type Node } from '../ast.ts';

/** Keys that an object cannot be given by a plain assignment, or that the language refuses. */
export const isOddKey = (key: string): boolean => key === '__proto__' || key === '_jsonata_lambda' || key === '_jsonata_function';

/** A key that is written out. */
export const literalKey = (key: Node): string | undefined => (key.type === 'string' && isBare(key) ? String(key.value) : undefined);
