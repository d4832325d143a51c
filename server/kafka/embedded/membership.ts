import { randomUUID } from 'node:crypto';
import {
  createGroup,
  electProtocol,
  type Group,
  type JoinAnswer,
  joinAnswer,
  joinError,
  type Member,
  metadataOf,
  type SyncAnswer,
  sameProtocols,
  speaksProtocol,
  syncAnswer,
} from './group.ts';
import type { RequestOf } from './protocol/apis.ts';
import { ERROR } from './protocol/errors.ts';

/** Who asks: goes into member ids and descriptions. */
export interface Caller {
  clientId: string;
  host: string;
}

/** The coordinator of all groups' memberships. Nothing of it is kept over a restart: members join again. */
export interface Membership {
  groups: Map<string, Group>;
  join(request: RequestOf<'joinGroup'>, version: number, caller: Caller): Promise<JoinAnswer>;
  sync(request: RequestOf<'syncGroup'>): Promise<SyncAnswer>;
  /** An error code, 0 for "go on". */
  heartbeat(request: RequestOf<'heartbeat'>): number;
  leave(groupId: string, memberId: string, instanceId: string | null): number;
  /** Whether a member may commit offsets now; 0 or an error code. */
  mayCommit(groupId: string, generation: number, memberId: string, instanceId: string | null, transactional: boolean): number;
  /** Stops all timers and answers all who wait. */
  close(): void;
}

const MIN_SESSION_MS = 6_000;
const MAX_SESSION_MS = 1_800_000;

