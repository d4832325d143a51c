import type { Readable } from 'node:stream';
import { request } from 'undici';
import { failureOf } from './nodes/http-call.ts';
import { outboundAgent } from './nodes/outbound.ts';
import { MessageError } from './sdk.ts';

/** A call of Millrace itself to the outside, under the same rules as those of nodes. */
export interface OutsideCall {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
  /** Most bytes of an answer; more is an error. */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface OutsideAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface OutsideCaller {
  /** Rejects with MessageError or RetriableError (codes `call/…`), never with anything secret in its words. */
  call(call: OutsideCall): Promise<OutsideAnswer>;
  close(): Promise<void>;
}

/** Calls public addresses, and private ones that an administrator has allowed. Redirects are not followed. */
export function createOutsideCaller(allowPrivate: readonly string[]): OutsideCaller {
  const agent = outboundAgent({ allowPrivate, connections: 4, connectTimeoutMs: 10_000 });
  return {
    async call({ method, url, headers, body, timeoutMs, maxBytes, signal }) {
      const over = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await request(url, {
          method,
          dispatcher: agent,
          signal: signal ? AbortSignal.any([over, signal]) : over,
          ...(headers && { headers }),
          ...(body !== undefined && { body }),
        });
        return { status: answer.statusCode, headers: answer.headers, text: await readText(answer.body, maxBytes) };
      } catch (error) {
        if (error instanceof MessageError || signal?.aborted) throw error;
        throw failureOf('call', error, timeoutMs);
      }
    },
    close: () => agent.close(),
  };
}

async function readText(body: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new MessageError('call/too-large', `The answer has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
