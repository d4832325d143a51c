import type { FlowRecord, FlowSummary } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import type { Catalog } from '#shared/node-type.ts';
import type { ReplaySpec } from '#shared/replay.ts';
import { timeText } from '#shared/time-text.ts';
import { CommandError } from './command.ts';
import type { Caller } from './deploy.ts';

/** What a command line says of a replay, as it was typed. */
export interface ReplayWords {
  since?: string | undefined;
  until?: string | undefined;
  version?: string | undefined;
  'from-node'?: string | undefined;
  sinks?: string | undefined;
  keys?: string | undefined;
  'only-failed'?: boolean | undefined;
  'only-different'?: boolean | undefined;
  compare?: boolean | undefined;
  scratch?: boolean | undefined;
  overtaken?: string | undefined;
  'new-ids'?: boolean | undefined;
  rate?: string | undefined;
  reason?: string | undefined;
}

/** What is to be replayed, and what its nodes are called. */
export interface ReplayRequest {
  flowName: string;
  spec: ReplaySpec;
  nameOf(node: string): string;
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time as people type it: ISO 8601, or how long ago (`90m`, `2h`, `3d`). Without a zone it is that of this machine. */
export function timeOf(option: string, text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})\s*([mhd])$/.exec(text.trim()) ?? [];
  if (count !== undefined) return now - Number(count) * (units[unit] ?? 0);
  const at = /^\d{4}-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new CommandError(`--${option} takes a time, such as 2026-03-01T09:00Z, or how long ago: 90m, 2h, 3d. “${text}” is neither.`, 2);
}

/** Asks the server for what the words leave open: flow, version, sinks. @throws CommandError */
export async function replayRequest(call: Caller, flow: string, words: ReplayWords, now: number): Promise<ReplayRequest> {
  if (words.since === undefined) throw new CommandError('Say from when on: --since 2026-03-01T09:00Z, or --since 2h.', 2);
  if (words.compare && words.scratch) throw new CommandError('--compare writes nothing and --scratch writes: choose one of the two.', 2);
  if (words.overtaken !== undefined && words.overtaken !== 'skip' && words.overtaken !== 'send')
    throw new CommandError('--overtaken is skip or send.', 2);
  const since = timeOf('since', words.since, now);
  const until = words.until === undefined ? now : timeOf('until', words.until, now);
  if (since >= until) throw new CommandError('--since must be before --until.', 2);
  const perSecond = words.rate === undefined ? 0 : wholeNumber('rate', words.rate);
  const wanted = words.version === undefined ? undefined : wholeNumber('version', words.version);

  const { id, name } = await flowNamed(call, flow);
  const record = (await call<FlowRecord>('GET', `/api/flows/${encodeURIComponent(id)}`)) as FlowRecord;
  const version = wanted ?? record.deployedVersion;
  if (version === undefined) throw new CommandError(`“${name}” is not deployed, so name the version that is to run: --version N.`);
  const document = (await call<Flow>('GET', `/api/flows/${encodeURIComponent(id)}/versions/${version}`)) as Flow;
  const types = new Map((await call<Catalog>('GET', '/api/node-types'))?.types.map((type) => [type.type, type]));
  const names = new Map(document.nodes.map((node) => [node.id, nodeName(node, types)]));
  const nameOf = (node: string) => names.get(node) ?? node;
  const find = (text: string): string => {
    const node = document.nodes.find((one) => one.id === text) ?? document.nodes.find((one) => nameOf(one.id) === text);
    if (node) return node.id;
    throw new CommandError(`Version ${version} of “${name}” has no node “${text}”. It has: ${[...names.values()].join(', ')}.`);
  };
  const all = document.nodes.filter((node) => types.get(node.type)?.kind === 'sink').map((node) => node.id);
  const from = words['from-node'] === undefined ? undefined : behind(document, find(words['from-node']));
  const named = list(words.sinks)?.map(find);
  const sinks = (named ?? all).filter((sink) => from === undefined || from.has(sink));
  if (sinks.length === 0) throw new CommandError(`There is no such sink behind “${words['from-node'] ?? name}”.`);
  const keys = list(words.keys);
  const spec: ReplaySpec = {
    flow: id,
    name: `Command line, ${timeText(now)}`,
    range: { by: 'time', since, until },
    filter: {
      ...(keys && { keys }),
      ...(words['only-failed'] && { onlyFailed: true }),
      ...(words['only-different'] && { onlyDifferent: true }),
    },
    version,
    sinks,
    target: words.compare ? 'compare' : words.scratch ? 'scratch' : 'real',
    overtaken: words.overtaken === 'send' ? 'send' : 'skip',
    ids: words['new-ids'] ? 'new' : 'same',
    perSecond,
    pauseAtErrorShare: 0.2,
    ...(words.reason !== undefined && { reason: words.reason }),
  };
  return { flowName: name, spec, nameOf };
}

/** A flow by its id, else by its name. @throws CommandError */
export async function flowNamed(call: Caller, text: string): Promise<{ id: string; name: string }> {
  const flows = (await call<FlowSummary[]>('GET', '/api/flows')) ?? [];
  const byId = flows.find(({ id }) => id === text);
  if (byId) return byId;
  const [found, ...more] = flows.filter(({ name }) => name === text);
  if (found === undefined) throw new CommandError(`The server has no flow “${text}”. It has: ${flows.map(({ id }) => id).join(', ')}.`);
  if (more.length > 0)
    throw new CommandError(`More than one flow is called “${text}”: name its id, ${[found, ...more].map(({ id }) => id).join(' or ')}.`);
  return found;
}

/** A whole number from 0. @throws CommandError */
export function wholeNumber(option: string, text: string): number {
  const plain = text.replaceAll(/[,_ ]/g, '');
  if (/^\d{1,9}$/.test(plain)) return Number(plain);
  throw new CommandError(`--${option} takes a whole number; “${text}” is none.`, 2);
}

/** A node and every node that something of it can reach. */
function behind({ edges }: Pick<Flow, 'edges'>, start: string): Set<string> {
  const reached = new Set([start]);
  for (const node of reached) for (const { from, to } of edges) if (from.node === node) reached.add(to.node);
  return reached;
}

function list(text: string | undefined): string[] | undefined {
  const parts = text?.split(',').map((part) => part.trim());
  return parts?.filter((part) => part !== '');
}
