import type { Environment } from '#shared/jsonata/options.ts';

/**
 * The clock and the random numbers of a Try. Both depend on nothing but the settings and the place: the same node sees
 * the same numbers at the same message, whatever other nodes asked for before. So two Tries give the same result, and an
 * edit of one node leaves the numbers of the others alone.
 */
export interface TrialWorld extends Environment {
  /** A version 4 UUID made of the random numbers. */
  uuid(): string;
  /** Fills with random bytes. */
  fill(bytes: Uint8Array): void;
  /**
   * Goes to a place.
   * @param arrival which of the messages that came to this node of this input, counted from 0
   */
  enter(node: string, input: number, arrival: number, timestamp: number): void;
}

/** @param options `now`: a clock that stands still, in ms since 1970; left out, the time of each message. */
export function createTrialWorld(options: { now?: number | undefined; seed: number }): TrialWorld {
  let time = options.now ?? 0;
  let place = '';
  /** Made when a place first asks: most nodes never do. */
  let random: (() => number) | undefined;

  const next = (): number => {
    random ??= generator(`${options.seed}\n${place}`);
    return random();
  };
  const world: TrialWorld = {
    now: () => time,
    random: next,
    uuid() {
      const bytes = new Uint8Array(16);
      world.fill(bytes);
      bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
      bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    },
    fill(bytes) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = Math.floor(next() * 256);
    },
    enter(node, input, arrival, timestamp) {
      time = options.now ?? timestamp;
      place = `${node}\n${input}\n${arrival}`;
      random = undefined;
    },
  };
  return world;
}

/** sfc32 (PractRand), begun with four hashes of a text; 32 bits for each number. */
function generator(text: string): () => number {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0xdeadbeef].map((start) => hash(text, start)) as [number, number, number, number];
  const next = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers still resemble the seed.
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** FNV-1a with the finish of MurmurHash3, 32 bits. */
function hash(text: string, start: number): number {
  let value = start;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