/** Makes the coordinator. `onJoined` is told when a group meets under a protocol type, `onEmpty` when its last member goes. */
export function createMembership(hooks: { onJoined(group: string, protocolType: string): void; onEmpty(group: string): void }): Membership {
  const groups = new Map<string, Group>();

  function touch(group: Group, member: Member): void {
    clearTimeout(member.session);
    member.session = setTimeout(() => expire(group, member), member.sessionTimeoutMs);
  }

  function expire(group: Group, member: Member): void {
    // While its JoinGroup or SyncGroup waits with us, a member has no way to send heartbeats.
    if (member.joining || member.syncing) touch(group, member);
    else removeMember(group, member);
  }

  function removeMember(group: Group, member: Member): void {
    clearTimeout(member.session);
    group.members.delete(member.id);
    member.joining?.(joinError(ERROR.unknownMemberId, member.id));
    member.syncing?.(syncAnswer(undefined, ERROR.unknownMemberId));
    if (group.leader === member.id) group.leader = null;
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') prepareRebalance(group);
    else tryCompleteJoin(group);
  }

  function prepareRebalance(group: Group): void {
    for (const member of group.members.values()) {
      member.syncing?.(syncAnswer(undefined, ERROR.rebalanceInProgress));
      member.syncing = undefined;
    }
    group.state = 'PreparingRebalance';
    clearTimeout(group.deadline);
    const patience = Math.max(0, ...[...group.members.values()].map((member) => member.rebalanceTimeoutMs));
    group.deadline = setTimeout(() => completeJoin(group), patience);
    tryCompleteJoin(group);
  }

  function tryCompleteJoin(group: Group): void {
    if (group.state !== 'PreparingRebalance' || group.pending.size > 0) return;
    if ([...group.members.values()].every((member) => member.joining)) completeJoin(group);
  }

  function completeJoin(group: Group): void {
    clearTimeout(group.deadline);
    group.deadline = undefined;
    for (const member of [...group.members.values()]) {
      // A static member keeps its place until its session ends; it may only be restarting.
      if (member.joining || member.instanceId !== null) continue;
      clearTimeout(member.session);
      group.members.delete(member.id);
    }
    const joined = [...group.members.values()].filter((member) => member.joining);
    if (group.members.size > 0 && joined.length === 0) {
      group.deadline = setTimeout(
        () => completeJoin(group),
        Math.max(...[...group.members.values()].map((member) => member.rebalanceTimeoutMs)),
      );
      return;
    }
    group.generation++;
    if (group.members.size === 0) {
      group.state = 'Empty';
      group.protocol = null;
      group.leader = null;
      hooks.onEmpty(group.id);
      return;
    }
    group.protocol = electProtocol(group);
    if (!joined.some((member) => member.id === group.leader)) group.leader = joined[0]?.id ?? null;
    group.state = 'CompletingRebalance';
    hooks.onJoined(group.id, group.protocolType);
    for (const member of joined) {
      const answer = member.joining;
      member.joining = undefined;
      touch(group, member);
      answer?.(joinAnswer(group, member));
    }
    group.deadline = setTimeout(
      () => dropUnsynced(group),
      Math.max(...[...group.members.values()].map((member) => member.rebalanceTimeoutMs)),
    );
  }

  /** The leader owes an assignment. Who has not come to fetch one by the deadline is out. */
  function dropUnsynced(group: Group): void {
    if (group.state !== 'CompletingRebalance') return;
    for (const member of [...group.members.values()]) {
      if (member.syncing) continue;
      clearTimeout(member.session);
      group.members.delete(member.id);
    }
    prepareRebalance(group);
  }

  function addMember(group: Group, id: string, request: RequestOf<'joinGroup'>, caller: Caller): Promise<JoinAnswer> {
    if (group.members.size === 0) group.protocolType = request.protocolType;
    const member: Member = {
      id,
      instanceId: request.groupInstanceId,
      clientId: caller.clientId,
      clientHost: `/${caller.host}`,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: patienceOf(request),
      protocols: request.protocols,
      assignment: Buffer.alloc(0),
      session: setTimeout(() => undefined, 0),
      joining: undefined,
      syncing: undefined,
    };
    group.members.set(id, member);
    touch(group, member);
    return awaitRound(group, member);
  }

  function awaitRound(group: Group, member: Member): Promise<JoinAnswer> {
    return new Promise((resolve) => {
      // A repeated JoinGroup replaces the one before, whose connection has most likely gone.
      member.joining?.(joinError(ERROR.rebalanceInProgress, member.id));
      member.joining = resolve;
      if (group.state === 'PreparingRebalance') tryCompleteJoin(group);
      else prepareRebalance(group);
    });
  }

  function patienceOf(request: RequestOf<'joinGroup'>): number {
    return request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;
  }

  function joinNew(group: Group, request: RequestOf<'joinGroup'>, version: number, caller: Caller): JoinAnswer | Promise<JoinAnswer> {
    const instance = request.groupInstanceId;
    const id = `${instance ?? (caller.clientId || 'client')}-${randomUUID()}`;
    const before = instance === null ? undefined : [...group.members.values()].find((member) => member.instanceId === instance);
    if (before) return replaceStatic(group, before, id, request, version, caller);
    if (version >= 4 && instance === null) {
      group.pending.set(
        id,
        setTimeout(() => {
          group.pending.delete(id);
          tryCompleteJoin(group);
        }, request.sessionTimeoutMs),
      );
      return joinError(ERROR.memberIdRequired, id);
    }
    return addMember(group, id, request, caller);
  }

  /** A static member came back under its instance id: it takes over the old one's place and id of its own. */
  function replaceStatic(
    group: Group,
    before: Member,
    id: string,
    request: RequestOf<'joinGroup'>,
    version: number,
    caller: Caller,
  ): JoinAnswer | Promise<JoinAnswer> {
    const unchanged =
      group.state === 'Stable' &&
      metadataOf(before, group.protocol).equals(request.protocols.find(({ name }) => name === group.protocol)?.metadata ?? Buffer.alloc(0));
    clearTimeout(before.session);
    group.members.delete(before.id);
    before.joining?.(joinError(ERROR.fencedInstanceId, before.id));
    before.syncing?.(syncAnswer(undefined, ERROR.fencedInstanceId));
    const member: Member = {
      ...before,
      id,
      clientId: caller.clientId,
      protocols: request.protocols,
      joining: undefined,
      syncing: undefined,
    };
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = patienceOf(request);
    group.members.set(id, member);
    const leader = group.leader;
    const led = leader === before.id;
    if (led) group.leader = id;
    touch(group, member);
    if (!unchanged) return awaitRound(group, member);
    if (led && version >= 9) return joinAnswer(group, member, true);
    // Before version 9 there is no "skip the assignment": the old id as leader keeps the newcomer from assigning anew.
    return { ...joinAnswer(group, member), leader: leader ?? '', members: [] };
  }

  function fenced(group: Group, memberId: string, instanceId: string | null): number {
    if (instanceId === null) return 0;
    const holder = [...group.members.values()].find((member) => member.instanceId === instanceId);
    if (!holder) return ERROR.unknownMemberId;
    return holder.id === memberId ? 0 : ERROR.fencedInstanceId;
  }

  function check(
    groupId: string,
    memberId: string,
    instanceId: string | null,
    generation: number,
  ): { code: number; group?: Group; member?: Member } {
    const group = groups.get(groupId);
    if (!group) return { code: ERROR.unknownMemberId };
    const code = fenced(group, memberId, instanceId);
    if (code !== 0) return { code };
    const member = group.members.get(memberId);
    if (!member) return { code: ERROR.unknownMemberId };
    if (generation !== group.generation) return { code: ERROR.illegalGeneration };
    return { code: 0, group, member };
  }

  return {
    groups,
    async join(request, version, caller) {
      const { groupId, memberId } = request;
      if (groupId === '') return joinError(ERROR.invalidGroupId, memberId);
      if (request.sessionTimeoutMs < MIN_SESSION_MS || request.sessionTimeoutMs > MAX_SESSION_MS)
        return joinError(ERROR.invalidSessionTimeout, memberId);
      const group = groups.get(groupId) ?? createGroup(groupId);
      if (!speaksProtocol(group, request.protocolType, request.protocols, memberId))
        return joinError(ERROR.inconsistentGroupProtocol, memberId);
      if (memberId === '') {
        groups.set(groupId, group);
        return joinNew(group, request, version, caller);
      }
      const waiting = group.pending.get(memberId);
      if (waiting) {
        clearTimeout(waiting);
        group.pending.delete(memberId);
        return addMember(group, memberId, request, caller);
      }
      const code = fenced(group, memberId, request.groupInstanceId);
      const member = group.members.get(memberId);
      if (code !== 0 || !member) return joinError(code || ERROR.unknownMemberId, memberId);
      const unchanged = sameProtocols(member.protocols, request.protocols);
      member.protocols = request.protocols;
      member.sessionTimeoutMs = request.sessionTimeoutMs;
      member.rebalanceTimeoutMs = patienceOf(request);
      touch(group, member);
      const answered = group.state === 'CompletingRebalance' || (group.state === 'Stable' && group.leader !== member.id);
      if (unchanged && answered) return joinAnswer(group, member);
      return awaitRound(group, member);
    },
    async sync(request) {
      const { code, group, member } = check(request.groupId, request.memberId, request.groupInstanceId, request.generationId);
      if (code !== 0 || !group || !member) return syncAnswer(undefined, code);
      const otherType = request.protocolType !== null && request.protocolType !== group.protocolType;
      if (otherType || (request.protocolName !== null && request.protocolName !== group.protocol))
        return syncAnswer(undefined, ERROR.inconsistentGroupProtocol);
      if (group.state === 'Stable') {
        touch(group, member);
        return syncAnswer(group, 0, member.assignment);
      }
      if (group.state !== 'CompletingRebalance') return syncAnswer(undefined, ERROR.rebalanceInProgress);
      return new Promise((resolve) => {
        member.syncing?.(syncAnswer(undefined, ERROR.rebalanceInProgress));
        member.syncing = resolve;
        if (member.id !== group.leader) return;
        const assignments = new Map(request.assignments.map((entry) => [entry.memberId, Buffer.from(entry.assignment)]));
        group.state = 'Stable';
        clearTimeout(group.deadline);
        group.deadline = undefined;
        for (const other of group.members.values()) {
          other.assignment = assignments.get(other.id) ?? Buffer.alloc(0);
          const answer = other.syncing;
          other.syncing = undefined;
          if (!answer) continue;
          touch(group, other);
          answer(syncAnswer(group, 0, other.assignment));
        }
      });
    },
    heartbeat(request) {
      const { code, group, member } = check(request.groupId, request.memberId, request.groupInstanceId, request.generationId);
      if (code !== 0 || !group || !member) return code;
      touch(group, member);
      return group.state === 'PreparingRebalance' ? ERROR.rebalanceInProgress : 0;
    },
    leave(groupId, memberId, instanceId) {
      const group = groups.get(groupId);
      if (!group) return ERROR.unknownMemberId;
      const waiting = group.pending.get(memberId);
      if (waiting) {
        clearTimeout(waiting);
        group.pending.delete(memberId);
        tryCompleteJoin(group);
        return 0;
      }
      const byInstance = instanceId === null ? undefined : [...group.members.values()].find((member) => member.instanceId === instanceId);
      if (byInstance && memberId !== '' && byInstance.id !== memberId) return ERROR.fencedInstanceId;
      const member = byInstance ?? (instanceId === null ? group.members.get(memberId) : undefined);
      if (!member) return ERROR.unknownMemberId;
      removeMember(group, member);
      return 0;
    },
    mayCommit(groupId, generation, memberId, instanceId, transactional) {
      const group = groups.get(groupId);
      const outside = generation < 0 && memberId === '' && instanceId === null;
      if (outside && (transactional || !group || group.members.size === 0)) return 0;
      // kafkajs and admin tools without a member name commit with generation -1, which only an idle group takes.
      if (generation < 0 && (!group || group.members.size === 0)) return 0;
      const { code, group: found, member } = check(groupId, memberId, instanceId, generation);
      if (code !== 0 || !found || !member) return code;
      if (found.state === 'CompletingRebalance') return ERROR.rebalanceInProgress;
      touch(found, member);
      return 0;
    },
    close() {
      for (const group of groups.values()) {
        clearTimeout(group.deadline);
        for (const timer of group.pending.values()) clearTimeout(timer);
        for (const member of group.members.values()) {
          clearTimeout(member.session);
          member.joining?.(joinError(ERROR.coordinatorNotAvailable, member.id));
          member.syncing?.(syncAnswer(undefined, ERROR.coordinatorNotAvailable));
        }
      }
      groups.clear();
    },
  };
}
