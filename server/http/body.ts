import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** How much of a body that is too large is still read and thrown away, so that the sender gets to read the answer. */
const drainLimit = 64 * 1024 * 1024;

/**
 * Reads a body of at most `limit` bytes, as it came. A larger one is refused with 413, before reading any of it when its
 * length was announced, else at the first byte too many; it is never held in memory.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let refused = false;
    const refuse = (): void => {
      refused = true;
      chunks.length = 0;
      reject(new Refusal(413, 'body/too-large', `The body is larger than the ${limit} bytes that are taken here.`));
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (refused) {
        if (size > drainLimit) request.destroy();
      } else if (size > limit) refuse();
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (cause) => reject(new Refusal(400, 'body/cut-off', 'The connection ended before the body did.', { cause })));
    if (Number(request.headers['content-length'] ?? 0) > limit) refuse();
  });
}

/** Reads a body as JSON text; undefined when there is none. Refuses what is not JSON in UTF-8 (400, 415). */
export async function readJson(request: IncomingMessage, limit: number): Promise<{ text: string; value: unknown } | undefined> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new Refusal(415, 'body/encoding', 'Send the body as it is, without a Content-Encoding.');
  }
  const bytes = await readBody(request, limit);
  if (bytes.length === 0) return undefined;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new Refusal(415, 'body/type', 'The body must be JSON: send it with the header "Content-Type: application/json".');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Refusal(400, 'body/not-utf8', 'The body is not valid UTF-8.', { cause });
  }
  try {
    return { text, value: JSON.parse(text) as unknown };
  } catch (cause) {
    throw new Refusal(400, 'body/not-json', `The body is not JSON: ${cause instanceof Error ? cause.message : 'it cannot be read'}.`, {
      cause,
    });
  }
}
