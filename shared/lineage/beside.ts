import type { FlowNode } from '../flow.ts';
import { header } from '../message.ts';
import type { TrialRecord } from '../trial.ts';

/** Something of a message that is not its value. `index` and `count` are those of a part while a list is split. */
export interface Beside {
  of: 'key' | 'headers' | 'timestamp' | 'origin' | 'topic' | 'partition' | 'index' | 'count';
  /** Of `headers`: which; left out, all of them. */
  header?: string;
}

/** As addresses and lists name it: `$key`, `$headers.shop`. No field of a value is written so. */
export function besideName({ of, header: name }: Beside): string {
  return name === undefined ? `$${of}` : `$${of}.${name}`;
}

/** What {@link besideName} wrote; undefined for a field of the value. */
export function parseBeside(text: string): Beside | undefined {
  const found = /^\$(?:headers\.(.+)|(key|headers|timestamp|origin|topic|partition))$/s.exec(text);
  if (!found) return undefined;
  const [, name, of] = found;
  return name === undefined ? { of: of as Beside['of'] } : { of: 'headers', header: name };
}

/** For people: `the key`, `the header shop`. */
export function besideWords({ of, header: name }: Beside): string {
  if (name !== undefined) return `the header ${name}`;
  return words[of];
}

const words: Record<Beside['of'], string> = {
  key: 'the key',
  headers: 'the headers',
  timestamp: 'the time of the message',
  origin: 'where it came in',
  topic: 'the topic',
  partition: 'the partition',
  index: 'the number of the part',
  count: 'how many parts there are',
};

/** What stands there, as JSON text; undefined where nothing does. */
export function besideValue(record: TrialRecord, { of, header: name }: Beside, origin: string): string | undefined {
  if (name !== undefined) return Object.hasOwn(record.headers, name) ? JSON.stringify(record.headers[name]) : undefined;
  const [index, count] = (record.headers[header.split] ?? '').split('/');
  const all = { ...record, origin, index: Number(index), count: Number(count) };
  return of === 'key' && record.key === null ? undefined : JSON.stringify(all[of]);
}

/** How a node came to what it wrote beside the value. */
export type BesideMaker =
  /** It left it as it was; `doubt` where its own code may have written the same anew. */
  | { how: 'passed'; doubt?: string }
  /** An expression among its settings made it: of what came, or (in a split) of the part that leaves. */
  | { how: 'row'; setting: string; of: 'came' | 'part' }
  /** No expression did: the node or Millrace itself, as the sentence says. */
  | { how: 'setting'; setting?: string; sentence: string }
  | { how: 'code' };

/** Types whose key and headers leave as they came, but for what their settings say. */
const known: ReadonlySet<string> = new Set(['map', 'split', 'filter', 'switch', 'validate', 'http-lookup', 'kafka.sink']);

/** How a node came to what stands beside the value of a record that left it. */
export function besideMaker(node: FlowNode, record: TrialRecord, came: TrialRecord, beside: Beside, name: string): BesideMaker {
  const same = besideValue(record, beside, '') === besideValue(came, beside, '');
  if (beside.of === 'topic') return topicMaker(node, name);
  if (beside.header?.startsWith('millrace-') && !same) {
    const why = beside.header.startsWith('millrace-error-') ? `, because “${name}” could not process the message` : '';
    return { how: 'setting', sentence: `Millrace itself wrote it at “${name}”${why}.` };
  }
  if (node.mode !== undefined || record.port === 'error') return { how: 'passed' };
  const setting = settingFor(node, beside);
  if (setting !== undefined) return { how: 'row', setting, of: node.type === 'split' ? 'part' : 'came' };
  if (node.type === 'kafka.sink' && beside.of === 'key' && node.config.partitioning === 'spread')
    return { how: 'setting', setting: 'partitioning', sentence: `“${name}” spreads its messages evenly, so it leaves out the key.` };
  if (beside.of === 'timestamp' && record.port === 'in' && node.type !== 'kafka.sink')
    return { how: 'setting', sentence: `It is the time at which the message was written for “${name}”.` };
  if (known.has(node.type)) return { how: 'passed' };
  if (record.port === 'in' && same) return { how: 'passed' };
  return same
    ? { how: 'passed', doubt: `The code of “${name}” may have made ${besideWords(beside)} anew; the same stood there before it.` }
    : { how: 'code' };
}

function topicMaker(node: FlowNode, name: string): BesideMaker {
  if (node.type === 'kafka.sink')
    return {
      how: 'setting',
      setting: 'topic',
      sentence: `The settings of “${name}” name the topic, for every message alike: no expression chooses it.`,
    };
  return {
    how: 'setting',
    sentence: `It is the topic of Millrace in which messages wait for “${name}”; it is named after the flow and the node.`,
  };
}

function settingFor(node: FlowNode, { of, header: name }: Beside): string | undefined {
  const has = (setting: string): string | undefined => (settingText(node, setting) === undefined ? undefined : setting);
  if (name !== undefined) return node.type === 'map' || node.type === 'kafka.sink' ? has(`headers.${name}`) : undefined;
  if (of === 'partition') return node.type === 'kafka.sink' && node.config.partitioning === 'expression' ? has('partition') : undefined;
  if (of !== 'key' || (node.type === 'kafka.sink' && node.config.partitioning === 'spread')) return undefined;
  return node.type === 'map' || node.type === 'split' || node.type === 'kafka.sink' ? has('key') : undefined;
}

/** The text of a setting, `expression`, `headers.shop`; undefined where it is empty or no text. */
export function settingText({ config }: Pick<FlowNode, 'config'>, setting: string | undefined): string | undefined {
  if (setting === undefined) return undefined;
  const [, name] = /^headers\.(.+)$/s.exec(setting) ?? [];
  const headers = config.headers;
  const value =
    name !== undefined && typeof headers === 'object' && headers !== null ? (headers as Record<string, unknown>)[name] : config[setting];
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
