import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { FlowStatus, ServerEvent } from '#shared/events.ts';
import { ApiError, api } from './api.ts';
import { useNow } from './clock.ts';
import { ageOf, applyEvent, type Connection, emptyLive, type LiveFlow, type LiveState } from './live-state.ts';
import { holdUntil, type Rate, type RateWindow, rate, type TotalsPoint } from './rates.ts';

const firstRetryMs = 500;
const longestRetryMs = 15_000;
/** After this much silence the server is asked whether it is there: it pushes only what changes, so silence alone says nothing. */
const quietMs = 3500;
/** A short look at another tab should not cost a new connection. */
const hiddenGraceMs = 10_000;

let state: LiveState = emptyLive;
let source: EventSource | undefined;
let wanted = false;
let failures = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;
let hideTimer: ReturnType<typeof setTimeout> | undefined;
let quietTimer: ReturnType<typeof setInterval> | undefined;
let asking = false;

const anyListeners = new Set<() => void>();
const flowListeners = new Map<string, Set<() => void>>();
const eventListeners = new Set<(event: ServerEvent) => void>();

function change(next: LiveState): void {
  const before = state;
  state = next;
  for (const listener of anyListeners) listener();
  if (before.flows === next.flows) return;
  for (const [id, listeners] of flowListeners) {
    if (before.flows.get(id) !== next.flows.get(id)) for (const listener of listeners) listener();
  }
}

function receive(message: MessageEvent<string>): void {
  const event = JSON.parse(message.data) as ServerEvent;
  failures = 0;
  change(applyEvent(state, event, Date.now()));
  for (const listener of eventListeners) listener(event);
}

function open(): void {
  clearTimeout(retryTimer);
  if (!wanted || source !== undefined) return;
  const stream = new EventSource('/api/events');
  source = stream;
  for (const name of ['message', 'status', 'flow-changed', 'flow-removed', 'hello']) stream.addEventListener(name, receive);
  stream.onopen = () => change({ ...state, connection: 'live' });
  stream.onerror = () => {
    close('lost');
    failures += 1;
    // EventSource hides the status; this finds out whether the session ended, and then asks to sign in.
    if (failures === 2) api.me().catch(logUnexpected);
    const wait = Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1));
    retryTimer = setTimeout(open, wait * (0.75 + Math.random() / 2));
  };
}

/** An open stream that is quiet, and a server that answers: then what was last heard still holds. */
function askWhenQuiet(): void {
  if (asking || source?.readyState !== EventSource.OPEN || Date.now() - (state.lastEventAt ?? 0) < quietMs) return;
  asking = true;
  const asked = source;
  api
    .me()
    .then(() => {
      if (source === asked) change({ ...state, lastEventAt: Date.now() });
    }, logUnexpected)
    .finally(() => {
      asking = false;
    });
}

function logUnexpected(error: unknown): void {
  if (!(error instanceof ApiError)) console.error(error);
}

function close(connection: Connection): void {
  source?.close();
  source = undefined;
  if (state.connection !== connection) change({ ...state, connection });
}

function visibility(): void {
  clearTimeout(hideTimer);
  if (document.hidden) {
    hideTimer = setTimeout(() => {
      clearTimeout(retryTimer);
      close('paused');
    }, hiddenGraceMs);
  } else if (wanted && source === undefined) {
    failures = 0;
    change({ ...state, connection: 'connecting' });
    open();
  }
}

/** Connects to the server's events and stays connected, with growing pauses after failures, until {@link stopLive}. */
export function startLive(): void {
  if (wanted) return;
  wanted = true;
  failures = 0;
  document.addEventListener('visibilitychange', visibility);
  quietTimer = setInterval(askWhenQuiet, 1000);
  open();
}

/** Ends the connection and forgets everything heard. */
export function stopLive(): void {
  wanted = false;
  clearTimeout(retryTimer);
  clearTimeout(hideTimer);
  clearInterval(quietTimer);
  document.removeEventListener('visibilitychange', visibility);
  close('connecting');
  change(emptyLive);
}

/** Takes a status that came as an answer (deploy, stop) at once, without waiting for the next event. */
export function hearStatus(status: FlowStatus): void {
  change(applyEvent(state, { type: 'status', flows: [status] }, Date.now()));
}

function subscribeAny(listener: () => void): () => void {
  anyListeners.add(listener);
  return () => anyListeners.delete(listener);
}

function subscribeFlow(id: string, listener: () => void): () => void {
  const listeners = flowListeners.get(id) ?? new Set();
  flowListeners.set(id, listeners.add(listener));
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) flowListeners.delete(id);
  };
}

/**
 * Part of the whole live state; renders again only when the part changed. `select` must give a primitive or an
 * object of the state itself, never a new object.
 */
export function useLive<T>(select: (live: LiveState) => T): T {
  return useSyncExternalStore(subscribeAny, () => select(state));
}

/** Part of one flow's live data, undefined before its first status; the same rule for `select` as {@link useLive}. */
export function useLiveFlow<T>(id: string, select: (flow: LiveFlow | undefined) => T): T {
  return useSyncExternalStore(
    (listener) => subscribeFlow(id, listener),
    () => select(state.flows.get(id)),
  );
}

/** The last status of a flow, or undefined before the first. */
export function useFlowStatus(id: string): FlowStatus | undefined {
  return useLiveFlow(id, statusOf);
}

const statusOf = (flow: LiveFlow | undefined): FlowStatus | undefined => flow?.status;

/** A flow's totals over the last minutes, up to the last sign of life of the server; empty before its first status. */
export function useTotals(id: string): readonly TotalsPoint[] {
  const history = useLiveFlow(id, historyOf);
  const heardAt = useLive((live) => live.lastEventAt);
  return heardAt === undefined ? history : holdUntil(history, heardAt);
}

const none: readonly TotalsPoint[] = [];
const historyOf = (flow: LiveFlow | undefined): readonly TotalsPoint[] => flow?.history ?? none;

/**
 * Rate of one total of a flow over a period (see rates.ts for the totals: `nodeIn`, `nodeOut`, `nodeDead`, …).
 * Undefined until two points are known.
 */
export function useRate(id: string, period: RateWindow, pick: (point: TotalsPoint) => number | undefined): Rate | undefined {
  const totals = useTotals(id);
  const deployedAt = useLiveFlow(id, (flow) => flow?.status.deployedAt);
  return rate(totals, period, pick, deployedAt === undefined ? undefined : Date.parse(deployedAt));
}

/** How old the live data is, in words, new every second; `fresh` is false when numbers should be greyed. */
export function useLiveAge(): { fresh: boolean; text: string; connection: Connection } {
  const connection = useLive((live) => live.connection);
  const lastEventAt = useLive((live) => live.lastEventAt);
  const now = useNow();
  return { ...ageOf(connection, lastEventAt, now), connection };
}

/** Calls the handler for every server event while the component is mounted. */
export function useServerEvent(handler: (event: ServerEvent) => void): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const listener = (event: ServerEvent): void => latest.current(event);
    eventListeners.add(listener);
    return () => {
      eventListeners.delete(listener);
    };
  }, []);
}
