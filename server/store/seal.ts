import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from './store-error.ts';

/** The key that secrets are sealed with: 32 bytes. */
export type SealKey = Buffer;

const nonceLength = 12;
const tagLength = 16;

/**
 * Finds or makes the key: from text (MILLRACE_SECRET_KEY, at least 16 characters) when there is one, else from the
 * file `secret.key` in the data folder, which is made at first use and readable by its owner alone.
 */
export async function loadSealKey(source: { text?: string | undefined; folder?: string | undefined }): Promise<SealKey> {
  if (source.text !== undefined) {
    if (source.text.length < 16) throw new StoreError('sealed', 'MILLRACE_SECRET_KEY is too short: give it at least 16 characters.');
    return createHash('sha256').update(source.text, 'utf8').digest();
  }
  if (source.folder === undefined) {
    throw new StoreError('sealed', 'Secrets need a key: set MILLRACE_SECRET_KEY, the same on every machine.');
  }
  await mkdir(source.folder, { recursive: true });
  const file = join(source.folder, 'secret.key');
  try {
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (key.length !== 32)
    throw new StoreError('sealed', `The key file ${file} is damaged: restore it from a backup, or remove it and enter the secrets again.`);
  return key;
}

/** Seals a text with AES-256-GCM. `name` is sealed with it, so a sealed value cannot be passed off under another name. */
export function seal(key: SealKey, name: string, value: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(name, 'utf8'));
  return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Opens what {@link seal} made. Throws `sealed` when the key or the name is another. */
export function unseal(key: SealKey, name: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(name, 'utf8'));
    decipher.setAuthTag(bytes.subarray(-tagLength));
    return decipher.update(bytes.subarray(nonceLength, -tagLength)).toString('utf8') + decipher.final('utf8');
  } catch (error) {
    throw new StoreError('sealed', `The secret "${name}" was sealed with another key: bring that key back, or enter the secret again.`, {
      cause: error,
    });
  }
}
