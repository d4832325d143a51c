import { ExpressionError } from '../../jsonata/error.ts';
import { run } from '../../jsonata/run.ts';
import type { Probe, Probed } from './probe.ts';

/** What a row made once: a value, nothing (`undefined`), or a failure. */
export type Noted = { value: unknown } | { error: ExpressionError };

/** What the rows of a mapping report while it is evaluated. */
export interface Recorder {
  /** The functions that a probed mapping calls, by name. */
  bindings: Record<string, unknown>;
  /** Forgets what was noted, for the next evaluation. */
  clear(): void;
  /** What was noted by the number of the probe; `at` is the item in each loop around the row, from the outside, from 0. */
  each(visit: (probe: number, at: readonly number[], noted: Noted) => void): void;
  /** How many items a loop (by its number) went through, for each item `at` of the loops around it. */
  turns(loop: number): { at: number[]; count: number }[];
  /** Whether a row failed. */
  failed(): boolean;
  /** Whether the evaluation came to its end in a row, because the budget was used up. */
  ended(): boolean;
}

/** What rows reported of one message. Valid until the next one is looked at. */
export interface Seen {
  value: unknown;
  /** Whether a row failed. */
  failed: boolean;
  probes: readonly Probe[];
  loops: readonly Probe[];
  recorder: Recorder;
  /** Rows that failed where that could not be caught; they gave null. */
  holes: ReadonlyMap<string, ExpressionError>;
}

/** Errors that end the whole evaluation: the budget is used up, whoever used it. */
const endings = new Set(['D1011', 'D2014', 'D2015', 'M1002', 'M1003', 'M1004', 'U1001']);

/** A recorder that keeps at most so many reports of one evaluation. */
export function recorderFor({ probes, loops, names }: Probed, most = 20_000): Recorder {
  const place = new Map(loops.map(({ rule }, i) => [rule, i]));
  /** The loops directly or not inside a loop, which begin anew with each of its items. */
  const inside = loops.map(({ rule }) => loops.flatMap((one, i) => (one.loops.includes(rule) ? [i] : [])));
  const ways = (all: readonly Probe[]) => all.map((one) => one.loops.flatMap((rule) => place.get(rule) ?? []));
  const around = ways(probes);
  const ofProbe = probes.map(({ rule }) => place.get(rule));
  const index = loops.map(() => -1);
  const aroundLoop = ways(loops);
  const values: Map<string, { at: number[]; noted: Noted }>[] = probes.map(() => new Map());
  const turns: Map<string, { at: number[]; count: number }>[] = loops.map(() => new Map());
  let kept = 0;
  let failed = false;
  let ended = false;

  const begin = (loop: number | undefined): void => {
    if (loop === undefined) return;
    index[loop] = -1;
    for (const inner of inside[loop] ?? []) index[inner] = -1;
  };
  const note = (probe: number, noted: Noted): void => {
    const known = values[probe];
    if (known === undefined) return;
    const at = (around[probe] ?? []).map((loop) => index[loop] ?? 0);
    const key = at.join();
    if (kept >= most && !known.has(key)) return;
    if (!known.has(key)) kept++;
    // What is evaluated twice, as before `??`, says the same twice.
    known.set(key, { at, noted });
  };
  return {
    bindings: {
      [names.item]: (loop: number) => {
        const next = (index[loop] ?? -1) + 1;
        index[loop] = next;
        for (const inner of inside[loop] ?? []) index[inner] = -1;
        const at = (aroundLoop[loop] ?? []).map((outer) => index[outer] ?? 0);
        turns[loop]?.set(at.join(), { at, count: next + 1 });
      },
      [names.note]: (probe: number, value: unknown) => {
        note(probe, { value });
        return value;
      },
      [names.attempt]: (probe: number, rule: () => unknown) => {
        begin(ofProbe[probe]);
        const { depth, stack, nesting } = run;
        try {
          const value = rule();
          note(probe, { value });
          return value;
        } catch (error) {
          if (!(error instanceof ExpressionError)) throw error;
          if (endings.has(error.code)) {
            // The innermost row is the one in which the budget ran out.
            if (!ended) note(probe, { error });
            failed = true;
            ended = true;
            throw error;
          }
          run.depth = depth;
          run.stack = stack;
          run.nesting = nesting;
          failed = true;
          note(probe, { error });
          return undefined;
        }
      },
    },
    clear() {
      index.fill(-1);
      kept = 0;
      failed = false;
      ended = false;
      for (const one of [...values, ...turns]) one.clear();
    },
    each(visit) {
      for (const [probe, known] of values.entries()) for (const { at, noted } of known.values()) visit(probe, at, noted);
    },
    turns: (loop) => [...(turns[loop]?.values() ?? [])],
    failed: () => failed,
    ended: () => ended,
  };
}
