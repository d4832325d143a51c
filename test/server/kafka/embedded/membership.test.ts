import type { Consumer, Kafka } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createMembership } from '#server/kafka/embedded/membership.ts';
import { adminOf, client, later, makeTopic, producerOf, startBroker, until } from './harness.ts';

const caller = { clientId: 'c', host: '127.0.0.1' };
const metadata = Buffer.from('m');

function joinRequest(memberId = '', groupInstanceId: string | null = null, protocols = [{ name: 'range', metadata }]) {
  return {
    groupId: 'g',
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 6_000,
    memberId,
    groupInstanceId,
    protocolType: 'consumer',
    protocols,
    reason: null,
  };
}

function syncRequest(memberId: string, generationId: number, assignments: { memberId: string; assignment: Buffer }[] = []) {
  return { groupId: 'g', generationId, memberId, groupInstanceId: null, protocolType: null, protocolName: null, assignments };
}

function createGroups() {
  const groups = createMembership({ onJoined: () => undefined, onEmpty: () => undefined });
  later(groups.close);
  return groups;
}

/** A running member that notes what it was assigned and what it read. */
async function member(kafka: Kafka, groupId: string, topic: string): Promise<{ consumer: Consumer; assigned: number[]; values: string[] }> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 300, maxWaitTimeInMs: 300 });
  const state = { consumer, assigned: [] as number[], values: [] as string[] };
  consumer.on('consumer.group_join', ({ payload }) => {
    state.assigned = payload.memberAssignment[topic] ?? [];
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void state.values.push(String(message.value)) });
  later(() => consumer.disconnect());
  return state;
}

test('members share partitions, and the rest takes over when one leaves', async () => {
  const kafka = client(await startBroker());
  await makeTopic(kafka, 't', { numPartitions: 4 });
  const first = await member(kafka, 'g', 't');
  await until('the first has all', () => first.assigned.length === 4);
  const second = await member(kafka, 'g', 't');
  await until('both have two', () => first.assigned.length === 2 && second.assigned.length === 2);
  expect([...first.assigned, ...second.assigned].sort()).toEqual([0, 1, 2, 3]);
  const admin = await adminOf(kafka);
  const { groups } = await admin.describeGroups(['g']);
  expect(groups[0]).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'RoundRobinAssigner' });
  expect(groups[0]?.members).toHaveLength(2);
  await expect(admin.deleteGroups(['g'])).rejects.toThrow();

  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: Array.from({ length: 40 }, (_, i) => ({ value: String(i), partition: i % 4 })) });
  await until('all was read', () => first.values.length + second.values.length === 40);
  await second.consumer.disconnect();
  await until('the first has all again', () => first.assigned.length === 4);
  await first.consumer.disconnect();
  expect((await admin.listGroups()).groups).toEqual([{ groupId: 'g', protocolType: 'consumer' }]);
  await admin.deleteGroups(['g']);
  expect((await admin.listGroups()).groups).toEqual([]);
});

test('a group goes on where it stopped, after a restart of the broker too', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 't');
  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: [{ value: 'a' }, { value: 'b' }] });
  const before = await member(kafka, 'g', 't');
  await until('both were read', () => before.values.length === 2);
  await before.consumer.disconnect();
  await first.close();
  await startBroker({ dir: first.dir });
  await producer.send({ topic: 't', messages: [{ value: 'c' }] });
  const after = await member(kafka, 'g', 't');
  await until('the new one was read', () => after.values.length === 1);
  expect(after.values).toEqual(['c']);
});

test('a running consumer finds its way back when the broker restarts under it', async () => {
  const first = await startBroker();
  const kafka = client(first);
  await makeTopic(kafka, 't');
  const reader = await member(kafka, 'g', 't');
  const producer = await producerOf(kafka);
  await producer.send({ topic: 't', messages: [{ value: 'a' }] });
  await until('the first was read', () => reader.values.length === 1);
  await first.close();
  await startBroker({ dir: first.dir });
  await producer.send({ topic: 't', messages: [{ value: 'b' }] });
  await until('the second was read', () => reader.values.includes('b'));
  // At least once: what was read before the group met again is read again. In the log it stands once.
  expect([...new Set(reader.values)]).toEqual(['a', 'b']);
  expect((await (await adminOf(kafka)).fetchTopicOffsets('t'))[0]?.high).toBe('2');
});

