import type { NodeTypeInfo } from '#shared/node-type.ts';

/** Finding node types by what people type, with those used lately first. */

let recent: readonly string[] = [];

/** Notes that a type was added, so that it comes first next time (in this window). */
export function remember(type: string): void {
  recent = [type, ...recent.filter((other) => other !== type)].slice(0, 5);
}

/** How well a type answers a query: 0 not at all, else more is better. Title before synonyms before summary. */
export function score(type: NodeTypeInfo, query: string): number {
  const words = query.toLowerCase().trim();
  if (words === '') return 1;
  const title = type.title.toLowerCase();
  if (title === words) return 10;
  if (title.startsWith(words)) return 8;
  if (title.split(/\W+/).some((word) => word.startsWith(words))) return 7;
  if ((type.keywords ?? []).some((word) => word.toLowerCase().startsWith(words))) return 6;
  if (title.includes(words)) return 5;
  if (type.kind.startsWith(words) || type.category.toLowerCase().startsWith(words)) return 4;
  if (type.summary.toLowerCase().includes(words)) return 3;
  // Several words name one thing by several sides: `kafka source`.
  const each = words.split(/\s+/);
  if (each.length > 1) return Math.min(...each.map((word) => score(type, word)));
  return isScattered(words, title) ? 2 : 0;
}

/** True when the letters of the query come in the text in this order: `kfk` finds Kafka. */
function isScattered(query: string, text: string): boolean {
  let at = -1;
  for (const letter of query) {
    at = text.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** Types that answer a query, best first; among equals the recent ones, then `first`'s kind, then the catalog's order. */
export function rankTypes(types: readonly NodeTypeInfo[], query: string, first?: NodeTypeInfo['kind']): NodeTypeInfo[] {
  const order = ['source', 'transform', 'sink'];
  const lately = (type: NodeTypeInfo) => (recent.includes(type.type) ? recent.indexOf(type.type) : recent.length);
  return types
    .map((type) => ({ type, score: score(type, query) }))
    .filter((entry) => entry.score > 0)
    .sort(
      (a, b) =>
        b.score - a.score ||
        Number(b.type.kind === first) - Number(a.type.kind === first) ||
        lately(a.type) - lately(b.type) ||
        order.indexOf(a.type.kind) - order.indexOf(b.type.kind),
    )
    .map((entry) => entry.type);
}
