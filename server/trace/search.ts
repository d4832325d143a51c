import { header, type Position, parsePosition } from '#shared/message.ts';
import type { FindBounds } from '#shared/sample.ts';
import { createMasker, type Masker } from '#shared/sample-masks.ts';
import { type TraceQuery, type TraceSearch, traceLimits } from '#shared/trace.ts';
import type { KafkaAdmin, KafkaPort, KafkaRecord, KafkaSettings } from '../kafka/port.ts';
import type { Store } from '../store/store.ts';
import type { TraceIndexFile } from '../store/trace-index.ts';
import type { Estate, Reader } from './estate.ts';
import { hitOf } from './hit.ts';
import { createMatch, type MatchSpec, readable } from './match.ts';
import { recordsAt } from './records-at.ts';
import type { ScanJob } from './scan.ts';
import { scanInThread } from './scan-host.ts';
import { termHash, termText, traceIdOf } from './term.ts';
import { textHeader } from './terms-of.ts';
import { inTime, type TopicRange, topicRange, utcText } from './topic-range.ts';

/** What searches use. */
export interface SearchDeps {
  store: Store;
  kafka: KafkaPort;
  admin: KafkaAdmin;
  settings: KafkaSettings;
  estate(): Promise<Estate>;
  /** Undefined while there is no index. */
  index(): TraceIndexFile | undefined;
  bounds?: FindBounds;
}

/** What one search reads at most. */
const mostBounds: FindBounds = { messages: 5_000_000, bytes: 4_000_000_000, ms: 120_000 };
/** Places that the index names and that are looked at, for each hit that is wanted. */
const candidates = 4;

/**
 * Runs a search; what it finds stands in `search` at once. In this order: a position, a trace id, the index, and what the
 * index does not know message by message. Ends when it has enough, everything was looked at, a bound is reached (said in
 * the notes) or the signal fires.
 * @param seesAll whether who asks may find what masks hide; it is masked all the same
 */
export async function runSearch(deps: SearchDeps, search: TraceSearch, seesAll: boolean, signal: AbortSignal): Promise<void> {
  const { query } = search;
  const estate = await deps.estate();
  const add = await collector(deps, estate, search, seesAll);
  const position = query.by === 'auto' || query.by === 'position' ? positionIn(query.text) : undefined;
  if (position !== undefined || query.by === 'position') {
    if (position === undefined) search.notes.push('A position is written as topic/partition@offset, for example orders/3@4711.');
    else if (await findPosition(deps, estate, position, search, add, signal)) return;
    if (query.by === 'position') return;
  }
  const topics = [...estate.readers].flatMap(([topic, readers]) =>
    readers.some(({ flow }) => query.flow === undefined || flow === query.flow) ? [topic] : [],
  );
  if (topics.length === 0) {
    search.notes.push('No flow that was deployed reads a topic yet, so there is nothing to look through.');
    return;
  }
  const ranges = (await Promise.all(topics.map((topic) => topicRange(deps.admin, deps.index(), topic)))).filter(
    (range) => range !== undefined,
  );
  const trace = query.by === 'trace-id' || query.by === 'auto' ? traceIdOf(query.text) : undefined;
  if (query.by === 'trace-id' && trace === undefined) {
    search.notes.push('A trace id has 32 digits of 0 to f; a whole traceparent may be given too.');
    return;
  }
  const spec = matchOf(query, trace);
  const known = await askIndex(deps, query, spec, topics, search, add, signal);
  const enough = search.hits.length >= (query.limit ?? traceLimits.hits);
  if (enough || signal.aborted) return;
  // What the index has answered is answered: only what it has not read is left. Else it knows too little of the messages.
  const answered = known && (query.by !== 'auto' || trace !== undefined || search.hits.length > 0);
  const isWhole = answered && query.by !== 'text' && !(query.by === 'field' && !(await isIndexed(deps, estate, query)));
  await scanRest(deps, query, spec, ranges, isWhole, search, add, signal);
}

type Add = (record: KafkaRecord, matched: string, flows?: readonly string[]) => void;

