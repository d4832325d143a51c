import type { RequestOf, ResponseOf } from './protocol/apis.ts';

/** A consumer group's members and the round of assignment they are in: the classic group protocol's states. */

/** Answer to a waiting JoinGroup. */
export type JoinAnswer = ResponseOf<'joinGroup'>;
/** Answer to a waiting SyncGroup. */
export type SyncAnswer = ResponseOf<'syncGroup'>;
/** The protocols a member offers, the one it likes best first. */
export type Protocols = RequestOf<'joinGroup'>['protocols'];

/** One member. */
export interface Member {
  id: string;
  instanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: Protocols;
  assignment: Buffer;
  /** Fires when nothing was heard for the session timeout. */
  session: NodeJS.Timeout;
  /** Set while its JoinGroup waits for the others. */
  joining: ((answer: JoinAnswer) => void) | undefined;
  /** Set while its SyncGroup waits for the leader. */
  syncing: ((answer: SyncAnswer) => void) | undefined;
}

/** States by their names in the protocol. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** A group with members, or about to get some. */
export interface Group {
  readonly id: string;
  state: GroupState;
  generation: number;
  protocolType: string;
  protocol: string | null;
  leader: string | null;
  members: Map<string, Member>;
  /** Ids handed out to members that have yet to join with them. */
  pending: Map<string, NodeJS.Timeout>;
  /** Deadline of the present rebalance, or of the leader's assignment. */
  deadline: NodeJS.Timeout | undefined;
}

/** A group nobody has joined. */
export function createGroup(id: string): Group {
  return {
    id,
    state: 'Empty',
    generation: 0,
    protocolType: '',
    protocol: null,
    leader: null,
    members: new Map(),
    pending: new Map(),
    deadline: undefined,
  };
}

/** Whether a newcomer speaks the group's protocol type and shares at least one protocol with all members. */
export function speaksProtocol(group: Group, protocolType: string, protocols: Protocols, except?: string): boolean {
  const others = [...group.members.values()].filter((member) => member.id !== except);
  if (protocolType === '' || protocols.length === 0) return false;
  if (others.length === 0) return true;
  if (protocolType !== group.protocolType) return false;
  return protocols.some(({ name }) => others.every((member) => member.protocols.some((offered) => offered.name === name)));
}

/** The protocol that most members like best among those all of them know. */
export function electProtocol(group: Group): string {
  const members = [...group.members.values()];
  const votes = new Map<string, number>();
  for (const member of members) {
    const choice = member.protocols.find(({ name }) => members.every((other) => other.protocols.some((offered) => offered.name === name)));
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let best = '';
  for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name;
  return best;
}

/** True when both offers are the same, byte for byte. */
export function sameProtocols(a: Protocols, b: Protocols): boolean {
  return a.length === b.length && a.every((left, i) => left.name === b[i]?.name && left.metadata.equals(b[i].metadata));
}

/** What a member says about itself for the protocol in force. */
export function metadataOf(member: Member, protocol: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? Buffer.alloc(0);
}

/** An answer to JoinGroup that carries only an error. */
export function joinError(errorCode: number, memberId = ''): JoinAnswer {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: '',
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
}

/** The answer to JoinGroup in the present generation: the leader also hears of all members. */
export function joinAnswer(group: Group, member: Member, skipAssignment = false): JoinAnswer {
  const leads = group.leader === member.id;
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocol,
    leader: group.leader ?? '',
    skipAssignment,
    memberId: member.id,
    members: leads
      ? [...group.members.values()].map((other) => ({
          memberId: other.id,
          groupInstanceId: other.instanceId,
          metadata: metadataOf(other, group.protocol),
        }))
      : [],
  };
}

/** The answer to SyncGroup: an error, or the member's assignment. */
export function syncAnswer(group: Group | undefined, errorCode: number, assignment: Buffer = Buffer.alloc(0)): SyncAnswer {
  const ok = group !== undefined && errorCode === 0;
  return {
    throttleTimeMs: 0,
    errorCode,
    protocolType: ok ? group.protocolType : null,
    protocolName: ok ? group.protocol : null,
    assignment,
  };
}
