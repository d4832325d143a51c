import { setTimeout as wait } from 'node:timers/promises';
import { parseJson, stringifyJson } from '#shared/json.ts';
import type { ListRow } from '#shared/reconcile/list.ts';
import { atPath, idText } from '#shared/reconcile/path.ts';
import { type PollList, reconcileLimits } from '#shared/reconcile.ts';
import type { OutsideAnswer, OutsideCaller } from '../outside-call.ts';
import { RetriableError } from '../sdk.ts';
import { ReconcileRefused, secretOf } from './deps.ts';

type Auth = Pick<PollList, 'auth' | 'authSecret' | 'authUser' | 'authHeader'>;

const timeoutMs = 30_000;
const attempts = 5;
const firstPauseMs = 500;
const pageBytes = 32 * 1024 * 1024;

/** The header that signs in. */
export function signIn(auth: Auth, secrets: Record<string, string>): Record<string, string> {
  if (auth.auth === 'none') return {};
  const secret = secretOf(secrets, auth.authSecret);
  if (auth.auth === 'bearer') return { authorization: `Bearer ${secret}` };
  if (auth.auth === 'basic') return { authorization: `Basic ${Buffer.from(`${auth.authUser}:${secret}`).toString('base64')}` };
  return { [auth.authHeader.toLowerCase()]: secret };
}

/** Asks for one address; a side that is not ready is asked again, a few times. @throws ReconcileRefused, MessageError */
export async function ask(
  caller: OutsideCaller,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  maxBytes = pageBytes,
): Promise<OutsideAnswer> {
  for (let attempt = 1; ; attempt++) {
    let why: string;
    try {
      const answer = await caller.call({
        method: 'GET',
        url,
        headers: { accept: 'application/json', ...headers },
        timeoutMs,
        maxBytes,
        signal,
      });
      if (answer.status !== 429 && answer.status < 500) return answer;
      why = `${new URL(url).host} answered ${answer.status}.`;
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      why = error.message;
    }
    if (attempt === attempts) throw new ReconcileRefused(`${why} It was asked ${attempts} times. Try again later.`);
    await wait(firstPauseMs * 2 ** (attempt - 1), undefined, { signal });
  }
}

/** Polls a list page by page. @throws ReconcileRefused with what was answered and where */
export async function* pollList(
  caller: OutsideCaller,
  list: PollList,
  period: { since: number; until: number },
  secrets: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<ListRow[]> {
  const headers = signIn(list, secrets);
  const first = (page: number, cursor: string) => fill(list.url, { ...isoOf(period), page: String(page), cursor });
  const counts = list.url.includes('{page}');
  let url: string | undefined = first(1, '');
  const origin = new URL(url).origin;
  for (let page = 1; url !== undefined; page++) {
    if (page > reconcileLimits.pages)
      throw new ReconcileRefused(`The list has more than ${reconcileLimits.pages} pages. Compare a shorter period.`);
    const answer = await ask(caller, url, headers, signal);
    const where = `Page ${page} of the list`;
    if (answer.status < 200 || answer.status > 299)
      throw new ReconcileRefused(`${where} was answered ${answer.status}. Check address and sign-in.`);
    let body: unknown;
    try {
      body = parseJson(answer.text);
    } catch (cause) {
      throw new ReconcileRefused(`${where} is not JSON.`, { cause });
    }
    const items = atPath(body, list.items);
    if (!Array.isArray(items)) throw new ReconcileRefused(`${where} has no list at “${list.items === '' ? 'the top' : list.items}”.`);
    yield items.map((item: unknown) => {
      const id = idText(typeof item === 'object' && item !== null ? atPath(item, list.id) : item);
      if (id === undefined) throw new ReconcileRefused(`${where} has a thing without “${list.id}”.`);
      return typeof item === 'object' && item !== null ? { id, row: stringifyJson(item) ?? 'null' } : { id };
    });
    url = counts
      ? items.length === 0
        ? undefined
        : first(page + 1, '')
      : next(list, body, answer, url, (cursor) => first(page + 1, cursor));
    // Another host must not be handed the secret.
    if (url !== undefined && new URL(url).origin !== origin)
      throw new ReconcileRefused(`${where} leads to another server, which is not asked.`);
  }
}

function next(list: PollList, body: unknown, answer: OutsideAnswer, url: string, fillIn: (cursor: string) => string): string | undefined {
  if (list.next !== '') {
    const found = idText(atPath(body, list.next));
    if (found === undefined) return undefined;
    if (list.url.includes('{cursor}')) return fillIn(found);
    return new URL(found, url).href;
  }
  const link = answer.headers.link;
  const match = /<([^>]+)>\s*;[^,]*\brel="?next"?/.exec(Array.isArray(link) ? link.join(', ') : (link ?? ''));
  return match?.[1] === undefined ? undefined : new URL(match[1], url).href;
}

/** Puts values into an address, escaped. */
export function fill(url: string, values: Record<string, string>): string {
  return url.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

const isoOf = ({ since, until }: { since: number; until: number }) => ({
  since: new Date(since).toISOString(),
  until: new Date(until).toISOString(),
});
