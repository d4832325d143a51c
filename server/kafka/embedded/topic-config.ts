import { ERROR, ProtocolError } from './protocol/errors.ts';

/** Settings of a topic, by Kafka's own names, with Kafka's defaults. Values are text, as in the protocol. */

/** Value types as DescribeConfigs names them. */
const KIND = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const;

interface Setting {
  kind: number;
  default: string;
  /** A sentence when the value cannot be taken. */
  refuse(value: string): string | undefined;
}

function number(kind: number, fallback: string, min: number, max = Number.MAX_VALUE): Setting {
  return {
    kind,
    default: fallback,
    refuse(value) {
      const parsed = Number(value);
      const whole = kind === KIND.double || /^-?\d+$/.test(value.trim());
      return value.trim() !== '' && whole && parsed >= min && parsed <= max
        ? undefined
        : `must be a ${kind === KIND.double ? '' : 'whole '}number of at least ${min}`;
    },
  };
}

function oneOf(kind: number, fallback: string, values: readonly string[]): Setting {
  return { kind, default: fallback, refuse: (value) => (values.includes(value) ? undefined : `must be one of ${values.join(', ')}`) };
}

const flag = (fallback: string) => oneOf(KIND.boolean, fallback, ['true', 'false']);
const LONG_MAX = '9223372036854775807';
const INT_MAX = 2_147_483_647;

const cleanupPolicy: Setting = {
  kind: KIND.list,
  default: 'delete',
  refuse: (value) =>
    listOf(value).every((item) => item === 'delete' || item === 'compact') && value !== ''
      ? undefined
      : 'must be delete, compact, or both with a comma',
};

function listOf(value: string): string[] {
  return value.split(',').map((item) => item.trim());
}

/** Every setting a topic may carry. Those that have no effect with one broker are kept and reported, so that tools work. */
const SETTINGS = {
  'cleanup.policy': cleanupPolicy,
  'compression.type': oneOf(KIND.string, 'producer', ['producer']),
  'delete.retention.ms': number(KIND.long, '86400000', 0),
  'file.delete.delay.ms': number(KIND.long, '60000', 0),
  'flush.messages': number(KIND.long, LONG_MAX, 1),
  'flush.ms': number(KIND.long, LONG_MAX, 0),
  'index.interval.bytes': number(KIND.int, '4096', 0),
  'max.compaction.lag.ms': number(KIND.long, LONG_MAX, 1),
  'max.message.bytes': number(KIND.int, '1048588', 0, INT_MAX),
  'message.downconversion.enable': flag('true'),
  'message.timestamp.type': oneOf(KIND.string, 'CreateTime', ['CreateTime', 'LogAppendTime']),
  'min.cleanable.dirty.ratio': number(KIND.double, '0.5', 0, 1),
  'min.compaction.lag.ms': number(KIND.long, '0', 0),
  'min.insync.replicas': number(KIND.int, '1', 1, 1),
  preallocate: flag('false'),
  'retention.bytes': number(KIND.long, '-1', -1),
  'retention.ms': number(KIND.long, '604800000', -1),
  'segment.bytes': number(KIND.int, '1073741824', 14, INT_MAX),
  'segment.index.bytes': number(KIND.int, '10485760', 4),
  'segment.jitter.ms': number(KIND.long, '0', 0),
  'segment.ms': number(KIND.long, '604800000', 1),
  'unclean.leader.election.enable': flag('false'),
} as const satisfies Record<string, Setting>;

/** Overrides of one topic. */
export type TopicConfig = Readonly<Record<string, string>>;

/** What the log itself needs to know. */
export interface LogConfig {
  segmentBytes: number;
  segmentMs: number;
  /** -1: no limit. */
  retentionMs: number;
  /** -1: no limit. */
  retentionBytes: number;
  maxMessageBytes: number;
  deletes: boolean;
  compacts: boolean;
  deleteRetentionMs: number;
  minDirtyRatio: number;
  minCompactionLagMs: number;
  maxCompactionLagMs: number;
  appendTime: boolean;
}

/** Checks overrides; throws a ProtocolError naming the first that cannot be taken. */
export function checkConfig(config: Record<string, string | null>): TopicConfig {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const setting: Setting | undefined = Object.hasOwn(SETTINGS, name) ? SETTINGS[name as keyof typeof SETTINGS] : undefined;
    if (!setting) throw new ProtocolError(ERROR.invalidConfig, `Unknown topic setting ${name}.`);
    if (value === null) throw new ProtocolError(ERROR.invalidConfig, `The topic setting ${name} has no value.`);
    const complaint = setting.refuse(value);
    if (complaint) throw new ProtocolError(ERROR.invalidConfig, `The topic setting ${name} ${complaint}, not "${value}".`);
    checked[name] = value;
  }
  return checked;
}

/** Adds to or takes from a list setting (IncrementalAlterConfigs, operations append and subtract). */
export function editList(config: TopicConfig, name: string, value: string, add: boolean): string {
  const items = new Set(listOf(config[name] ?? (SETTINGS as Record<string, Setting>)[name]?.default ?? '').filter((item) => item !== ''));
  for (const item of listOf(value)) {
    if (add) items.add(item);
    else items.delete(item);
  }
  return [...items].join(',');
}

/** The settings in force. */
export function logConfig(config: TopicConfig): LogConfig {
  const text = (name: keyof typeof SETTINGS) => config[name] ?? SETTINGS[name].default;
  const value = (name: keyof typeof SETTINGS) => Number(text(name));
  const policies = listOf(text('cleanup.policy'));
  return {
    segmentBytes: value('segment.bytes'),
    segmentMs: value('segment.ms'),
    retentionMs: value('retention.ms'),
    retentionBytes: value('retention.bytes'),
    maxMessageBytes: value('max.message.bytes'),
    deletes: policies.includes('delete'),
    compacts: policies.includes('compact'),
    deleteRetentionMs: value('delete.retention.ms'),
    minDirtyRatio: value('min.cleanable.dirty.ratio'),
    minCompactionLagMs: value('min.compaction.lag.ms'),
    maxCompactionLagMs: value('max.compaction.lag.ms'),
    appendTime: text('message.timestamp.type') === 'LogAppendTime',
  };
}

/** One row of DescribeConfigs. */
export interface ConfigEntry {
  name: string;
  value: string;
  isDefault: boolean;
  defaultValue: string;
  valueType: number;
}

/** All settings with the values in force; `names` narrows them. */
export function describeConfig(config: TopicConfig, names: readonly string[] | null): ConfigEntry[] {
  return Object.entries<Setting>(SETTINGS)
    .filter(([name]) => names === null || names.includes(name))
    .map(([name, setting]) => ({
      name,
      value: config[name] ?? setting.default,
      isDefault: config[name] === undefined,
      defaultValue: setting.default,
      valueType: setting.kind,
    }));
}
