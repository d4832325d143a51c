import { isExactNumber } from './exact-number.ts';

/** Known keys of an object in the order they are written; `last` stands behind the unknown ones. */
export interface KeyOrder {
  first: readonly string[];
  last?: readonly string[];
}

/** Order of the keys at a place; the path names object keys and `*` for items of a list. Undefined: by name. */
export type OrderAt = (path: readonly string[]) => KeyOrder | undefined;

/**
 * JSON text in which equal data gives equal bytes: keys in the given order, all others sorted by UTF-16 code unit
 * behind them; lists keep their order, numbers all their digits. With `indent` it is laid out over lines as `JSON.stringify` would, else in one.
 * Keys whose value is `undefined` are left out.
 * @throws TypeError for what JSON cannot hold (functions, symbols, big integers).
 */
export function canonicalJson(value: unknown, options: { indent?: number; orderAt?: OrderAt } = {}): string {
  const step = options.indent ?? 0;
  const colon = step > 0 ? ': ' : ':';
  const path: string[] = [];

  function lines(open: string, items: string[], close: string, depth: number): string {
    if (items.length === 0) return open + close;
    if (step === 0) return open + items.join(',') + close;
    const pad = ' '.repeat(step * (depth + 1));
    return `${open}\n${items.map((item) => pad + item).join(',\n')}\n${' '.repeat(step * depth)}${close}`;
  }

  function write(current: unknown, depth: number): string {
    if (isExactNumber(current)) return current.text;
    if (Array.isArray(current)) {
      path.push('*');
      const items = current.map((item: unknown) => write(item === undefined ? null : item, depth + 1));
      path.pop();
      return lines('[', items, ']', depth);
    }
    if (typeof current === 'object' && current !== null) {
      const object = current as Record<string, unknown>;
      const items: string[] = [];
      for (const key of ordered(Object.keys(object), options.orderAt?.(path))) {
        const item = object[key];
        if (item === undefined) continue;
        path.push(key);
        items.push(JSON.stringify(key) + colon + write(item, depth + 1));
        path.pop();
      }
      return lines('{', items, '}', depth);
    }
    const text: string | undefined = JSON.stringify(current);
    if (text === undefined) throw new TypeError(`JSON cannot hold a ${typeof current}.`);
    return text;
  }

  return write(value, 0);
}

function ordered(keys: string[], order: KeyOrder | undefined): string[] {
  const first = order?.first ?? [];
  const last = order?.last ?? [];
  const rank = (key: string): number => {
    const at = first.indexOf(key);
    if (at >= 0) return at - first.length;
    return 1 + last.indexOf(key);
  };
  return keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}
