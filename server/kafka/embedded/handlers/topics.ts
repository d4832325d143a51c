import type { Core, Handler } from '../core.ts';
import type { RequestOf, ResponseOf } from '../protocol/apis.ts';
import { codeOf, ERROR, ProtocolError } from '../protocol/errors.ts';
import { describeConfig } from '../topic-config.ts';

const ZERO_UUID = '00000000-0000-0000-0000-000000000000';
const DEFAULT_PARTITIONS = 1;

/** The sentence for a refused part of a request; the disk's own errors go to the log. */
export function sentenceOf(core: Core, error: unknown): string {
  if (error instanceof ProtocolError) return error.message;
  core.warn((error as Error).message);
  return 'The broker could not write to its disk.';
}

type NewTopic = RequestOf<'createTopics'>['topics'][number];
type NewTopicAnswer = ResponseOf<'createTopics'>['topics'][number];

function createTopic(core: Core, wanted: NewTopic, validateOnly: boolean): NewTopicAnswer {
  const partitions =
    wanted.assignments.length > 0 ? wanted.assignments.length : wanted.partitions === -1 ? DEFAULT_PARTITIONS : wanted.partitions;
  try {
    if (wanted.assignments.length === 0 && ![-1, 1].includes(wanted.replicationFactor)) {
      throw new ProtocolError(
        ERROR.invalidReplicationFactor,
        `There is one broker, so the replication factor is 1, not ${wanted.replicationFactor}.`,
      );
    }
    if (wanted.assignments.some(({ brokers }) => brokers.length !== 1 || brokers[0] !== 0)) {
      throw new ProtocolError(ERROR.invalidReplicaAssignment, 'There is one broker, with id 0: every partition lies on it alone.');
    }
    const config = core.topics.check(wanted.name, partitions, Object.fromEntries(wanted.configs.map(({ name, value }) => [name, value])));
    const topic = validateOnly ? undefined : core.topics.create(wanted.name, partitions, config);
    return {
      name: wanted.name,
      topicId: topic?.id ?? ZERO_UUID,
      errorCode: 0,
      errorMessage: null,
      partitions,
      replicationFactor: 1,
      configs: describeConfig(config, null).map(({ name, value, isDefault }) => ({
        name,
        value,
        readOnly: false,
        source: isDefault ? 5 : 1,
        isSensitive: false,
      })),
    };
  } catch (error) {
    const errorMessage = sentenceOf(core, error);
    return {
      name: wanted.name,
      topicId: ZERO_UUID,
      errorCode: codeOf(error),
      errorMessage,
      partitions: -1,
      replicationFactor: -1,
      configs: null,
    };
  }
}

/** Makes topics. A name that stands twice in one request is refused. */
export const createTopics: Handler<'createTopics'> = (core, request) => {
  const names = request.topics.map(({ name }) => name);
  return {
    throttleTimeMs: 0,
    topics: request.topics
      .filter(({ name }, i) => names.indexOf(name) === i)
      .map((wanted) => {
        if (names.indexOf(wanted.name) === names.lastIndexOf(wanted.name)) return createTopic(core, wanted, request.validateOnly);
        const errorMessage = `Topic ${wanted.name} stands twice in the request.`;
        return {
          name: wanted.name,
          topicId: ZERO_UUID,
          errorCode: ERROR.invalidRequest,
          errorMessage,
          partitions: -1,
          replicationFactor: -1,
          configs: null,
        };
      }),
  };
};

function deleteTopic(core: Core, name: string | null, topicId: string): ResponseOf<'deleteTopics'>['topics'][number] {
  const topic = name === null ? core.topics.byId(topicId) : core.topics.get(name);
  if (!topic)
    return {
      name,
      topicId,
      errorCode: name === null ? ERROR.unknownTopicId : ERROR.unknownTopicOrPartition,
      errorMessage: 'There is no such topic.',
    };
  try {
    core.topics.remove(topic.name);
    forgetOffsets(core, topic.name);
    return { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null };
  } catch (error) {
    return { name: topic.name, topicId: topic.id, errorCode: codeOf(error), errorMessage: sentenceOf(core, error) };
  }
}

/** A topic made anew under the same name must not meet the offsets of the old one. */
function forgetOffsets(core: Core, name: string): void {
  for (const [group, { topics }] of core.offsets.groups) {
    const partitions = [...(topics.get(name)?.keys() ?? [])];
    core.state.append(partitions.map((partition) => ['offset-gone', group, name, partition]));
    topics.delete(name);
  }
}

/** Deletes topics with all their records. */
export const deleteTopics: Handler<'deleteTopics'> = (core, request) => ({
  throttleTimeMs: 0,
  topics: [
    ...request.names.map((name) => deleteTopic(core, name, ZERO_UUID)),
    ...request.topics.map(({ name, topicId }) => deleteTopic(core, name, topicId)),
  ],
});

/** Adds partitions. */
export const createPartitions: Handler<'createPartitions'> = (core, request) => ({
  throttleTimeMs: 0,
  results: request.topics.map(({ name, count }) => {
    try {
      const topic = core.topics.get(name);
      if (!topic) throw new ProtocolError(ERROR.unknownTopicOrPartition, `There is no topic ${name}.`);
      if (request.validateOnly && count > topic.logs.length) return { name, errorCode: 0, errorMessage: null };
      core.topics.addPartitions(name, count);
      return { name, errorCode: 0, errorMessage: null };
    } catch (error) {
      return { name, errorCode: codeOf(error), errorMessage: sentenceOf(core, error) };
    }
  }),
});
