import type { Core, Handler } from '../core.ts';
import { metadataOf } from '../group.ts';
import { applyOffsetLine } from '../offsets.ts';
import { ERROR } from '../protocol/errors.ts';
import type { StateLine } from '../state-file.ts';

/** Members come together. */
export const joinGroup: Handler<'joinGroup'> = async (core, request, { version, caller }) => {
  const answer = await core.membership.join(request, version, caller);
  // Before version 7 the name of the protocol cannot be null.
  return version < 7 && answer.protocolName === null ? { ...answer, protocolName: '' } : answer;
};

/** The leader's assignment goes out. */
export const syncGroup: Handler<'syncGroup'> = (core, request) => core.membership.sync(request);

/** Members say that they are alive. */
export const heartbeat: Handler<'heartbeat'> = (core, request) => ({ throttleTimeMs: 0, errorCode: core.membership.heartbeat(request) });

/** Members go. */
export const leaveGroup: Handler<'leaveGroup'> = (core, request, { version }) => {
  if (version < 3) return { throttleTimeMs: 0, errorCode: core.membership.leave(request.groupId, request.memberId, null), members: [] };
  const members = request.members.map(({ memberId, groupInstanceId }) => ({
    memberId,
    groupInstanceId,
    errorCode: core.membership.leave(request.groupId, memberId, groupInstanceId),
  }));
  return { throttleTimeMs: 0, errorCode: 0, members };
};

type GroupAnswer = NonNullable<Awaited<ReturnType<typeof describeGroups>>>['groups'][number];

function describe(core: Core, groupId: string): GroupAnswer {
  const group = core.membership.groups.get(groupId);
  const known = core.offsets.groups.get(groupId);
  const state = group ? group.state : known ? 'Empty' : 'Dead';
  return {
    errorCode: 0,
    groupId,
    state,
    protocolType: group?.protocolType || known?.protocolType || '',
    protocol: group?.protocol ?? '',
    members: [...(group?.members.values() ?? [])].map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: metadataOf(member, group?.protocol ?? null),
      assignment: state === 'Stable' ? member.assignment : Buffer.alloc(0),
    })),
    authorizedOperations: -2_147_483_648,
  };
}

/** States and members of groups; one nobody knows is "Dead". */
export const describeGroups: Handler<'describeGroups'> = (core, request) => ({
  throttleTimeMs: 0,
  groups: request.groups.map((groupId) => describe(core, groupId)),
});

/** All groups that have members or offsets. */
export const listGroups: Handler<'listGroups'> = (core, request) => {
  const names = new Set([...core.membership.groups.keys(), ...core.offsets.groups.keys()]);
  const states = request.states.map((state) => state.toLowerCase());
  const groups = [...names]
    .map((groupId) => describe(core, groupId))
    .filter(({ state }) => states.length === 0 || states.includes(state.toLowerCase()))
    .map(({ groupId, protocolType, state }) => ({ groupId, protocolType, state }));
  return { throttleTimeMs: 0, errorCode: 0, groups };
};

function deleteGroup(core: Core, groupId: string): number {
  const group = core.membership.groups.get(groupId);
  if (!group && !core.offsets.groups.has(groupId)) return ERROR.groupIdNotFound;
  if (group && (group.members.size > 0 || group.pending.size > 0)) return ERROR.nonEmptyGroup;
  if (!write(core, [['group-gone', groupId]])) return ERROR.coordinatorNotAvailable;
  core.membership.groups.delete(groupId);
  return 0;
}

/** Writes lines to the state file and takes them over; false when the disk refuses. */
function write(core: Core, lines: readonly StateLine[]): boolean {
  try {
    core.state.append(lines);
  } catch (error) {
    core.warn(`Could not write to the state file: ${(error as Error).message}.`);
    return false;
  }
  for (const line of lines) applyOffsetLine(core.offsets, line);
  return true;
}

