import type { Sample } from '#shared/events.ts';
import { stringifyJson } from '#shared/json.ts';
import { JsonText } from '#shared/json-text.ts';
import { formatPosition, type Message } from '#shared/message.ts';

/** The live tap: keeps the last messages at every port, sampled at a low rate, bounded, never in the way. */
export interface Tap {
  see(node: string, port: string, message: Message, error?: { code: string; message: string }): void;
  /** A message that ended at a node on purpose; each reason has samples of its own, so that a frequent one hides no other. */
  filtered(node: string, reason: string, message: Message): void;
  /** Newest first. */
  samples(node: string, port: string): Sample[];
}

interface Seen {
  at: number;
  message: Message;
  error?: { code: string; message: string };
  reason?: string;
}

interface Ring {
  nextAt: number;
  seen: Seen[];
}

const kept = 20;
const everyMs = 200;
const textLimit = 16_384;
/** Reasons of which samples are kept, per node; expressions may make any number of them. */
const reasonsKept = 30;

/** @param clock ms since 1970; called for every message, so it should be cheap. */
export function createTap(clock: () => number): Tap {
  const ports = new Map<string, Ring>();
  /** Rings of a node's reasons, by node. */
  const reasons = new Map<string, Map<string, Ring>>();

  function keep(ring: Ring, seen: () => Omit<Seen, 'at'>): void {
    const at = clock();
    // The first messages are all kept, so that a quiet flow shows each of them.
    if (ring.seen.length >= kept && at < ring.nextAt) return;
    ring.nextAt = at + everyMs;
    ring.seen.push({ at, ...seen() });
    if (ring.seen.length > kept) ring.seen.shift();
  }

  return {
    see(node, port, message, error) {
      const name = `${node}\n${port}`;
      let ring = ports.get(name);
      if (ring === undefined) ports.set(name, (ring = { nextAt: 0, seen: [] }));
      keep(ring, () => (error === undefined ? { message } : { message, error }));
    },
    filtered(node, reason, message) {
      let rings = reasons.get(node);
      if (rings === undefined) reasons.set(node, (rings = new Map()));
      let ring = rings.get(reason);
      if (ring === undefined) {
        if (rings.size >= reasonsKept) return;
        rings.set(reason, (ring = { nextAt: 0, seen: [] }));
      }
      keep(ring, () => ({ message, reason }));
    },
    samples(node, port) {
      if (port !== 'filtered') return (ports.get(`${node}\n${port}`)?.seen ?? []).map((seen) => describe(node, port, seen)).reverse();
      const seen = [...(reasons.get(node)?.values() ?? [])].flatMap((ring) => ring.seen);
      return seen.sort((a, b) => b.at - a.at).map((one) => describe(node, port, one));
    },
  };
}

function describe(node: string, port: string, { at, message, error, reason }: Seen): Sample {
  const text = valueText(message.value);
  return {
    node,
    port,
    at,
    origin: formatPosition(message.origin),
    key: message.key === null ? null : textOf(message.key),
    value: text.slice(0, textLimit),
    truncated: text.length > textLimit,
    headers: textHeaders(message.headers),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
    ...(reason !== undefined && { reason }),
  };
}

/** Header values as text; bytes that are no text show as base64. */
export function textHeaders(headers: Message['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)]));
}

/** Text as it is, bytes as base64. */
export function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('base64');
}

function valueText(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  return value instanceof JsonText ? value.write() : (stringifyJson(value) ?? 'null');
}
