import { stringifyJson } from '../sdk.ts';

/** Answers of the world outside that are kept for a while; the one not used for longest goes first. */
export interface AnswerCache<Answer> {
  get(key: string): Answer | undefined;
  set(key: string, answer: Answer): void;
}

export interface CacheBounds {
  entries: number;
  /** Characters of keys and answers as JSON, together. */
  characters: number;
  /** How long an answer counts; 0 keeps none. */
  ms: number;
  /** The clock, in ms since 1970. */
  now(): number;
}

/** An empty cache. Answers are JSON data and are not changed by anybody. */
export function createAnswerCache<Answer>({ entries, characters, ms, now }: CacheBounds): AnswerCache<Answer> {
  /** In the order of their last use. */
  const kept = new Map<string, { answer: Answer; until: number; size: number }>();
  let size = 0;

  function remove(key: string): void {
    size -= kept.get(key)?.size ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      // A clock that went back keeps nothing for longer than asked.
      const left = entry.until - now();
      kept.delete(key);
      if (left <= 0 || left > ms) {
        size -= entry.size;
        return undefined;
      }
      kept.set(key, entry);
      return entry.answer;
    },
    set(key, answer) {
      if (ms <= 0) return;
      remove(key);
      const entry = { answer, until: now() + ms, size: key.length + (stringifyJson(answer)?.length ?? 0) };
      if (entry.size > characters) return;
      kept.set(key, entry);
      size += entry.size;
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && size <= characters) return;
        remove(oldest);
      }
    },
  };
}
