import type { Flow } from '#shared/flow.ts';
import { editInWords, type FieldEdit, withEdits } from '#shared/inbox/edit.ts';
import type { InboxCause, InboxItem, InboxItems, InboxLetter, InboxList, InboxOrder, InboxTab, Overtaken } from '#shared/inbox.ts';
import { type Headers, header } from '#shared/message.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import type { Plan } from '#shared/plan.ts';
import type { Problem } from '#shared/problem.ts';
import type { Retry, RetryRequest } from '#shared/replay.ts';
import type { KafkaPort, KafkaRecord } from '../kafka/port.ts';
import type { Retries } from '../replay/retries.ts';
import { triedBy } from '../runtime/repairs.ts';
import type { ItemFilter, StoredCause } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { TrialRunner } from '../try/trial-runner.ts';
import { ownHeaders } from './check-fix.ts';
import type { Followed } from './followed.ts';
import type { InboxFollower } from './follower.ts';
import { headerText, type RowLookup } from './letter.ts';
import { maskedMessage, textOf } from './masking.ts';
import { overtakenBy } from './overtaken.ts';
import { readLetters } from './read-letters.ts';
import { causeView, countsOf, fieldOf, inOrder, isIn, seesSource } from './views.ts';

/** What a list of causes may be asked for. */
export interface InboxQuery {
  flow?: string;
  node?: string;
  tab: InboxTab;
  search?: string;
  order: InboxOrder;
  limit: number;
  offset: number;
}

/** How a message is to be changed before its retry: as a whole, or field by field. */
export interface MessageEdit {
  item: string;
  key?: string | null;
  value?: string;
  encoding?: 'utf8' | 'base64';
  changes?: FieldEdit[];
}

/** Which messages of a cause are retried, and how. */
export interface RetryAsk extends Pick<RetryRequest, 'from' | 'perSecond' | 'stopAfter'> {
  filter: Omit<ItemFilter, 'states'>;
  version?: number;
  edits?: MessageEdit[];
  reason?: string;
}

export interface InboxOptions {
  kafka: KafkaPort;
  store: Store;
  retries: Retries;
  followed: Followed;
  trials: TrialRunner;
  types: ReadonlyMap<string, NodeTypeInfo>;
  compile(flow: Flow, version: number): { plan: Plan } | { problems: Problem[]; plan?: undefined };
  trouble(message: string): void;
}

/** The dead-letter inbox of all flows. Rejects with StoreError `unknown` for causes and items that are not there. */
export interface Inbox {
  list(query: InboxQuery): Promise<InboxList>;
  /** A cause by its stored row, its shown form and the draft of its flow. */
  found(id: string): Promise<{ stored: StoredCause; cause: InboxCause; flow: Flow | undefined }>;
  items(id: string, filter: ItemFilter, page: { limit: number; after?: string }, signal: AbortSignal): Promise<InboxItems>;
  /** A letter as it is shown: masked and bounded. */
  letter(item: string, signal: AbortSignal): Promise<InboxLetter>;
  /** The value of a letter whole, masked; for a download. Undefined for a delete marker. */
  whole(item: string, signal: AbortSignal): Promise<{ bytes: Uint8Array; name: string } | undefined>;
  overtaken(id: string, filter: Omit<ItemFilter, 'states'>, signal: AbortSignal): Promise<Overtaken>;
  /** Starts a retry. `edited`: for the audit, what was changed in each edited message. */
  retry(id: string, ask: RetryAsk, who: string): Promise<{ retry: Retry; edited: { item: string; words: string }[] }>;
  follower: InboxFollower;
  rowOf: RowLookup;
  /** The records of letters that are still there. */
  read(items: readonly InboxItem[], bytes: number, signal: AbortSignal): Promise<Map<string, KafkaRecord>>;
  /** Ends to hear of retries; what is followed is closed by who opened it. */
  close(): void;
}

const shownLength = 256 * 1024;
const mostRetried = 100_000;
/** Bytes read for the column of a page, of one letter, and of edited letters. */
const readBytes = { page: 16_000_000, letter: 64_000_000 };
const readMs = 15_000;