/** Puts hits into the search: one for each flow that reads the topic, masked as the flow says. */
async function collector({ store }: SearchDeps, estate: Estate, search: TraceSearch, seesAll: boolean): Promise<Add> {
  const { query } = search;
  const maskers = new Map<string, Masker>();
  for (const id of estate.flows.keys()) {
    if (query.flow === undefined || query.flow === id) maskers.set(id, createMasker((await store.samples.masks(id)).masks));
  }
  const trace = query.by === 'auto' || query.by === 'trace-id' ? traceIdOf(query.text) : undefined;
  const isPosition = query.by === 'position' || (query.by === 'auto' && positionIn(query.text) !== undefined);
  const shownMatch = seesAll || isPosition ? undefined : createMatch(matchOf(query, trace));
  const seen = new Set<string>();
  return (record, matched) => {
    for (const { flow, source } of readersOf(estate, record.topic)) {
      const masker = maskers.get(flow);
      if (!masker || search.hits.length >= (query.limit ?? traceLimits.hits)) continue;
      const hit = hitOf(record, matched, { flow, source, masker, shownMatch });
      if (!hit || seen.has(`${hit.flow} ${hit.origin}`)) continue;
      seen.add(`${hit.flow} ${hit.origin}`);
      search.hits.push(hit);
    }
  };
}

const readersOf = (estate: Estate, topic: string): Reader[] => estate.readers.get(topic) ?? [];

/** `topic/partition@offset`, `topic/partition/offset`; undefined for what is none. */
export function positionIn(text: string): Position | undefined {
  return parsePosition(text.trim().replace(/@(\d+)$/, '/$1'));
}

function matchOf({ by, text, field }: TraceQuery, trace: string | undefined): MatchSpec {
  if (trace !== undefined) return { by: 'trace-id', text: trace };
  if (by === 'field') return { by, field: field ?? '', text };
  if (by === 'key') return { by, text };
  if (by === 'index') return { by: 'value', text };
  return { by: 'text', text };
}

/** Finds the message at a position, or the one of which it was made; true when the search ends with that. */
async function findPosition(
  deps: SearchDeps,
  estate: Estate,
  position: Position,
  search: TraceSearch,
  add: Add,
  signal: AbortSignal,
): Promise<boolean> {
  const { topic } = position;
  const isRead = estate.readers.has(topic);
  if (!isRead && !estate.writers.has(topic)) {
    if (search.query.by === 'position') search.notes.push(`No flow that was deployed reads or writes “${topic}”.`);
    return false;
  }
  const [record] = (await recordsAt(deps, [position], signal)).values();
  if (record === undefined) {
    search.notes.push(await whyGone(deps.admin, position));
    return true;
  }
  if (isRead) add(record, 'position');
  const origin = parsePosition(textHeader(record, header.origin) ?? '');
  if (origin && estate.readers.has(origin.topic)) {
    const [source] = (await recordsAt(deps, [origin], signal)).values();
    if (source) add(source, `what became of it stands in ${topic}`);
    else if (!isRead) search.notes.push(await whyGone(deps.admin, origin));
  }
  return true;
}

/** Why there is no message at a position, for people. */
export async function whyGone(admin: KafkaAdmin, { topic, partition, offset }: Position): Promise<string> {
  const ends = await admin.offsets(topic, { committedOnly: true });
  const end = ends?.find((one) => one.partition === partition);
  if (ends === undefined) return `The topic “${topic}” does not exist any more, so the message at offset ${offset} is gone.`;
  if (end === undefined) return `“${topic}” has ${ends.length} partitions, counted from 0; there is no partition ${partition}.`;
  if (BigInt(offset) < end.low) {
    return `The message is gone: “${topic}” keeps its messages only for a time, and partition ${partition} begins at offset ${end.low} now; ${end.low - BigInt(offset)} messages from this one on are gone.`;
  }
  if (BigInt(offset) >= end.high) return `“${topic}” partition ${partition} has no offset ${offset} yet; it ends before ${end.high}.`;
  return `At offset ${offset} of “${topic}” partition ${partition} stands no message: Kafka took it away when it tidied up, or it never was one.`;
}

