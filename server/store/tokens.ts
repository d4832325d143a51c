import { createHash, randomBytes } from 'node:crypto';

/**
 * A new unguessable token of 256 bits, in letters that survive a URL, with a prefix that secret scanners can look for.
 */
export function newToken(prefix: string): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/**
 * What is stored of a token. A plain SHA-256 is enough because the tokens are random and long; it also makes looking
 * one up a comparison of hashes, so the time it takes says nothing about the token.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
