import type { Sample } from '#shared/events.ts';
import { stringifyJson } from '#shared/json.ts';
import { JsonText } from '#shared/json-text.ts';
import { formatPosition, type Message } from '#shared/message.ts';

/** The live tap: keeps the last messages at every port, sampled at a low rate, bounded, never in the way. */
export interface Tap {
  see(node: string, port: string, message: Message, error?: { code: string; message: string }): void;
  /** Newest first. */
  samples(node: string, port: string): Sample[];
}

interface Seen {
  at: number;
  message: Message;
  error?: { code: string; message: string };
}

const kept = 20;
const everyMs = 200;
const textLimit = 16_384;

/** @param clock ms since 1970; called for every message, so it should be cheap. */
export function createTap(clock: () => number): Tap {
  const ports = new Map<string, { nextAt: number; ring: Seen[] }>();
  return {
    see(node, port, message, error) {
      const name = `${node}\n${port}`;
      let entry = ports.get(name);
      if (entry === undefined) ports.set(name, (entry = { nextAt: 0, ring: [] }));
      const at = clock();
      // The first messages of a port are all kept, so that a quiet flow shows each of them.
      if (entry.ring.length >= kept && at < entry.nextAt) return;
      entry.nextAt = at + everyMs;
      entry.ring.push(error === undefined ? { at, message } : { at, message, error });
      if (entry.ring.length > kept) entry.ring.shift();
    },
    samples(node, port) {
      const ring = ports.get(`${node}\n${port}`)?.ring ?? [];
      return ring.map((seen) => describe(node, port, seen)).reverse();
    },
  };
}

function describe(node: string, port: string, { at, message, error }: Seen): Sample {
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