/** Forgets groups without members, with their offsets. */
export const deleteGroups: Handler<'deleteGroups'> = (core, request) => ({
  throttleTimeMs: 0,
  results: request.groups.map((groupId) => ({ groupId, errorCode: deleteGroup(core, groupId) })),
});

const MAX_METADATA = 4_096;

/** Keeps how far a group has come. */
export const offsetCommit: Handler<'offsetCommit'> = async (core, request) => {
  const { groupId } = request;
  const refused =
    groupId === ''
      ? ERROR.invalidGroupId
      : core.membership.mayCommit(groupId, request.generationId, request.memberId, request.groupInstanceId, false);
  const lines: StateLine[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index, offset, leaderEpoch, metadata }) => {
      if (refused !== 0) return { index, errorCode: refused };
      if (!core.topics.log(name, index)) return { index, errorCode: ERROR.unknownTopicOrPartition };
      if ((metadata?.length ?? 0) > MAX_METADATA) return { index, errorCode: ERROR.offsetMetadataTooLarge };
      lines.push(['offset', groupId, name, index, { offset, leaderEpoch, metadata, time: Date.now() }]);
      return { index, errorCode: 0 };
    }),
  }));
  if (lines.length === 0) return { throttleTimeMs: 0, topics };
  if (write(core, lines)) {
    await core.flusher.noted(core.state);
    return { throttleTimeMs: 0, topics };
  }
  const failed = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index }) => ({ index, errorCode: ERROR.coordinatorNotAvailable as number })),
  }));
  return { throttleTimeMs: 0, topics: failed };
};

type Wanted = { name: string; partitions: number[] }[] | null;

function fetchOffsets(core: Core, groupId: string, wanted: Wanted, requireStable: boolean) {
  const known = core.offsets.groups.get(groupId)?.topics;
  const topics = wanted ?? [...(known ?? [])].map(([name, partitions]) => ({ name, partitions: [...partitions.keys()] }));
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((index) => {
      const found = known?.get(name)?.get(index);
      const unstable = requireStable && core.transactions.hasPendingOffset(groupId, name, index);
      if (!found || unstable)
        return { index, offset: -1, leaderEpoch: -1, metadata: '', errorCode: unstable ? ERROR.unstableOffsetCommit : 0 };
      return { index, offset: found.offset, leaderEpoch: found.leaderEpoch, metadata: found.metadata ?? '', errorCode: 0 };
    }),
  }));
}

/** How far groups have come. */
export const offsetFetch: Handler<'offsetFetch'> = (core, request, { version }) => {
  if (version < 8) {
    // Version 1 has no way to ask for all topics; its empty list means none.
    const wanted = request.topics === null && version < 2 ? [] : request.topics;
    return { throttleTimeMs: 0, topics: fetchOffsets(core, request.groupId, wanted, request.requireStable), errorCode: 0, groups: [] };
  }
  const groups = request.groups.map(({ groupId, topics }) => ({
    groupId,
    topics: fetchOffsets(core, groupId, topics, request.requireStable),
    errorCode: 0,
  }));
  return { throttleTimeMs: 0, topics: [], errorCode: 0, groups };
};

/** Forgets single offsets of a group without members. */
export const offsetDelete: Handler<'offsetDelete'> = (core, request) => {
  const { groupId } = request;
  const group = core.membership.groups.get(groupId);
  const errorCode =
    !group && !core.offsets.groups.has(groupId) ? ERROR.groupIdNotFound : group && group.members.size > 0 ? ERROR.nonEmptyGroup : 0;
  if (errorCode !== 0) return { errorCode, throttleTimeMs: 0, topics: [] };
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ index }) => ({
      index,
      errorCode: write(core, [['offset-gone', groupId, name, index]]) ? 0 : ERROR.coordinatorNotAvailable,
    })),
  }));
  return { errorCode, throttleTimeMs: 0, topics };
};
