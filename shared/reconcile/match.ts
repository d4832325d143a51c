import { reconcileLimits } from '../reconcile.ts';

/** Compares a list of ids with what comes by in the log. Memory grows with the ids, not with the records. */
export interface SourceMatch {
  /** Enters an id of the list. False: it is there already. @throws RangeError beyond the bound */
  list(id: string, ordinal: number): boolean;
  /** A record of the log; `inside`: of the period itself, so that it should stand in the list. */
  seen(id: string | undefined, position: string, inside: boolean): void;
  listed(): number;
  result(): {
    /** Ordinals of the list that never came by. */
    missing: number[];
    doubled: { ordinal: number; count: number; position: string }[];
    extra: { id: string; position: string }[];
    /** More extra ones than are named. */
    moreExtra: number;
    matched: number;
    /** Records without an id. */
    unnamed: number;
  };
}

export function createSourceMatch(): SourceMatch {
  const things = new Map<string, { ordinal: number; count: number; position: string }>();
  const extra = new Map<string, string>();
  let moreExtra = 0;
  let unnamed = 0;
  return {
    list(id, ordinal) {
      if (things.has(id)) return false;
      if (things.size >= reconcileLimits.ids)
        throw new RangeError(`The list has more than ${reconcileLimits.ids.toLocaleString('en-US')} ids. Compare a shorter period.`);
      things.set(id, { ordinal, count: 0, position: '' });
      return true;
    },
    seen(id, position, inside) {
      if (id === undefined) {
        if (inside) unnamed++;
        return;
      }
      const thing = things.get(id);
      if (thing) {
        thing.count++;
        thing.position = position;
      } else if (inside && !extra.has(id)) {
        if (extra.size < reconcileLimits.extra) extra.set(id, position);
        else moreExtra++;
      }
    },
    listed: () => things.size,
    result() {
      const missing: number[] = [];
      const doubled: { ordinal: number; count: number; position: string }[] = [];
      let matched = 0;
      for (const { ordinal, count, position } of things.values()) {
        if (count === 0) missing.push(ordinal);
        else if (count > 1) doubled.push({ ordinal, count, position });
        else matched++;
      }
      return { missing, doubled, matched, moreExtra, unnamed, extra: [...extra].map(([id, position]) => ({ id, position })) };
    },
  };
}

/** Compares what was sent to a sink with what the place behind it holds. */
export interface SinkMatch {
  /** A message of the sink's topic, by the name that the place would keep it under. Of one name the last counts. */
  sent(key: string, message: { origin: string; position: string; inside: boolean; waiting: boolean }): void;
  /** A name that the place holds. A table says each once, a file once for each line. */
  held(key: string): void;
  result(isDead: (position: string) => boolean): {
    missing: { key: string; origin: string; state: 'missing' | 'waiting' | 'dead' }[];
    /** What the place holds more often than it was sent. */
    doubled: { key: string; origin: string; count: number }[];
    extra: string[];
    moreExtra: number;
    matched: number;
    held: number;
  };
}

export function createSinkMatch(): SinkMatch {
  const messages = new Map<string, { origin: string; position: string; inside: boolean; waiting: boolean; sent: number; held: number }>();
  const extra: string[] = [];
  let moreExtra = 0;
  let held = 0;
  return {
    sent(key, message) {
      const known = messages.get(key);
      if (known === undefined && messages.size >= reconcileLimits.keys)
        throw new RangeError(
          `More than ${reconcileLimits.keys.toLocaleString('en-US')} different keys were sent. Compare a shorter period.`,
        );
      messages.set(key, { ...message, inside: message.inside || known?.inside === true, sent: (known?.sent ?? 0) + 1, held: 0 });
    },
    held(key) {
      held++;
      const message = messages.get(key);
      if (message) message.held++;
      else if (extra.length < reconcileLimits.extra) extra.push(key);
      else moreExtra++;
    },
    result(isDead) {
      const missing: { key: string; origin: string; state: 'missing' | 'waiting' | 'dead' }[] = [];
      const doubled: { key: string; origin: string; count: number }[] = [];
      let matched = 0;
      for (const [key, message] of messages) {
        if (!message.inside) continue;
        if (message.held > message.sent) doubled.push({ key, origin: message.origin, count: message.held });
        else if (message.held > 0) matched++;
        else
          missing.push({ key, origin: message.origin, state: message.waiting ? 'waiting' : isDead(message.position) ? 'dead' : 'missing' });
      }
      return { missing, doubled, extra, moreExtra, matched, held };
    },
  };
}
