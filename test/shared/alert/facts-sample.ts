import type { FlowFacts } from '#shared/alert/facts.ts';
import type { AlertCondition, AlertRule } from '#shared/alert.ts';
import type { FlowStatus } from '#shared/events.ts';
import type { LedgerMinute } from '#shared/ledger-minutes.ts';

export const minuteMs = 60_000;
/** A Monday. */
export const noon = Date.parse('2026-03-02T12:00:00Z');

export function minute(ago: number, more: Partial<LedgerMinute> = {}): LedgerMinute {
  return {
    at: noon - ago * minuteMs,
    versions: [1],
    in: 0,
    copies: 0,
    sent: {},
    delivered: {},
    filtered: {},
    dead: {},
    parked: {},
    ...more,
  };
}

export function statusOf(more: Partial<FlowStatus> = {}): FlowStatus {
  return {
    flow: 'shop',
    version: 1,
    state: 'running',
    health: { level: 'ok', sentence: 'Running.' },
    restarts: 0,
    stages: [],
    nodes: {},
    balance: { in: 0, delivered: 0, filtered: 0, dead: 0, copies: 0, inFlight: 0, difference: 0 },
    at: noon,
    ...more,
  };
}

export function factsOf(more: Partial<FlowFacts> = {}): FlowFacts {
  return {
    flow: 'shop',
    name: 'Shop',
    status: statusOf(),
    names: new Map([
      ['map', 'Price'],
      ['erp', 'ERP'],
    ]),
    minutes: [],
    usual: { in: 0, filtered: {} },
    gaps: [],
    retention: [],
    comparisons: [],
    fields: [],
    restarts: 0,
    runningSince: noon - 600 * minuteMs,
    ...more,
  };
}

export function ruleOf(condition: AlertCondition, more: Partial<AlertRule> = {}): AlertRule {
  return { id: 'r', name: 'A rule', enabled: true, condition, channels: [], tellEnd: true, calmSeconds: 60, ...more };
}