/** Opens the inbox on what is followed. */
export function openInboxService(options: InboxOptions): Inbox {
  const { kafka, store, retries, types } = options;
  const { follower, versionOf, rowOf } = options.followed;
  const openedAt = Date.now();

  const draftOf = (flow: string) =>
    store.flows.get(flow).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'unknown') return undefined;
      throw error;
    });

  async function storedCause(id: string): Promise<StoredCause> {
    const stored = await store.inbox.cause(id);
    if (stored === undefined) throw new StoreError('unknown', 'There is no such cause any more: retention has taken its messages.');
    return stored;
  }

  /** Brings states up to date with what happens elsewhere: retries that ended, drafts that were edited. */
  async function settle(stored: StoredCause): Promise<StoredCause> {
    const { id, retry: running } = stored;
    if (running !== undefined) {
      const retry = await retries.get(running);
      if (retry === undefined || isOver(retry)) await ended(id);
    }
    if (stored.state === 'fix-ready') {
      const draft = await draftOf(stored.flow);
      if (draft && draft.hash !== stored.fix?.draft) await store.inbox.move(id, 'fix-fails', null, Date.now());
    }
    return (await store.inbox.cause(id)) ?? stored;
  }

  async function ended(cause: string): Promise<void> {
    // What the retry wrote must be known before anybody says that some are left.
    await follower.refresh();
    await store.inbox.setRetry(cause, undefined);
    const left = await store.inbox.items(cause, { states: ['open', 'sent'] }, { limit: 1 });
    if (left.total > 0) await store.inbox.move(cause, 'retry-ended', null, Date.now());
  }

  const unsubscribe = retries.onChanged((retry) => {
    if (!isOver(retry)) return;
    void (async () => {
      for (const cause of await store.inbox.causes(retry.request.flow)) if (cause.retry === retry.id) await ended(cause.id);
    })().catch((error: unknown) =>
      options.trouble(`A cause could not be settled: ${error instanceof Error ? error.message : String(error)}`),
    );
  });

  async function withProgress(stored: StoredCause, view: InboxCause): Promise<InboxCause> {
    const retry = stored.retry === undefined ? undefined : await retries.get(stored.retry);
    const draft = view.fix && (await draftOf(stored.flow));
    return {
      ...view,
      ...(retry && !isOver(retry) && { retry: { id: retry.id, done: retry.done, total: retry.request.count } }),
      ...(view.fix && { fix: { ...view.fix, current: view.fix.draft === draft?.hash && view.fix.version === draft?.deployedVersion } }),
    };
  }

  /** What replays hold of a cause. */
  async function replaysOf(cause: string): Promise<Pick<InboxCause, 'replays'>> {
    const held = await store.claims.replaysOf(cause);
    const replays = await Promise.all(
      held.map(async ({ replay, items }) => {
        const { spec, state } = await store.replays.get(replay);
        return { id: replay, name: spec.name, paused: state === 'paused', messages: items };
      }),
    );
    return replays.length > 0 ? { replays } : {};
  }

  const maskedLetter = async (message: Pick<KafkaRecord, 'key' | 'value' | 'headers'>, flow: string) =>
    maskedMessage(message, (await store.samples.masks(flow)).masks);

  async function read(items: readonly InboxItem[], bytes: number, signal: AbortSignal): Promise<Map<string, KafkaRecord>> {
    const { records } = await readLetters(
      kafka,
      items.map(({ position }) => position),
      { bytes, ms: readMs },
      signal,
    );
    return new Map(
      items.flatMap(({ item, position }): [string, KafkaRecord][] =>
        (([record]) => (record ? [[item, record]] : []))([records.get(position)]),
      ),
    );
  }

  /** Where to look for the failing field in letters of a cause. */
  async function ground(record: KafkaRecord): Promise<{ reads: readonly (readonly string[])[]; pointer: string; message: string }> {
    const { headers } = record;
    const [flow = '', version = '0'] = headerText(headers, header.flow).split('@');
    const node = headerText(headers, header.errorNode);
    const document = await versionOf(flow, Number(version));
    const sees = document !== undefined && seesSource(document, node);
    const position = headerText(headers, header.errorPosition);
    const row = sees && position !== '' ? await rowOf(flow, Number(version), node, Number(position)) : undefined;
    return {
      reads: row?.reads ?? [],
      pointer: sees ? headerText(headers, header.errorField) : '',
      message: headerText(headers, header.errorMessage),
    };
  }

  async function oneRecord(item: string, signal: AbortSignal) {
    const found = await store.inbox.item(item);
    if (found === undefined) throw gone();
    const record = (await read([found], readBytes.letter, signal)).get(item);
    if (record === undefined) throw gone();
    return { found, record };
  }

  /** Who sent a message again that then failed again. */
  async function failedAgain(headers: Headers, at: number): Promise<InboxItem['by']> {
    const tried = triedBy(headers);
    if (tried === undefined) return undefined;
    const { by, id, who } = tried;
    if (by === 'retry') return { who, at, retry: id };
    const name = await store.replays.get(id).then(
      ({ spec }) => spec.name,
      () => id,
    );
    return { who, at, replay: { id, name } };
  }

  /** The edited messages for the retry, and what was changed in each, masked. */
  async function edited(stored: StoredCause, edits: readonly MessageEdit[], signal: AbortSignal) {
    const result: NonNullable<RetryRequest['edits']> = {};
    const words: { item: string; words: string }[] = [];
    for (const edit of edits) {
      const { found, record } = await oneRecord(edit.item, signal);
      if (found.cause !== stored.id) throw new Error('A message that was edited is not of this cause any more. Load it again.');
      const before = await maskedLetter(record, stored.flow);
      if (edit.value !== undefined && before.masked > 0)
        throw new Error('Masks hide a part of this message, so it cannot be written anew as a whole: edit its fields one by one.');
      const original = record.value === null ? { text: '', encoding: 'utf8' as const } : textOf(record.value);
      const encoding = edit.value === undefined ? original.encoding : (edit.encoding ?? 'utf8');
      const value = edit.value ?? (edit.changes === undefined ? original.text : withEdits(original.text, edit.changes));
      const wasKey = record.key === null ? null : textOf(record.key).text;
      const key = edit.key === undefined ? wasKey : edit.key;
      result[found.position] = { key, value, encoding };
      const after = await maskedLetter(
        { key: key === null ? null : Buffer.from(key), value: Buffer.from(value, encoding), headers: {} },
        stored.flow,
      );
      const changed = editInWords(before.value?.text ?? '', after.value?.text ?? '');
      const keyChange = key === wasKey ? '' : `key: ${before.key ?? 'none'} → ${after.key ?? 'none'}; `;
      words.push({
        item: edit.item,
        words: `${keyChange}${changed === 'nothing' && value !== original.text ? 'a field that masks hide' : changed}`,
      });
    }
    return { result, words };
  }

  return {
    follower,
    rowOf,
    read,
    async list({ flow, node, tab, search, order, limit, offset }) {
      const now = Date.now();
      const existing = new Set((await store.flows.list()).map(({ id }) => id));
      const stored = (await store.inbox.causes(flow)).filter(
        (cause) => existing.has(cause.flow) && (node === undefined || cause.node === node),
      );
      const numbers = await store.inbox.numbers(
        stored.map(({ id }) => id),
        now,
      );
      const drafts = new Map<string, Flow | undefined>();
      for (const id of new Set(stored.map((cause) => cause.flow))) drafts.set(id, (await draftOf(id))?.flow);
      const views = stored.map((cause) => causeView(cause, numbers.get(cause.id), drafts.get(cause.flow), types, now));
      const wanted = search?.trim().toLowerCase() ?? '';
      const byKey = wanted === '' ? undefined : await store.inbox.causesOfKey(wanted);
      const fits = (cause: InboxCause): boolean =>
        wanted === '' ||
        byKey?.has(cause.id) === true ||
        `${cause.title} ${cause.code} ${cause.flowName} ${cause.nodeName} ${cause.owner ?? ''}`
          .toLowerCase()
          .replaceAll('`', '')
          .includes(wanted);
      const found = inOrder(
        views.filter((cause) => isIn(tab, cause) && fits(cause)),
        order,
      );
      const shown: InboxCause[] = [];
      for (const view of found.slice(offset, offset + limit)) {
        const row = stored.find(({ id }) => id === view.id);
        if (row === undefined) continue;
        const settled = row.retry !== undefined || row.state === 'fix-ready' ? await settle(row) : row;
        shown.push(await withProgress(settled, settled === row ? view : { ...view, state: settled.state, stateAt: settled.stateAt }));
      }
      const last = Math.max(0, ...stored.map(({ newestAt }) => newestAt));
      return {
        causes: shown,
        total: found.length,
        counts: countsOf(views),
        checkedAt: follower.checkedAt(),
        behind: follower.behind() || follower.checkedAt() === 0,
        ...(last > 0 && { lastFailure: last }),
        since: openedAt,
      };
    },
    async found(id) {
      const stored = await settle(await storedCause(id));
      const now = Date.now();
      const numbers = await store.inbox.numbers([id], now);
      const flow = (await draftOf(stored.flow))?.flow;
      const cause = await withProgress(stored, causeView(stored, numbers.get(id), flow, types, now));
      return { stored, flow, cause: { ...cause, ...(await replaysOf(id)) } };
    },
    async items(id, filter, page, signal) {
      const stored = await storedCause(id);
      const found = await store.inbox.items(id, filter, page);
      const records = await read(found.items, readBytes.page, signal);
      const items: InboxItem[] = [];
      for (const item of found.items) {
        const record = records.get(item.item);
        if (record === undefined) {
          items.push(item);
          continue;
        }
        const shown = await maskedLetter({ ...record, headers: {}, value: smallOf(record.value) }, stored.flow);
        const field = shown.value?.encoding === 'utf8' ? fieldOf(shown.value.text, await ground(record)) : undefined;
        items.push({
          ...item,
          key: shown.key === null || item.key?.endsWith('…') ? item.key : shown.key,
          ...(field?.json !== undefined && { value: field.json }),
        });
      }
      return { ...found, items };
    },
    async letter(item, signal) {
      const { found, record } = await oneRecord(item, signal);
      const { cause, flow, ...shownItem } = found;
      const shown = await maskedLetter(record, flow);
      const text = shown.value?.text ?? null;
      const field = shown.value?.encoding === 'utf8' && text !== null ? fieldOf(text, await ground(record)) : undefined;
      const own = new Set(Object.keys(ownHeaders(record.headers)));
      const by = shownItem.state === 'open' ? await failedAgain(record.headers, shownItem.lastAt) : shownItem.by;
      return {
        cause,
        item: { ...shownItem, ...(by && { by }), key: shown.key, ...(field?.json !== undefined && { value: field.json }) },
        value: text === null ? null : text.slice(0, shownLength),
        encoding: shown.value?.encoding ?? 'utf8',
        cut: (text?.length ?? 0) > shownLength,
        masked: shown.masked,
        headers: Object.fromEntries(
          Object.entries(shown.headers).sort(([a], [b]) => Number(own.has(b)) - Number(own.has(a)) || a.localeCompare(b)),
        ),
        message: hidden(headerText(record.headers, header.errorMessage), shown.masked > 0),
        code: headerText(record.headers, header.errorCode),
        ...(field && { field: [...field.path] }),
      };
    },
    async whole(item, signal) {
      const { found, record } = await oneRecord(item, signal);
      const shown = await maskedLetter(record, found.flow);
      if (shown.value === null) return undefined;
      const name = found.position.replaceAll(/[^\w.-]+/g, '-');
      return {
        bytes: Buffer.from(shown.value.text, shown.value.encoding),
        name: `${name}.${shown.value.encoding === 'utf8' ? 'json' : 'bin'}`,
      };
    },
    async overtaken(id, filter, signal) {
      await storedCause(id);
      return overtakenBy(kafka, await store.inbox.all(id, { ...filter, states: ['open'] }, mostRetried), signal);
    },
    async retry(id, ask, who) {
      const stored = await storedCause(id);
      const open = await store.inbox.all(id, { ...ask.filter, states: ['open'] }, mostRetried);
      if (open.length === 0)
        throw new Error('None of these messages is open any more: somebody has retried or discarded them. Load the list again.');
      const draft = await draftOf(stored.flow);
      const version = ask.version ?? draft?.deployedVersion;
      if (version === undefined) throw new Error('This flow has no deployed version; deploy one, or choose the version that shall run.');
      const { result, words } = await edited(stored, ask.edits ?? [], AbortSignal.timeout(readMs));
      const retry = await retries.start(
        {
          flow: stored.flow,
          // The oldest first, so that messages of one key go in their order.
          letters: open.reverse().map(({ position }) => position),
          from: ask.from,
          version,
          perSecond: ask.perSecond,
          stopAfter: ask.stopAfter,
          ...(Object.keys(result).length > 0 && { edits: result }),
          ...(ask.reason !== undefined && { reason: ask.reason }),
        },
        who,
      );
      await store.inbox.setRetry(id, retry.id);
      await store.inbox.move(id, 'retry-started', who, Date.now());
      const now = await retries.get(retry.id);
      if (now && isOver(now)) await ended(id);
      return { retry, edited: words };
    },
    close: unsubscribe,
  };
}

const isOver = ({ state }: Retry): boolean => state === 'done' || state === 'stopped' || state === 'failed';

const gone = (): StoreError =>
  new StoreError('unknown', 'The original of this message is gone: retention has taken it, so it can be neither shown nor retried.');

/** Values of some size are not read for a column of a list. */
function smallOf(value: Uint8Array | null): Uint8Array | null {
  return value !== null && value.byteLength > 512 * 1024 ? null : value;
}

/** A sentence may quote a value that masks hide in the message. */
function hidden(message: string, hides: boolean): string {
  return hides ? message.replace(/"(?:[^"\\]|\\.)*"/g, '“…”') : message;
}
