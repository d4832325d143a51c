import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import { formatFlow, logicOf, parseFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { StoreError } from './store-error.ts';

/** A document as it is kept. */
export interface Draft {
  /** The canonical text. */
  text: string;
  /** SHA-256, hex, of what decides how the flow runs: equal for two documents that differ only in drawing or names. */
  hash: string;
}

/** Text and logic hash of a document. Pure: the same flow gives the same draft. */
export function draftOf(flow: Flow): Draft {
  const logic = canonicalJson(logicOf(flow));
  return { text: formatFlow(flow), hash: createHash('sha256').update(logic).digest('hex') };
}

/** Reads what {@link draftOf} wrote, also in an older release. Throws `unavailable` for text that is no flow any more. */
export function readFlow(text: string): Flow {
  const { flow, problems } = parseFlow(text);
  if (flow) return flow;
  throw new StoreError('unavailable', `A stored flow cannot be read: ${problems.map((problem) => problem.message).join(' ')}`);
}
