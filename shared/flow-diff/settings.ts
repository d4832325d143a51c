import type { Flow } from '../flow.ts';
import type { ConfigSchema } from '../node-type.ts';
import { counted, type FlowChange } from './change.ts';
import { diffObject } from './fields.ts';
import { inWords, lengthOfTime, ownOf, same } from './values.ts';

/** The settings of a flow as people call them, and their values with units. */
const fields: Record<string, { label: string; words(value: unknown): string }> = {
  partitions: { label: 'Partitions of new topics', words: String },
  retentionHours: {
    label: 'Retention',
    words: (value) => (value === -1 ? 'for ever' : typeof value === 'number' ? lengthOfTime(value * 3_600_000) : String(value)),
  },
  onError: {
    label: 'What a node cannot process',
    words: (value) =>
      ({ 'dead-letter': 'becomes a dead letter', skip: 'is skipped', stop: 'stops the flow' })[String(value)] ?? String(value),
  },
  guarantee: {
    label: 'Weakest guarantee of a path',
    words: (value) => ({ 'at-least-once': 'at least once', 'effectively-once': 'effectively once' })[String(value)] ?? String(value),
  },
  messageTimeoutMs: {
    label: 'Time limit of one message',
    words: (value) => (typeof value === 'number' ? lengthOfTime(value) : String(value)),
  },
  quarantineAfter: { label: 'Quarantine after', words: (value) => counted(Number(value), 'crash', 'crashes') },
  memoryMb: { label: 'Memory', words: (value) => `${String(value)} MB` },
};

/** The labels of the settings, as a schema. */
export const settingSchema: ConfigSchema & { properties: Record<string, ConfigSchema> } = {
  properties: Object.fromEntries(Object.entries(fields).map(([key, { label }]) => [key, { label }])),
};

/** How the values of a setting read; undefined for one that is not known. */
export function settingWords(key: string): ((value: unknown) => string) | undefined {
  return ownOf(fields, key)?.words;
}

/** How the settings of two flows differ. */
export function diffSettings(before: Flow['settings'], after: Flow['settings']): FlowChange[] {
  const [old, now]: [Record<string, unknown>, Record<string, unknown>] = [before, after];
  const changes: FlowChange[] = [];
  for (const key of new Set([...Object.keys(fields), ...Object.keys(old), ...Object.keys(now)])) {
    const [from, to] = [ownOf(old, key), ownOf(now, key)];
    if (same(from, to)) continue;
    const known = ownOf(fields, key);
    if (known === undefined || from === undefined || to === undefined) {
      const others = diffObject({ [key]: from }, { [key]: to }, { schema: undefined, path: 'settings', label: '' });
      changes.push(...others.map((change) => ({ ...change, place: 'Settings', label: known?.label ?? inWords(key) })));
      continue;
    }
    const [was, is] = [known.words(from), known.words(to)];
    const at = { place: 'Settings', label: known.label, field: `settings.${key}` };
    changes.push({ ...at, kind: 'changed', weight: 'logic', sentence: `was ${was}, now ${is}`, before: was, after: is });
  }
  return changes;
}
