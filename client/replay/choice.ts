import { parsePosition } from '#shared/message.ts';
import type { ReplaySpec } from '#shared/replay.ts';

/** What a person has chosen for a replay so far, as it stands in the address of the page. Times ms since 1970. */
export interface ReplayChoice {
  by: 'time' | 'offsets' | 'version' | 'history' | undefined;
  since: number | undefined;
  until: number | undefined;
  /** As typed: a line `topic/partition from-to` each. */
  ranges: string;
  /** The version whose messages are meant. */
  handled: number | undefined;
  /** The sink that has missed the past. */
  feed: string | undefined;
  keys: readonly string[];
  /** `topic/partition/offset`, `topic/partition@offset`. */
  positions: readonly string[];
  /** Name of a list of positions that is too long for an address, see position-list.ts. */
  list: string | undefined;
  onlyFailed: boolean;
  onlyDifferent: boolean;
  /** The version that runs; undefined: the one that is live. */
  version: number | undefined;
  /** Undefined: all. */
  sinks: readonly string[] | undefined;
  target: ReplaySpec['target'] | undefined;
  overtaken: ReplaySpec['overtaken'];
  ids: ReplaySpec['ids'];
  perSecond: number;
  /** Per cent of the last messages; 0: never pauses. */
  pauseAt: number;
  name: string;
}

/** Nothing chosen yet. */
export const noChoice: ReplayChoice = {
  by: undefined,
  since: undefined,
  until: undefined,
  ranges: '',
  handled: undefined,
  feed: undefined,
  keys: [],
  positions: [],
  list: undefined,
  onlyFailed: false,
  onlyDifferent: false,
  version: undefined,
  sinks: undefined,
  target: undefined,
  overtaken: 'skip',
  ids: 'same',
  perSecond: 0,
  pauseAt: 20,
  name: '',
};

const ways = ['time', 'offsets', 'version', 'history'] as const;
const targets = ['real', 'scratch', 'compare'] as const;

/** Reads an address; what is not understood counts as not chosen. */
export function readChoice(query: URLSearchParams): ReplayChoice {
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const one = <T extends string>(name: string, of: readonly T[]): T | undefined => of.find((each) => each === query.get(name));
  const sinks = query.get('sinks');
  const positions = [...query.getAll('at'), ...query.getAll('positions')];
  return {
    // Whoever names messages alone means these.
    by: one('by', ways) ?? (positions.length > 0 ? 'offsets' : undefined),
    since: number('since'),
    until: number('until'),
    ranges: query.get('ranges') ?? '',
    handled: number('handled'),
    feed: query.get('feed') ?? undefined,
    keys: query.getAll('key'),
    positions,
    list: query.get('list') ?? undefined,
    onlyFailed: query.get('failed') === '1',
    onlyDifferent: query.get('different') === '1',
    version: number('version'),
    sinks: sinks === null ? undefined : sinks.split(',').filter((sink) => sink !== ''),
    target: one('target', targets),
    overtaken: one('overtaken', ['send', 'skip']) ?? noChoice.overtaken,
    ids: one('ids', ['new', 'same']) ?? noChoice.ids,
    perSecond: number('rate') ?? noChoice.perSecond,
    pauseAt: Math.min(100, number('pause') ?? noChoice.pauseAt),
    name: query.get('name') ?? '',
  };
}

/** The address of a choice: only what is chosen stands in it. */
export function writeChoice(choice: ReplayChoice): URLSearchParams {
  const query = new URLSearchParams();
  const set = (name: string, value: string | number | undefined, usual?: string | number): void => {
    if (value !== undefined && value !== '' && value !== usual) query.set(name, String(value));
  };
  set('by', choice.by);
  set('since', choice.since);
  set('until', choice.until);
  set('ranges', choice.ranges);
  set('handled', choice.handled);
  set('feed', choice.feed);
  for (const key of choice.keys) query.append('key', key);
  for (const position of choice.positions) query.append('at', position);
  set('list', choice.list);
  if (choice.onlyFailed) query.set('failed', '1');
  if (choice.onlyDifferent) query.set('different', '1');
  set('version', choice.version);
  if (choice.sinks !== undefined) query.set('sinks', choice.sinks.join(','));
  set('target', choice.target);
  set('overtaken', choice.overtaken, noChoice.overtaken);
  set('ids', choice.ids, noChoice.ids);
  set('rate', choice.perSecond, noChoice.perSecond);
  set('pause', choice.pauseAt, noChoice.pauseAt);
  set('name', choice.name);
  return query;
}

/** Path of the page that plans a replay, with what is known already: for links from elsewhere. */
export function replayPath(flow: string, choice: Partial<ReplayChoice> = {}): string {
  const query = writeChoice({ ...noChoice, ...choice }).toString();
  return `/flows/${encodeURIComponent(flow)}/replay${query === '' ? '' : `?${query}`}`;
}

/** What of a flow a choice needs to become a replay. */
export interface Known {
  flow: string;
  flowName: string;
  /** The version that runs unless another is chosen; undefined where the flow was never deployed. */
  version: number | undefined;
  /** Sinks of the version that runs. */
  sinks: readonly string[];
}

/** Why the first or second part of the page is not complete, for people; undefined when it is. */
export interface Missing {
  what?: string;
  where?: string;
}

