import type { FlowStatus, ServerEvent } from '#shared/events.ts';
import type { Incident } from '#shared/incident.ts';
import { holdUntil, pushPoint, type TotalsPoint } from './rates.ts';

/** How the stream of live data stands: `paused` while the tab is hidden. */
export type Connection = 'connecting' | 'live' | 'lost' | 'paused';

/** One flow as last heard of. */
export interface LiveFlow {
  status: FlowStatus;
  /** ms since 1970 on the browser's clock. */
  receivedAt: number;
  history: readonly TotalsPoint[];
}

/** All that came over the stream. Immutable: a change makes new objects only for what changed. */
export interface LiveState {
  connection: Connection;
  /** When the last event of any sort came, ms since 1970. */
  lastEventAt?: number;
  serverVersion?: string;
  flows: ReadonlyMap<string, LiveFlow>;
  /** Incidents that go on, newest first; undefined before the server has said so. */
  incidents?: readonly Incident[];
}

export const emptyLive: LiveState = { connection: 'connecting', flows: new Map() };

/** What the state is after an event that arrived at `now`. Pure. */
export function applyEvent(state: LiveState, event: ServerEvent, now: number): LiveState {
  const heard: LiveState = { ...state, connection: 'live', lastEventAt: now };
  if (event.type === 'hello') return { ...heard, serverVersion: event.serverVersion };
  if (event.type === 'incidents') return { ...heard, incidents: event.open };
  if (event.type === 'status') {
    const flows = new Map(state.flows);
    for (const status of event.flows) flows.set(status.flow, hear(flows.get(status.flow), status, now));
    return { ...heard, flows };
  }
  if (event.type === 'flow-removed' && state.flows.has(event.flow)) {
    const flows = new Map(state.flows);
    flows.delete(event.flow);
    return { ...heard, flows };
  }
  return heard;
}

function hear(known: LiveFlow | undefined, status: FlowStatus, now: number): LiveFlow {
  const point: TotalsPoint = { at: now, nodes: status.nodes, balance: status.balance };
  // What changed, changed within the last second; before that the totals stood still.
  return { status, receivedAt: now, history: pushPoint(holdUntil(known?.history ?? [], now - 1000), point) };
}

/** How old news may be before the screen says so. */
export const staleAfterMs = 5000;

/** What to say about the age of live data: `fresh` false means grey it out. */
export function ageOf(connection: Connection, lastEventAt: number | undefined, now: number): { fresh: boolean; text: string } {
  if (lastEventAt === undefined)
    return { fresh: false, text: connection === 'lost' ? 'No live data: the server does not answer' : 'Waiting for live data' };
  const age = Math.max(0, now - lastEventAt);
  const seconds = Math.floor(age / 1000);
  if (age > staleAfterMs)
    return { fresh: false, text: `No news for ${seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}` };
  return { fresh: true, text: `Live, as of ${Math.max(1, seconds)} s ago` };
}
