import type { Flow } from '#shared/flow.ts';
import type { LedgerMinute } from '#shared/ledger-minutes.ts';
import type { Moment } from '#shared/moment.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import { duration, plural } from '../format.ts';

/** What one minute says of one node. */
export interface NodeNumbers {
  /** `43 in`, `40 delivered`, `2 waiting`: what stands on the card, the most telling first. */
  line: string | undefined;
  dead: number;
  /** By code. */
  causes: Record<string, number>;
  filtered: number;
  reasons: Record<string, number>;
}

type Types = ReadonlyMap<string, Pick<NodeTypeInfo, 'kind'>>;

const sum = (counts: Record<string, number> | undefined): number => Object.values(counts ?? {}).reduce((all, count) => all + count, 0);

/** What a minute says of each node of a document. What came in is told only of a source that is alone: the ledger does not tell them apart. */
export function numbersOf(document: Flow, types: Types, minute: LedgerMinute | undefined): Map<string, NodeNumbers> {
  const sources = document.nodes.filter((node) => types.get(node.type)?.kind === 'source');
  return new Map(
    document.nodes.map((node): [string, NodeNumbers] => {
      const kind = types.get(node.type)?.kind;
      const causes = minute?.dead[node.id] ?? {};
      const reasons = minute?.filtered[node.id] ?? {};
      const filtered = sum(reasons);
      let line: string | undefined;
      if (minute !== undefined && kind === 'source' && sources.length === 1) line = `${minute.in} in`;
      else if (minute !== undefined && kind === 'sink') line = sinkLine(minute, node.id);
      else if (filtered > 0) line = `${filtered} filtered`;
      return [node.id, { line, dead: sum(causes), causes, filtered, reasons }];
    }),
  );
}

function sinkLine(minute: LedgerMinute, node: string): string {
  const delivered = minute.delivered[node] ?? 0;
  const sent = minute.sent[node] ?? 0;
  const parked = minute.parked[node] ?? 0;
  const parts = [`${delivered} delivered`];
  if (sent > delivered) parts.push(`${sent} sent`);
  if (parked > 0) parts.push(`${parked} parked`);
  return parts.join(', ');
}

/** The moment in words, verdict first: version and who, what came, what failed, how far behind. `clock` writes a time of day. */
export function momentInWords(moment: Moment, clock: (at: number) => string): string {
  const { version, deployedBy, deployedAt, state, minute, counted, countedSince } = moment;
  if (version === undefined) return `At ${clock(moment.at)} the flow had not been deployed yet.`;
  const stood = { running: 'was live', stopped: 'was stopped', failed: 'had failed and stood still', unknown: 'was deployed' }[state];
  const by = deployedAt === undefined ? '' : `, deployed ${clock(deployedAt)}${deployedBy === undefined ? '' : ` by ${deployedBy}`}`;
  const first = `At ${clock(moment.at)} version ${version} ${stood}${by}.`;
  if (!counted) {
    const since =
      countedSince === undefined ? 'No minutes are kept of this flow yet.' : `Minutes are kept only since ${clock(countedSince)}.`;
    return `${first} What came through then was not counted by the minute, or is not kept any more. ${since}`;
  }
  if (minute === undefined) return `${first} No message came in that minute.`;
  const dead = Object.values(minute.dead).reduce((all, codes) => all + sum(codes), 0);
  const delivered = sum(minute.delivered);
  const filtered = Object.values(minute.filtered).reduce((all, reasons) => all + sum(reasons), 0);
  const parts = [`${plural(minute.in, 'message')} came in`, `${delivered} ${delivered === 1 ? 'was' : 'were'} delivered`];
  if (filtered > 0) parts.push(`${filtered} filtered`);
  if (dead > 0) parts.push(`${dead} failed`);
  const behind =
    minute.behindMs === undefined
      ? ''
      : minute.behindMs < 1000
        ? ' It kept up, less than 1 s behind.'
        : ` It was ${duration(minute.behindMs)} behind.`;
  return `${first} In that minute ${parts.join(', ')}.${behind}`;
}