test('a newcomer gets an id first and is a member once it joins with it', async () => {
  const groups = createGroups();
  const asked = await groups.join(joinRequest(), 5, caller);
  expect(asked.errorCode).toBe(79);
  const joined = await groups.join(joinRequest(asked.memberId), 5, caller);
  expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: asked.memberId, protocolName: 'range' });
  const synced = await groups.sync(syncRequest(joined.memberId, 1, [{ memberId: joined.memberId, assignment: Buffer.from('all') }]));
  expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.from('all') });
  expect(groups.heartbeat({ groupId: 'g', generationId: 1, memberId: joined.memberId, groupInstanceId: null })).toBe(0);
});

test('strangers and old generations are turned away', async () => {
  const groups = createGroups();
  const { memberId } = await groups.join(joinRequest(), 3, caller);
  await groups.sync(syncRequest(memberId, 1));
  expect((await groups.join(joinRequest('nobody'), 5, caller)).errorCode).toBe(25);
  expect((await groups.join(joinRequest('', null, [{ name: 'other', metadata }]), 3, caller)).errorCode).toBe(23);
  expect((await groups.join({ ...joinRequest(), sessionTimeoutMs: 100 }, 5, caller)).errorCode).toBe(26);
  expect(groups.heartbeat({ groupId: 'g', generationId: 0, memberId, groupInstanceId: null })).toBe(22);
  expect(groups.heartbeat({ groupId: 'g', generationId: 1, memberId: 'nobody', groupInstanceId: null })).toBe(25);
  expect(groups.mayCommit('g', 0, memberId, null, false)).toBe(22);
  expect(groups.mayCommit('g', -1, '', null, false)).toBe(25);
  expect(groups.mayCommit('g', -1, '', null, true)).toBe(0);
  expect(groups.mayCommit('other', -1, '', null, false)).toBe(0);
});

test('while the leader assigns, nobody commits; while members gather, heartbeats say so', async () => {
  const groups = createGroups();
  const first = await groups.join(joinRequest(), 3, caller);
  expect(groups.mayCommit('g', 1, first.memberId, null, false)).toBe(27);
  await groups.sync(syncRequest(first.memberId, 1));
  const secondJoins = groups.join(joinRequest(), 3, caller);
  expect(groups.heartbeat({ groupId: 'g', generationId: 1, memberId: first.memberId, groupInstanceId: null })).toBe(27);
  const again = await groups.join(joinRequest(first.memberId), 3, caller);
  const second = await secondJoins;
  expect(again).toMatchObject({ generationId: 2, leader: first.memberId });
  expect(again.members).toHaveLength(2);
  expect(second.members).toEqual([]);
  const waiting = groups.sync(syncRequest(second.memberId, 2));
  await groups.sync(syncRequest(first.memberId, 2, [{ memberId: second.memberId, assignment: Buffer.from('two') }]));
  expect((await waiting).assignment).toEqual(Buffer.from('two'));
});

test('a static member that comes back keeps its assignment without a rebalance, and its old self is fenced', async () => {
  const groups = createGroups();
  const first = await groups.join(joinRequest('', 'one'), 9, caller);
  await groups.sync({
    ...syncRequest(first.memberId, 1, [{ memberId: first.memberId, assignment: Buffer.from('mine') }]),
    groupInstanceId: 'one',
  });
  const back = await groups.join(joinRequest('', 'one'), 9, caller);
  expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
  expect(back.memberId).not.toBe(first.memberId);
  expect((await groups.sync({ ...syncRequest(back.memberId, 1), groupInstanceId: 'one' })).assignment).toEqual(Buffer.from('mine'));
  expect(groups.heartbeat({ groupId: 'g', generationId: 1, memberId: first.memberId, groupInstanceId: 'one' })).toBe(82);
});

test('a member that falls silent is out after its session timeout, and the others are told to join again', async () => {
  vi.useFakeTimers();
  later(() => vi.useRealTimers());
  const groups = createGroups();
  const first = await groups.join(joinRequest(), 3, caller);
  await groups.sync(syncRequest(first.memberId, 1));
  const secondJoins = groups.join(joinRequest(), 3, caller);
  await groups.join(joinRequest(first.memberId), 3, caller);
  const { memberId } = await secondJoins;
  const waiting = groups.sync(syncRequest(memberId, 2));
  await groups.sync(syncRequest(first.memberId, 2));
  await waiting;
  const beat = () => groups.heartbeat({ groupId: 'g', generationId: 2, memberId: first.memberId, groupInstanceId: null });
  vi.advanceTimersByTime(4_000);
  expect(beat()).toBe(0);
  vi.advanceTimersByTime(3_000);
  expect(beat()).toBe(27);
  expect(await groups.join(joinRequest(first.memberId), 3, caller)).toMatchObject({ generationId: 3, leader: first.memberId });
  expect(groups.heartbeat({ groupId: 'g', generationId: 2, memberId, groupInstanceId: null })).toBe(25);
});
