import type { Response } from 'express';
import { stringifyJson } from '#shared/json.ts';
import type { FindProgress } from '#shared/sample.ts';
import { problemDetails, Refusal, refusalOf } from './refusal.ts';

/** Searches that may run at once on one server: they share its main thread and its connection to Kafka. */
const mostSearches = 3;
/** ms between two lines that say how far a search is. */
const everyMs = 250;

/** Runs a search when not too many are under way; refuses with 429 otherwise. */
export type SearchSlots = <T>(search: () => Promise<T>) => Promise<T>;

/** Slots for the searches of one server. */
export function createSearchSlots(most = mostSearches): SearchSlots {
  let running = 0;
  return async (search) => {
    if (running >= most) {
      const message = `${most} searches are running on this server already. Wait until one has ended, then search again.`;
      throw new Refusal(429, 'samples/busy', message, { headers: { 'retry-after': '2' } });
    }
    running++;
    try {
      return await search();
    } finally {
      running--;
    }
  };
}

/** True when the client wants to hear how far a search is. */
export function wantsProgress(accept: string | undefined): boolean {
  return accept?.includes('application/x-ndjson') === true;
}

/**
 * Answers with lines of JSON: `{"progress":…}` now and then, and last `{"answer":…}` or `{"problem":…}`. What is refused
 * before the first line is thrown, so that it is answered as everywhere else.
 */
export async function answerInLines(
  response: Response,
  run: (onProgress: (progress: FindProgress) => void) => Promise<unknown>,
): Promise<void> {
  let saidAt = Number.NEGATIVE_INFINITY;
  const line = (content: object): void => {
    if (response.destroyed) return;
    if (!response.headersSent) response.status(200).type('application/x-ndjson').set('x-accel-buffering', 'no');
    response.write(`${stringifyJson(content)}\n`);
  };
  try {
    const answer = await run((progress) => {
      const now = performance.now();
      if (now - saidAt < everyMs) return;
      saidAt = now;
      line({ progress });
    });
    if (answer !== undefined) line({ answer });
  } catch (error) {
    if (!response.headersSent) throw error;
    line({ problem: problemDetails(refusalOf(error)) });
  }
  response.end();
}
