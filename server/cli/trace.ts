import { setTimeout as pause } from 'node:timers/promises';
import { stringifyJson } from '#shared/json.ts';
import type { TraceHit, TraceSearch, TraceWay } from '#shared/trace.ts';
import { type Command, CommandError, readArgs } from './command.ts';
import { type Caller, serverOf } from './deploy.ts';

/** Hits whose way is shown. */
const mostWays = 5;
const askMs = 200;

/** Finds messages on a server and says what became of them. */
export const traceCommand: Command = {
  name: 'trace',
  usage: 'trace TEXT --server URL [--key KEY] [--flow FLOW] [--by WHAT] [--json]',
  summary: 'finds messages by number, key, text, position or trace id, and says what became of them',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      {
        server: { type: 'string' },
        key: { type: 'string' },
        flow: { type: 'string' },
        by: { type: 'string' },
        json: { type: 'boolean' },
      },
      this.usage,
    );
    const text = positionals.join(' ').trim();
    if (text === '') throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const call = serverOf(values, this.usage);
    const query = { text, by: values.by ?? 'auto', ...(values.flow !== undefined && { flow: values.flow }) };
    const search = await ended(call, (await call<TraceSearch>('POST', '/api/traces', query)) as TraceSearch, values.json !== true);
    const ways: TraceWay[] = [];
    for (const { flow, origin } of search.hits.slice(0, mostWays)) {
      const way = await call<TraceWay>('GET', `/api/flows/${flow}/way?origin=${encodeURIComponent(origin)}`);
      if (way) ways.push(way);
    }
    if (values.json) console.log(stringifyJson({ search, ways }) ?? '');
    else console.log(describe(search, ways));
    return search.hits.length > 0 && search.state !== 'failed' ? 0 : 1;
  },
};

/** Waits for a search; an interrupt stops it on the server, too. */
async function ended(call: Caller, started: TraceSearch, tell: boolean): Promise<TraceSearch> {
  let search = started;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  try {
    for (let asked = 1; search.state === 'running'; asked++) {
      await pause(askMs);
      const next = await call<TraceSearch>(stop.signal.aborted ? 'DELETE' : 'GET', `/api/traces/${search.id}`);
      if (next) search = next;
      if (tell && asked % 10 === 0 && search.state === 'running')
        console.error(`read ${search.scanned} of ${search.total} messages, ${Math.round(search.ms / 1000)} s, ${search.hits.length} found`);
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
  return search;
}

function describe(search: TraceSearch, ways: readonly TraceWay[]): string {
  const lines: string[] = [];
  for (const hit of search.hits) {
    lines.push(hitLine(hit));
    const way = ways.find((one) => one.flow === hit.flow && one.origin === hit.origin);
    if (way) lines.push(...wayLines(way).map((line) => `  ${line}`));
  }
  if (search.hits.length === 0) lines.push(search.state === 'stopped' ? 'Stopped before anything was found.' : 'No message fits.');
  if (search.hits.length > ways.length && ways.length > 0) lines.push(`Ways of the first ${ways.length} are shown.`);
  lines.push(...search.notes);
  const read = search.scanned > 0 ? `; ${search.scanned} messages were read` : '';
  lines.push(`${search.hits.length} found in ${(search.ms / 1000).toFixed(1)} s${search.indexed ? ' by the index' : ''}${read}.`);
  return lines.join('\n');
}

function hitLine({ origin, flow, key, timestamp, matched }: TraceHit): string {
  return `${flow}  ${origin}  ${new Date(timestamp).toISOString()}  key ${key ?? 'none'}  (${matched})`;
}

function wayLines({ version, hops, filtered, failed, sinks, recomputed, notes, next, previous }: TraceWay): string[] {
  return [
    `version ${version}, ${hops.length} steps, run again: ${recomputed}`,
    ...(previous ? [`from ${previous.flowName}, ${previous.origin}`] : []),
    ...filtered.map(({ node, reason }) => `filtered at ${node}: ${reason}`),
    ...failed.map(({ node, code, message }) => `failed at ${node} (${code}): ${message}`),
    ...sinks.map(({ state, position, sentence }) => `${state}${position === undefined ? '' : ` ${position}`}: ${sentence}`),
    ...notes,
    ...next.map(({ flowName, origin }) => `goes on in ${flowName}, ${origin}`),
  ];
}
