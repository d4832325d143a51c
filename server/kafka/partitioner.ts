/**
 * 32-bit murmur2 with Kafka's seed: the hash of Kafka's own default partitioner
 * (org.apache.kafka.common.utils.Utils.murmur2), so equal keys meet in the same partition whoever writes them.
 */
export function murmur2(key: Uint8Array): number {
  const length = key.length;
  const m = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = (key[at] as number) | ((key[at + 1] as number) << 8) | ((key[at + 2] as number) << 16) | ((key[at + 3] as number) << 24);
    word = Math.imul(word, m);
    word ^= word >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(word, m);
  }
  const rest = length - at;
  if (rest === 3) hash ^= (key[at + 2] as number) << 16;
  if (rest >= 2) hash ^= (key[at + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (key[at] as number), m);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ (hash >>> 15);
}

/** Chooses partitions: by key as Kafka's default partitioner does, round robin without a key. */
export interface Partitioner {
  choose(topic: string, partitions: number, key: Uint8Array | string | null): number;
}

export function createPartitioner(): Partitioner {
  const turns = new Map<string, number>();
  return {
    choose(topic, partitions, key) {
      if (key !== null) return (murmur2(typeof key === 'string' ? Buffer.from(key) : key) & 0x7fffffff) % partitions;
      const turn = turns.get(topic) ?? Math.floor(Math.random() * partitions);
      turns.set(topic, turn + 1);
      return turn % partitions;
    },
  };
}