/** Asks the index; false where there is none or it cannot know. */
async function askIndex(
  deps: SearchDeps,
  query: TraceQuery,
  spec: MatchSpec,
  topics: readonly string[],
  search: TraceSearch,
  add: Add,
  signal: AbortSignal,
): Promise<boolean> {
  const file = deps.index();
  const text = spec.by === 'trace-id' ? spec.text : termText(spec.text);
  if (file === undefined || query.by === 'text' || text === undefined) return false;
  const limit = (query.limit ?? traceLimits.hits) * candidates;
  const hash = termHash(spec.by === 'trace-id' ? 'trace' : 'value', text);
  const places = file.find(topics, hash, limit).map(({ offset, ...place }) => ({ ...place, offset: String(offset) }));
  // The index names places; the message itself says whether it fits.
  const match = createMatch(spec.by === 'text' ? { by: 'value', text: spec.text } : spec);
  const records = [...(await recordsAt(deps, places, signal)).values()].sort((a, b) => b.timestamp - a.timestamp);
  for (const record of records) {
    if (!inTime(record.timestamp, query)) continue;
    const matched = match(readable(record));
    if (matched !== undefined) add(record, matched);
  }
  const gone = places.length - records.length;
  if (gone > 0) {
    search.notes.push(
      `${gone === 1 ? 'One more message fits and is' : `${gone} more messages fit and are`} gone: topics keep messages only for a time.`,
    );
  }
  search.indexed = true;
  return true;
}

/** Whether the index takes the field of every flow that is asked. */
async function isIndexed({ store }: SearchDeps, estate: Estate, { field = '', flow }: TraceQuery): Promise<boolean> {
  const chosen = await store.traceFields.all();
  const flows = flow === undefined ? [...estate.flows.keys()] : [flow];
  return flows.every((id) => chosen.get(id)?.includes(field) ?? false);
}

/** Looks through what the index does not know. */
async function scanRest(
  deps: SearchDeps,
  query: TraceQuery,
  match: MatchSpec,
  ranges: readonly TopicRange[],
  answered: boolean,
  search: TraceSearch,
  add: Add,
  signal: AbortSignal,
): Promise<void> {
  const topics: ScanJob['topics'] = [];
  let unread = 0n;
  for (const range of ranges) {
    const parts = answered ? range.unread : range.all;
    for (const { low, high } of range.unread) unread += high - low;
    const within = await inRange(deps.admin, range.topic, parts, query);
    if (within.length > 0) topics.push({ topic: range.topic, parts: within });
  }
  const total = topics.flatMap(({ parts }) => parts).reduce((sum, { low, high }) => sum + (high - low), 0n);
  search.total = Number(total);
  if (search.indexed && unread > 1000n) {
    const reached = Math.max(0, ...ranges.map((range) => range.reached ?? 0));
    search.notes.push(
      `The index has read up to ${utcText(reached)}; ${unread} messages to go${answered ? ', which are looked through one by one' : ''}.`,
    );
  }
  if (total === 0n) return;
  if (!answered) search.indexed = false;
  const limit = (query.limit ?? traceLimits.hits) - search.hits.length;
  const bounds = deps.bounds ?? mostBounds;
  const ended = await scanInThread(
    { kafka: deps.settings, job: { topics, match, limit, bounds } },
    {
      found: (record, matched) => add(record, matched),
      progress({ scanned, bytes, reached }) {
        search.scanned = scanned;
        search.scannedBytes = bytes;
        if (reached !== undefined) search.reached = reached;
      },
    },
    signal,
  );
  if (ended === undefined) return;
  const back = search.reached === undefined ? '' : ` and came back to ${utcText(search.reached)}`;
  if (ended === 'found') search.notes.push('There may be more: the search ended when it had as many as it shows.');
  else {
    const most = { time: `${bounds.ms / 1000} s`, messages: `${bounds.messages} messages`, bytes: `${bounds.bytes / 1e9} GB` }[ended];
    search.notes.push(`The search ended after ${most}${back}. Search in an earlier time to go on from there.`);
  }
}

async function inRange(
  admin: KafkaAdmin,
  topic: string,
  parts: TopicRange['all'],
  { since, until }: TraceQuery,
): Promise<TopicRange['all']> {
  const [first, last] = await Promise.all([since, until].map((time) => (time === undefined ? undefined : admin.offsetsAt(topic, time))));
  return parts.flatMap(({ partition, low, high }) => {
    const from = first?.get(partition) ?? low;
    const to = last?.get(partition) ?? high;
    const part = { partition, low: from > low ? from : low, high: to < high ? to : high };
    return part.low < part.high ? [part] : [];
  });
}
