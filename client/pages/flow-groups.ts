import { gravestOf } from '#shared/alert.ts';
import type { FlowSummary } from '#shared/api.ts';
import type { FlowStatus } from '#shared/events.ts';
import type { Incident } from '#shared/incident.ts';

export const flowGroups = ['look', 'up', 'off'] as const;
/** Where a flow stands in the list: needs a look, keeps up, does not run. */
export type FlowGroup = (typeof flowGroups)[number];
export const groupWords: Record<FlowGroup, string> = { look: 'Needs a look', up: 'Keeping up', off: 'Not running' };

export interface FlowRow {
  flow: FlowSummary;
  /** The newest status known: from the stream, else from the list. */
  status: FlowStatus;
  group: FlowGroup;
  /** How grave the incidents are that go on; undefined while there are none. */
  incident: 'warning' | 'error' | undefined;
}

/** A row from what is known: the flow, its newest status and the incidents of all flows that go on. */
export function rowOf(flow: FlowSummary, status: FlowStatus, incidents: readonly Pick<Incident, 'flow' | 'kind'>[]): FlowRow {
  const incident = gravestOf(incidents.filter((one) => one.flow === flow.id));
  return { flow, status, group: incident === undefined ? groupOf(status) : 'look', incident };
}

/** The group by the status alone. */
function groupOf(status: FlowStatus): FlowGroup {
  if (status.health.level === 'warning' || status.health.level === 'error' || status.state === 'failed' || status.state === 'backing-off')
    return 'look';
  return status.health.level === 'off' || status.state === 'stopped' ? 'off' : 'up';
}

const severity = { error: 0, warning: 1, ok: 2, off: 3 };
const worst = ({ status, incident }: FlowRow): number =>
  Math.min(severity[status.health.level], incident === undefined ? severity.off : severity[incident]);

/** Rows in the order of the list: worst first, then by name. */
export function sortRows(rows: readonly FlowRow[]): FlowRow[] {
  return [...rows].sort(
    (a, b) => flowGroups.indexOf(a.group) - flowGroups.indexOf(b.group) || worst(a) - worst(b) || a.flow.name.localeCompare(b.flow.name),
  );
}

/** True when the search text stands in the flow's name, id, editor or health sentence. */
export function matches(row: FlowRow, search: string): boolean {
  const text = `${row.flow.name} ${row.flow.id} ${row.flow.updatedBy} ${row.status.health.sentence}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The page's sentence: what is bad first (`alarm`), then the rest. */
export function verdict(rows: readonly FlowRow[]): { alarm: string; rest: string } {
  const count = (test: (row: FlowRow) => boolean): number => rows.filter(test).length;
  const failed = count((row) => row.group === 'look' && row.status.state === 'failed');
  const look = count((row) => row.group === 'look') - failed;
  const up = count((row) => row.group === 'up');
  const off = count((row) => row.group === 'off');
  const alarm = [failed > 0 ? `${failed} failed` : '', look > 0 ? `${look} need${look === 1 ? 's' : ''} a look` : '']
    .filter(Boolean)
    .join(', ');
  const rest = [up > 0 ? `${up} keeping up` : '', off > 0 ? `${off} not running` : ''].filter(Boolean).join(', ');
  return { alarm, rest };
}

/** A health sentence in two parts: what is wrong (shown in its colour) and the rest. */
export function splitSentence(health: FlowStatus['health']): { before: string; loud: string; after: string } {
  const { level, sentence } = health;
  if (level === 'ok' || level === 'off') return { before: sentence, loud: '', after: '' };
  if (sentence.startsWith('Keeping up')) {
    const cut = sentence.indexOf('; ');
    if (cut !== -1) return { before: sentence.slice(0, cut + 2), loud: sentence.slice(cut + 2), after: '' };
  }
  const strong = sentence.search(/[:;](\s|$)/);
  const end = strong === -1 ? sentence.search(/[,.](\s|$)/) : strong;
  return end === -1
    ? { before: '', loud: sentence, after: '' }
    : { before: '', loud: sentence.slice(0, end + 1), after: sentence.slice(end + 1) };
}

/** An id made of a name: lower case, digits and dashes, at most 60 characters, and not one of those taken. */
export function idFor(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 56)
    .replace(/-+$/, '');
  const base = plain === '' ? 'flow' : plain;
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}
