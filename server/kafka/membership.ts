import { assignPartitions, type Member } from './assigner.ts';
import { asError, errorType, isPassing } from './errors.ts';
import { type Broker, joinGroup, MemberAssignment, MemberMetadata } from './kafkajs.ts';
import type { Net } from './net.ts';

/** Why a heartbeat says that the group is not as it was. */
export type Beat = 'ok' | 'rebalance' | 'lost' | { failed: Error };

/** One member of a consumer group of Kafka's classic protocol. */
export interface Membership {
  /** Joins or joins again; resolves with this member's partitions by topic. Passing errors reject: try again. */
  join(): Promise<Record<string, number[]>>;
  heartbeat(): Promise<Beat>;
  /** Leaves if there is anything to leave, also while a join is pending; `over` reaches the coordinator on another connection. */
  leave(over: Net): Promise<void>;
}

export interface MembershipOptions {
  group: string;
  topics: readonly string[];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
}

const protocolName = 'millrace-sticky';

export function createMembership(net: Net, options: MembershipOptions): Membership {
  const { group, topics, sessionTimeoutMs, rebalanceTimeoutMs } = options;
  let memberId = '';
  let generation = -1;
  let owned: Record<string, number[]> = {};

  async function withCoordinator<Result>(ask: (broker: Broker) => Promise<Result>): Promise<Result> {
    let broker: Broker | undefined;
    try {
      broker = await net.coordinator('group', group);
      return await ask(broker);
    } catch (error) {
      net.suspect(error, { ...(broker ? { broker } : {}), kind: 'group', id: group });
      throw error;
    }
  }

  async function request() {
    const metadata = MemberMetadata.encode({ version: 1, topics: [...topics], userData: Buffer.from(JSON.stringify(owned)) });
    const groupProtocols = [{ name: protocolName, metadata }];
    const ask = (id: string) =>
      withCoordinator((broker) =>
        joinGroup(broker, {
          groupId: group,
          sessionTimeout: sessionTimeoutMs,
          rebalanceTimeout: rebalanceTimeoutMs,
          memberId: id,
          protocolType: 'consumer',
          groupProtocols,
        }),
      );
    try {
      return await ask(memberId);
    } catch (thrown) {
      const { name, memberId: given } = thrown as { name?: string; memberId?: string };
      if (name !== 'KafkaJSMemberIdRequired' || !given) throw thrown;
      memberId = given;
      return ask(memberId);
    }
  }

  async function share(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
    const list = members.map(({ memberId: id, memberMetadata }): Member => {
      const { topics: wanted, userData } = MemberMetadata.decode(memberMetadata);
      return { id, topics: wanted, owned: readOwned(userData) };
    });
    const counts = new Map<string, number>();
    for (const topic of [...new Set(list.flatMap((member) => member.topics))].sort()) {
      counts.set(topic, (await net.leaders(topic, true))?.length ?? 0);
    }
    return [...assignPartitions(list, counts)].map(([id, assignment]) => ({
      memberId: id,
      memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
    }));
  }

  return {
    async join() {
      try {
        const joined = await request();
        memberId = joined.memberId;
        generation = joined.generationId;
        const groupAssignment = joined.leaderId === memberId ? await share(joined.members) : [];
        const { memberAssignment } = await withCoordinator((broker) =>
          broker.syncGroup({ groupId: group, generationId: generation, memberId, groupAssignment }),
        );
        owned = MemberAssignment.decode(memberAssignment)?.assignment ?? {};
        return owned;
      } catch (error) {
        if (errorType(error) === 'UNKNOWN_MEMBER_ID') {
          memberId = '';
          owned = {};
        }
        throw error;
      }
    },
    async heartbeat() {
      try {
        await withCoordinator((broker) => broker.heartbeat({ groupId: group, groupGenerationId: generation, memberId }));
        return 'ok';
      } catch (thrown) {
        const type = errorType(thrown);
        if (type === 'REBALANCE_IN_PROGRESS') return 'rebalance';
        if (type === 'UNKNOWN_MEMBER_ID') {
          memberId = '';
          owned = {};
          return 'lost';
        }
        if (type === 'ILLEGAL_GENERATION' || !isPassing(thrown)) return 'lost';
        return { failed: asError(thrown) };
      }
    },
    async leave(over) {
      if (memberId === '') return;
      const id = memberId;
      memberId = '';
      const broker = await over.coordinator('group', group);
      await broker.leaveGroup({ groupId: group, memberId: id });
    },
  };
}

function readOwned(userData: Buffer | null): Record<string, number[]> {
  if (!userData || userData.length === 0) return {};
  try {
    const data: unknown = JSON.parse(userData.toString('utf8'));
    return typeof data === 'object' && data !== null ? (data as Record<string, number[]>) : {};
  } catch {
    return {};
  }
}
