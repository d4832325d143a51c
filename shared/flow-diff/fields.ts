import { canonicalJson } from '../canonical.ts';
import type { ConfigSchema } from '../node-type.ts';
import { listed, quoted } from './change.ts';
import { diffExpressions, type ExpressionChange } from './expression.ts';
import { isObject, keyedItems, labelOf, ownOf, same, schemaOf, valueWords } from './values.ts';

/** A difference in a config or settings; `field` is its path, `label` what the form calls it. */
export interface FieldChange extends ExpressionChange {
  field: string;
  label: string;
}

interface At {
  schema: ConfigSchema | undefined;
  path: string;
  label: string;
}

/** How two values of one place differ, as deep as their parts can be told apart. */
export function diffValue(before: unknown, after: unknown, at: At): FieldChange[] {
  if (same(before, after)) return [];
  if (typeof before === 'string' && typeof after === 'string' && at.schema?.widget === 'jsonata') {
    return diffExpressions(before, after).map((change) => ({ ...change, field: at.path, label: at.label }));
  }
  if (isObject(before) && isObject(after)) return diffObject(before, after, at);
  const [old, now] = [keyedItems(before), keyedItems(after)];
  if (old !== undefined && now !== undefined) return diffItems(old, now, at);
  return [leaf(before, after, at)];
}

/** How two objects differ, key by key. */
export function diffObject(before: Record<string, unknown>, after: Record<string, unknown>, { schema, path, label }: At): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const known = Object.keys(schema?.properties ?? {});
  const rank = (key: string) => (known.includes(key) ? known.indexOf(key) : known.length);
  keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return keys.flatMap((key) => {
    const inner = schemaOf(schema, key);
    // The entries of a table, such as headers, are called by their names, not by what all of them are.
    const own =
      ownOf(schema?.properties, key) !== undefined || schema?.additionalProperties === undefined ? labelOf(inner, key) : quoted(key);
    return diffValue(ownOf(before, key), ownOf(after, key), {
      schema: inner,
      path: path === '' ? key : `${path}.${key}`,
      label: label === '' ? own : `${label}, ${own}`,
    });
  });
}

function diffItems(old: Map<string, Record<string, unknown>>, now: Map<string, Record<string, unknown>>, at: At): FieldChange[] {
  const what = at.schema?.widget === 'cases' ? 'branch' : 'entry';
  const item = at.schema?.items;
  const changes: FieldChange[] = [];
  [...now].forEach(([id, value], index) => {
    const before = old.get(id);
    const place = { field: `${at.path}.${index}`, label: at.label };
    if (before === undefined) {
      changes.push({
        ...place,
        kind: 'added',
        weight: 'logic',
        sentence: `new ${what} ${nameOf(value)}${whenOf(value)}`,
        after: canonicalJson(value),
      });
      return;
    }
    const renamed = typeof before.name === 'string' && typeof value.name === 'string' && before.name !== value.name;
    if (renamed) {
      const sentence = `${what} ${quoted(before.name as string)} renamed to ${quoted(value.name as string)}`;
      changes.push({
        ...place,
        field: `${place.field}.name`,
        kind: 'changed',
        weight: 'logic',
        sentence,
        before: before.name as string,
        after: value.name as string,
      });
    }
    const [left, right] = renamed
      ? [
          { ...before, name: '' },
          { ...value, name: '' },
        ]
      : [before, value];
    changes.push(...diffObject(left, right, { schema: item, path: place.field, label: `${at.label}, ${nameOf(value)}` }));
  });
  for (const [id, value] of old) {
    if (now.has(id)) continue;
    const sentence = `${what} ${nameOf(value)}${whenOf(value)} removed`;
    changes.push({ field: at.path, label: at.label, kind: 'removed', weight: 'logic', sentence, before: canonicalJson(value) });
  }
  const kept = [...old.keys()].filter((id) => now.has(id));
  const order = [...now.keys()].filter((id) => old.has(id));
  if (!same(kept, order)) {
    const names = (ids: readonly string[]) => listed(ids.map((id) => nameOf(now.get(id) ?? {})));
    const sentence = `now in the order ${names(order)}`;
    changes.push({ field: at.path, label: at.label, kind: 'moved', weight: 'logic', sentence, before: names(kept), after: names(order) });
  }
  return changes;
}

function nameOf(item: Record<string, unknown>): string {
  for (const key of ['name', 'label', 'title', 'id']) {
    const value = item[key];
    if (typeof value === 'string' && value !== '') return quoted(value);
  }
  return 'without a name';
}

const whenOf = (item: Record<string, unknown>): string =>
  typeof item.when === 'string' ? `, when ${item.when.replace(/\s+/g, ' ').slice(0, 80)}` : '';

function leaf(before: unknown, after: unknown, { schema, path, label }: At): FieldChange {
  const place = { field: path, label, weight: 'logic' as const };
  const [was, is] = [textOf(before), textOf(after)];
  if (before === undefined) {
    const usual = schema?.default !== undefined && same(schema.default, after) ? ', which is the default' : '';
    return { ...place, kind: 'added', sentence: `set to ${valueWords(after, schema)}${usual}`, after: is };
  }
  if (after === undefined) {
    const back = schema?.default === undefined ? '' : `, now the default, ${valueWords(schema.default, schema)}`;
    return { ...place, kind: 'removed', sentence: `was ${valueWords(before, schema)}${back === '' ? ', now not set' : back}`, before: was };
  }
  const [old, now] = [valueWords(before, schema), valueWords(after, schema)];
  // Both are cut to the same words: the whole of them stands in before and after.
  const lines = was.includes('\n') || is.includes('\n');
  const sentence = lines || old === now || old.length + now.length > 110 ? 'changed' : `was ${old}, now ${now}`;
  return { ...place, kind: 'changed', sentence, before: was, after: is };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : canonicalJson(value ?? null, { indent: 2 }));
