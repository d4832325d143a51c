/** A member of a consumer group as the leader sees it. */
export interface Member {
  id: string;
  topics: readonly string[];
  /** What it had before, by topic. */
  owned: Readonly<Record<string, readonly number[]>>;
}

/**
 * Shares partitions so that counts differ by one at most (among members with equal topics) and members keep what they
 * had: a newcomer takes only its share. A topic goes only to members that subscribed to it.
 */
export function assignPartitions(members: readonly Member[], topics: ReadonlyMap<string, number>): Map<string, Record<string, number[]>> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const counts = new Map(sorted.map(({ id }) => [id, 0]));
  const owner = new Map<string, string>();
  const all: { topic: string; partition: number; name: string; able: Member[] }[] = [];
  for (const [topic, partitions] of topics) {
    const able = sorted.filter((member) => member.topics.includes(topic));
    if (able.length === 0) continue;
    for (let partition = 0; partition < partitions; partition++) all.push({ topic, partition, name: `${topic}/${partition}`, able });
  }
  const give = (name: string, id: string) => {
    owner.set(name, id);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  const low = Math.floor(all.length / Math.max(sorted.length, 1));
  let extra = all.length % Math.max(sorted.length, 1);
  for (const { name, topic, partition, able } of all) {
    const before = able.find((member) => member.owned[topic]?.includes(partition));
    if (!before) continue;
    const count = counts.get(before.id) ?? 0;
    if (count < low) give(name, before.id);
    else if (count === low && extra > 0) {
      extra--;
      give(name, before.id);
    }
  }
  for (const { name, able } of all) {
    if (owner.has(name)) continue;
    let least = able[0];
    for (const member of able) if (least && (counts.get(member.id) ?? 0) < (counts.get(least.id) ?? 0)) least = member;
    if (least) give(name, least.id);
  }
  const result = new Map<string, Record<string, number[]>>(sorted.map(({ id }) => [id, {}]));
  for (const { name, topic, partition } of all) {
    const mine = result.get(owner.get(name) ?? '');
    if (!mine) continue;
    const list = mine[topic] ?? [];
    list.push(partition);
    mine[topic] = list;
  }
  return result;
}
