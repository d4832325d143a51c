import { type Core, type Handler, NODE_ID } from '../core.ts';
import type { ResponseOf } from '../protocol/apis.ts';
import { codeOf, ERROR, ProtocolError } from '../protocol/errors.ts';
import { checkConfig, describeConfig, editList, type TopicConfig } from '../topic-config.ts';
import type { Topic } from '../topics.ts';
import { sentenceOf } from './topics.ts';

/** Kinds of things that carry settings. */
const RESOURCE = { topic: 2, broker: 4 } as const;
/** Where a value comes from. */
const SOURCE = { topic: 1, static: 4, default: 5 } as const;
const OPERATION = { set: 0, remove: 1, append: 2, subtract: 3 } as const;

/** The broker's own settings: facts to be read, not to be changed. */
const BROKER: readonly [name: string, value: string, valueType: number][] = [
  ['auto.create.topics.enable', 'false', 1],
  ['broker.id', String(NODE_ID), 3],
  ['default.replication.factor', '1', 3],
  ['group.max.session.timeout.ms', '1800000', 3],
  ['group.min.session.timeout.ms', '6000', 3],
  ['log.cleaner.enable', 'true', 1],
  ['message.max.bytes', '1048588', 3],
  ['num.partitions', '1', 3],
  ['offsets.retention.minutes', '10080', 3],
  ['transaction.max.timeout.ms', '900000', 3],
];

type Row = ResponseOf<'describeConfigs'>['results'][number]['configs'][number];

function topicOf(core: Core, name: string): Topic {
  const topic = core.topics.get(name);
  if (!topic) throw new ProtocolError(ERROR.unknownTopicOrPartition, `There is no topic ${name}.`);
  return topic;
}

function topicRows(config: TopicConfig, keys: readonly string[] | null): Row[] {
  return describeConfig(config, keys).map(({ name, value, isDefault, defaultValue, valueType }) => ({
    name,
    value,
    readOnly: false,
    isDefault,
    source: isDefault ? SOURCE.default : SOURCE.topic,
    isSensitive: false,
    synonyms: [...(isDefault ? [] : [{ name, value, source: SOURCE.topic }]), { name, value: defaultValue, source: SOURCE.default }],
    valueType,
    documentation: null,
  }));
}

function brokerRows(keys: readonly string[] | null): Row[] {
  return BROKER.filter(([name]) => keys === null || keys.includes(name)).map(([name, value, valueType]) => ({
    name,
    value,
    readOnly: true,
    isDefault: false,
    source: SOURCE.static,
    isSensitive: false,
    synonyms: [{ name, value, source: SOURCE.static }],
    valueType,
    documentation: null,
  }));
}

/** Settings in force. */
export const describeConfigs: Handler<'describeConfigs'> = (core, request) => ({
  throttleTimeMs: 0,
  results: request.resources.map(({ type, name, keys }) => {
    try {
      // kafkajs sends an empty list where it means all.
      const wanted = keys?.length === 0 ? null : keys;
      if (type === RESOURCE.topic)
        return { errorCode: 0, errorMessage: null, type, name, configs: topicRows(topicOf(core, name).config, wanted) };
      if (type === RESOURCE.broker && (name === '' || name === String(NODE_ID)))
        return { errorCode: 0, errorMessage: null, type, name, configs: brokerRows(wanted) };
      throw new ProtocolError(ERROR.invalidRequest, 'Settings exist for topics and for the broker with id 0.');
    } catch (error) {
      return { errorCode: codeOf(error), errorMessage: sentenceOf(core, error), type, name, configs: [] };
    }
  }),
});

function change(core: Core, type: number, name: string, validateOnly: boolean, next: (now: TopicConfig) => Record<string, string | null>) {
  try {
    if (type !== RESOURCE.topic) throw new ProtocolError(ERROR.invalidRequest, 'Only the settings of topics can be changed.');
    const topic = topicOf(core, name);
    const config = checkConfig(next(topic.config));
    if (!validateOnly) core.topics.setConfig(name, config);
    return { errorCode: 0, errorMessage: null, type, name };
  } catch (error) {
    return { errorCode: codeOf(error), errorMessage: sentenceOf(core, error), type, name };
  }
}

/** Replaces all overrides of topics. */
export const alterConfigs: Handler<'alterConfigs'> = (core, request) => ({
  throttleTimeMs: 0,
  results: request.resources.map(({ type, name, configs }) =>
    change(core, type, name, request.validateOnly, () => Object.fromEntries(configs.map((config) => [config.name, config.value]))),
  ),
});

function edit(
  now: TopicConfig,
  changes: readonly { name: string; operation: number; value: string | null }[],
): Record<string, string | null> {
  const next: Record<string, string | null> = { ...now };
  for (const { name, operation, value } of changes) {
    if (operation === OPERATION.remove) delete next[name];
    else if (operation === OPERATION.set) next[name] = value;
    else next[name] = editList(next as TopicConfig, name, value ?? '', operation === OPERATION.append);
  }
  return next;
}

/** Changes single overrides of topics. */
export const incrementalAlter: Handler<'incrementalAlter'> = (core, request) => ({
  throttleTimeMs: 0,
  results: request.resources.map(({ type, name, configs }) => change(core, type, name, request.validateOnly, (now) => edit(now, configs))),
});
