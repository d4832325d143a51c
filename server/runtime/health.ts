import type { FlowStatus, RunState, StageStatus } from '#shared/events.ts';

export interface HealthFacts {
  state: RunState;
  version: number | undefined;
  lastError: string | undefined;
  stages: readonly StageStatus[];
  /** Label of a node id, for people. */
  label(node: string): string;
  /** Dead letters within the last hour. */
  recentDead: number;
  difference: number;
  /** Messages that the ledger and Kafka disagree about, and nobody has settled. */
  disputed?: number;
  /** Messages that wait behind a parked key. */
  parked?: number;
  /** The version on trial, and its share of the keys, 0 to 1. */
  canary?: { version: number; share: number };
  now: number;
}

/** One sentence that says how a flow is, with numbers and age, and how much it matters. */
export function healthOf(facts: HealthFacts): FlowStatus['health'] {
  const { state, lastError } = facts;
  if (facts.version === undefined) return { level: 'off', sentence: 'Draft, never deployed' };
  if (state === 'failed')
    return { level: 'error', sentence: `Stopped: ${firstSentence(lastError ?? 'it failed')} Nothing is lost; deploy again to go on` };
  if (state === 'stopped') return { level: 'off', sentence: 'Stopped; messages wait in their topics' };
  if (state === 'starting') return { level: 'ok', sentence: 'Starting' };
  if (state === 'draining') return { level: 'ok', sentence: 'Finishing what it began, then stopping' };
  if (state === 'backing-off')
    return { level: 'error', sentence: `Starting again: ${firstSentence(lastError ?? 'unknown')} Nothing is lost` };
  if (facts.difference !== 0)
    return { level: 'error', sentence: `The ledger does not balance: ${count(Math.abs(facts.difference), 'message')} unexplained` };

  if (facts.disputed !== undefined && facts.disputed > 0)
    return { level: 'error', sentence: `Ledger and Kafka disagree about ${count(facts.disputed, 'message')}: see the flow's ledger` };

  const paused = facts.stages.find((stage) => stage.state === 'paused');
  if (paused) return { level: 'warning', sentence: `${nameOf(paused, facts)} is paused${since(paused, facts.now)}; ${waiting(paused)}` };
  const retrying = facts.stages.find((stage) => stage.state === 'retrying');
  if (retrying)
    return { level: 'warning', sentence: `${nameOf(retrying, facts)} is retrying${since(retrying, facts.now)}; ${waiting(retrying)}` };
  const slowest = facts.stages.reduce<StageStatus | undefined>(
    (worst, stage) => ((stage.behindMs ?? 0) > (worst?.behindMs ?? 0) ? stage : worst),
    undefined,
  );
  const behind = slowest?.behindMs ?? 0;
  if (slowest && behind > 60_000) return { level: 'warning', sentence: `Falling behind, ${duration(behind)}: ${waiting(slowest)}` };
  const parked = facts.parked !== undefined && facts.parked > 0 ? `; ${count(facts.parked, 'message')} behind parked keys` : '';
  const trial = facts.canary ? `; version ${facts.canary.version} is tried on ${Math.round(facts.canary.share * 10_000) / 100} %` : '';
  const level = facts.recentDead > 0 || parked !== '' ? 'warning' : 'ok';
  const dead = facts.recentDead > 0 ? `; ${count(facts.recentDead, 'dead letter')} in the last hour` : '';
  return { level, sentence: `Keeping up, ${behind < 1000 ? 'less than 1 s' : duration(behind)} behind${dead}${parked}${trial}` };
}

function nameOf(stage: StageStatus, facts: HealthFacts): string {
  return stage.node === undefined ? 'The flow' : facts.label(stage.node);
}

function since(stage: StageStatus, now: number): string {
  return stage.since === undefined ? '' : ` for ${duration(now - stage.since)}`;
}

function waiting(stage: StageStatus): string {
  return stage.lag === undefined ? 'nothing lost' : `${stage.lag} waiting; nothing lost`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function firstSentence(text: string): string {
  const end = text.search(/[.!?](\s|$)/);
  return end === -1 ? `${text}.` : text.slice(0, end + 1);
}

/** 4 s, 3 min 40 s, 2 h 5 min. */
function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