/** The replay that a choice asks for, or what is still to be said. */
export function specOf(
  choice: ReplayChoice,
  known: Known,
): { spec: ReplaySpec; missing?: undefined } | { spec?: undefined; missing: Missing } {
  const range = rangeOf(choice);
  const version = choice.version ?? known.version;
  const sinks = (choice.sinks ?? known.sinks).filter((sink) => known.sinks.includes(sink));
  const missing: Missing = {};
  if (typeof range === 'string') missing.what = range;
  else if (version === undefined) missing.what = 'This flow was never deployed, so there is nothing to replay with. Deploy it first.';
  const wrong = choice.positions.find((text) => positionOf(text) === undefined);
  if (wrong !== undefined) missing.what = `“${wrong}” is no position. Write topic/partition/offset.`;
  if (sinks.length === 0) missing.where = 'Tick at least one sink.';
  else if (choice.target === undefined) missing.where = 'Choose where the results go.';
  if (
    typeof range === 'string' ||
    version === undefined ||
    choice.target === undefined ||
    missing.what !== undefined ||
    missing.where !== undefined
  )
    return { missing };
  const positions = choice.positions.flatMap((text) => positionOf(text) ?? []);
  return {
    spec: {
      flow: known.flow,
      name: choice.name.trim() || usualName(choice, known.flowName),
      range,
      filter: {
        ...(choice.keys.length > 0 && { keys: [...choice.keys] }),
        ...(positions.length > 0 && { positions }),
        ...(choice.onlyFailed && { onlyFailed: true }),
        ...(choice.onlyDifferent && { onlyDifferent: true }),
      },
      version,
      sinks,
      target: choice.target,
      overtaken: choice.overtaken,
      ids: choice.ids,
      perSecond: choice.perSecond,
      pauseAtErrorShare: choice.pauseAt === 0 ? 1 : choice.pauseAt / 100,
    },
  };
}

/** A name for a replay that nobody has named. */
export function usualName(choice: Pick<ReplayChoice, 'by' | 'handled' | 'onlyDifferent' | 'onlyFailed'>, flow: string): string {
  if (choice.by === 'version')
    return `What version ${choice.handled} of ${flow} handled${choice.onlyDifferent ? ', only what differs' : ''}`;
  if (choice.by === 'history') return `The past of ${flow} for a new sink`;
  return `${choice.onlyFailed ? 'What failed in' : choice.onlyDifferent ? 'What differs in' : 'Replay of'} ${flow}`;
}

function rangeOf(choice: ReplayChoice): ReplaySpec['range'] | string {
  const times = { ...(choice.since !== undefined && { since: choice.since }), ...(choice.until !== undefined && { until: choice.until }) };
  if (choice.by === 'time') {
    if (choice.since === undefined || choice.until === undefined)
      return 'Choose a time: drag over the messages, or type when it begins and ends.';
    if (choice.since >= choice.until) return 'The time ends before it begins.';
    return { by: 'time', since: choice.since, until: choice.until };
  }
  if (choice.by === 'version') {
    return choice.handled === undefined
      ? 'Choose the version whose messages you mean.'
      : { by: 'version', version: choice.handled, ...times };
  }
  if (choice.by === 'history') {
    if (choice.feed === undefined) return 'Choose the sink that has missed the past.';
    return { by: 'history', sink: choice.feed, ...(choice.since !== undefined && { since: choice.since }) };
  }
  if (choice.by === 'offsets') {
    const { ranges, wrong } = readRanges(choice.ranges);
    if (wrong !== undefined) return `“${wrong}” is no range of offsets. Write one per line: topic/partition from-to.`;
    if (ranges.length > 0) return { by: 'offsets', ranges };
    // Positions alone are a range too: each of its own.
    const own = choice.positions.flatMap((text) => positionOf(text) ?? []);
    if (own.length > 0) return { by: 'offsets', ranges: spanned(own) };
    return 'Write at least one range of offsets.';
  }
  return 'Choose which messages you mean.';
}

/** The ranges that hold all positions, one for each partition. */
function spanned(positions: readonly { topic: string; partition: number; offset: string }[]) {
  const ranges = new Map<string, { topic: string; partition: number; from: string; to: string }>();
  for (const { topic, partition, offset } of positions) {
    const key = `${topic}/${partition}`;
    const range = ranges.get(key);
    if (range === undefined) ranges.set(key, { topic, partition, from: offset, to: offset });
    else if (BigInt(offset) < BigInt(range.from)) range.from = offset;
    else if (BigInt(offset) > BigInt(range.to)) range.to = offset;
  }
  return [...ranges.values()];
}

/** Reads lines of `topic/partition from-to`; the first line that is none comes back as `wrong`. */
export function readRanges(text: string): { ranges: { topic: string; partition: number; from: string; to: string }[]; wrong?: string } {
  const ranges = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue;
    const match = /^(\S+)\/(\d+)\s+(\d{1,19})\s*[-–]\s*(\d{1,19})$/.exec(line);
    const [, topic = '', partition = '', from = '', to = ''] = match ?? [];
    if (match === null || BigInt(from) > BigInt(to)) return { ranges: [], wrong: line };
    ranges.push({ topic, partition: Number(partition), from, to });
  }
  return { ranges };
}

/** A position as people and headers write it. */
export function positionOf(text: string) {
  return parsePosition(text.trim().replace(/@(\d+)$/, '/$1'));
}
