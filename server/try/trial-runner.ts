import { parseJson } from '#shared/json.ts';
import type { Problem } from '#shared/problem.ts';
import { trialLimits } from '#shared/trial.ts';
import { builtIn } from '../catalog.ts';
import type { Recording } from './calls.ts';
import type { TrialInput } from './input.ts';
import { createLanes } from './lanes.ts';
import { type TrialOutcome, TrialRefused, transformOf } from './trial.ts';
import type { FromTrial, TrialSpec, TrialSurroundings } from './trial-protocol.ts';
import { startTrialThread, type TrialThread } from './trial-thread.ts';

/**
 * Tries of whole flows, each in a thread of its own with a bound on memory and time, so that nothing that a node does
 * can hold up or end the server. For a Try of a few samples, for test cases, and for thousands of messages alike:
 *
 * ```ts
 * const trial = await runner.open({ plan, calls: '{}', recordings: [], mayCall: [], secrets: {}, seed: 1 }, { lane: 'batch', ms: 120_000, signal });
 * try {
 *   // Inputs may be a list or come as they are read; outcomes come in the order of the inputs, some at a time.
 *   for await (const outcomes of trial.run(inputs)) for (const outcome of outcomes) compare(outcome);
 * } finally {
 *   await trial.close();
 * }
 * ```
 *
 * - `inputOfSample` and `inputOfMessage` (input.ts) make inputs; `collect` (result.ts) puts outcomes together node by node.
 * - `run` reads ahead by two chunks at most and holds nothing back, so 10,000 messages take no more memory than 200.
 *   Breaking out of the loop, `signal` and `close` end it at once; progress is the number of outcomes so far.
 * - Record ids and `input` count on from one `run` of an open Try to the next, and nodes keep what they remember.
 * - Equal specs and inputs give equal outcomes, byte for byte, unless real calls are made.
 * - With `sinksOnly` outcomes hold the records of sinks alone: less to carry where nothing else is looked at.
 */
export interface TrialRunner {
  /**
   * Makes the nodes of a plan in a thread. The thread is taken until `close`.
   * @throws TrialBusy, TrialRefused (a node cannot be made), TrialStopped, or Error when the flow has no source
   */
  open(spec: TrialSpec, options?: OpenOptions): Promise<OpenTrial>;
  /** Ends all that runs. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** `try` (the default): few messages, a person waits. `batch`: thousands; a few of them run beside the Tries. */
  lane?: 'try' | 'batch';
  /** Most time that all runs may take together, in ms; default `trialLimits.ms`. Opening has a time limit of its own. */
  ms?: number;
  signal?: AbortSignal;
  /** Most characters of all outcomes together, as JSON; default: no bound. */
  textLimit?: number;
  /** Gets the answer of each real call. */
  record?(recording: Recording): void;
}

export interface OpenTrial {
  /** Nodes that take over what they made before; see `remember` of the spec. */
  reused: readonly string[];
  /**
   * @throws TrialStopped when the time is up, a bound is reached or the signal fires; outcomes before that have been
   * given, except in the `batch` lane up to some 40 ms of work.
   */
  run(inputs: Iterable<TrialInput> | AsyncIterable<TrialInput>): AsyncGenerator<TrialOutcome[], void, void>;
  close(): Promise<void>;
}

/** So many Tries run already that this one would wait too long. */
export class TrialBusy extends Error {
  constructor() {
    super('Several flows are being tried at this moment. Try again in a few seconds.');
    this.name = 'TrialBusy';
  }
}

/** A Try that was ended before its end. */
export class TrialStopped extends Error {
  readonly why: 'time' | 'memory' | 'size' | 'fault' | 'aborted';
  /** Where it was: the input, counted from 0, and the node. */
  readonly at: { input: number; node: string } | undefined;
  constructor(why: TrialStopped['why'], message: string, at?: { input: number; node: string }) {
    super(message);
    this.name = 'TrialStopped';
    this.why = why;
    this.at = at;
  }

  /** As a problem of the result. */
  get problem(): Problem {
    return { code: 'try/stopped', severity: 'error', message: this.message, ...(this.at && { node: this.at.node }) };
  }
}

const lanes = { try: { most: 3, waitMs: 8000 }, batch: { most: 4, waitMs: 8000 } };
/** Threads that are kept for the next Try, and how long. */
const keptThreads = 2;
const keptMs = 120_000;
/** Most time that a thread may take to start and to make the nodes. */
const openingMs = 30_000;
/** Most time that nodes may take to close. */
const closingMs = 5000;
/** Inputs that go to the thread in one message. */
const chunk = { count: 100, bytes: 1_000_000 };

/** @param bounds `memoryMb`: what one Try may take, 384 unless told otherwise */
export function createTrialRunner(surroundings: TrialSurroundings, bounds: { memoryMb: number } = { memoryMb: 384 }): TrialRunner {
  const start = () => startTrialThread(surroundings, bounds.memoryMb);
  const places = { try: createLanes(lanes.try), batch: createLanes(lanes.batch) };
  const kept: { thread: TrialThread; timer: NodeJS.Timeout }[] = [];
  const running = new Set<TrialThread>();
  let closed = false;

  /** A thread that knows the flow, else any that is kept, else a new one. Code of others gets one that nobody has used. */
  function take(flow: string, fresh: boolean): TrialThread {
    const fitting = kept.filter(({ thread }) => !thread.over && (!fresh || thread.flow === ''));
    const found = fitting.find(({ thread }) => thread.flow === flow) ?? fitting[0];
    if (found) {
      clearTimeout(found.timer);
      kept.splice(kept.indexOf(found), 1);
    }
    const thread = found?.thread ?? start();
    thread.flow = flow;
    thread.hold(true);
    running.add(thread);
    return thread;
  }

  function giveBack(thread: TrialThread, reusable: boolean): void {
    running.delete(thread);
    thread.listen(undefined);
    thread.hold(false);
    if (!reusable) thread.cut('It is not needed any more.');
    // The next Try of such a flow finds one that has started already.
    keep(reusable ? thread : start());
  }

  function keep(thread: TrialThread): void {
    if (closed || kept.length >= keptThreads) {
      thread.cut('It is not needed any more.');
      return;
    }
    const timer = setTimeout(() => {
      const at = kept.findIndex((one) => one.thread === thread);
      if (at >= 0) kept.splice(at, 1);
      thread.cut('It was not used for a while.');
    }, keptMs);
    timer.unref();
    kept.push({ thread, timer });
  }

  return {
    async open(spec, options = {}) {
      const stage = transformOf(spec.plan);
      const leave = await places[options.lane ?? 'try'].enter(options.signal);
      if (leave === undefined) throw options.signal?.aborted ? aborted() : new TrialBusy();
      const foreign = stage.nodes.some(({ type }) => !Object.hasOwn(builtIn, type));
      const thread = take(spec.plan.flow, foreign);
      const trial = conduct(thread, spec, options);
      let ending: Promise<void> | undefined;
      const close = () => {
        ending ??= trial.end().then((clean) => {
          giveBack(thread, clean && !foreign);
          leave();
        });
        return ending;
      };
      try {
        const reused = await trial.opened();
        return { reused, run: (inputs) => trial.run(inputs), close };
      } catch (error) {
        await close();
        throw error;
      }
    },
    async close() {
      closed = true;
      for (const { thread, timer } of kept.splice(0)) {
        clearTimeout(timer);
        thread.cut('The server is stopping.');
      }
      for (const thread of running) thread.cut('The server is stopping.');
    },
  };
}

/** One Try in a thread: asks, waits, and cuts it when its time is up. */
function conduct(thread: TrialThread, spec: TrialSpec, options: OpenOptions) {
  const ms = options.ms ?? trialLimits.ms;
  const stage = transformOf(spec.plan);
  /** What the thread has said and nobody has taken yet. */
  const said: FromTrial[] = [];
  let wake: (() => void) | undefined;
  let stopped: TrialStopped | undefined;
  let spent = 0;
  /** Chunks that the thread has and has not answered. */
  let under = 0;
  let size = 0;

  const stop = (error: TrialStopped) => {
    stopped ??= error;
    wake?.();
  };
  const at = () => {
    const { input, node } = thread.place();
    return { input, node: stage.nodes[node]?.id ?? '' };
  };
  thread.listen({
    message(message) {
      if (message.type === 'recorded') return options.record?.(message.recording);
      said.push(message);
      wake?.();
    },
    ended({ why, message }) {
      const place = at();
      if (why === 'cut') stop(new TrialStopped('fault', message));
      else if (place.input < 0) stop(new TrialStopped(why, `The Try could not begin. ${message}`));
      else stop(new TrialStopped(why, `The Try ended at “${nameOf(place.node)}” with input ${place.input + 1}. ${message}`, place));
    },
  });
  const abort = () => {
    stop(aborted());
    thread.cut('Nobody waits for it any more.');
  };
  options.signal?.addEventListener('abort', abort, { once: true });

  const nameOf = (id: string) => stage.nodes.find((node) => node.id === id)?.label || id;

  function timeUp(): void {
    const place = at();
    if (place.input < 0) {
      const message = `The Try could not begin within ${openingMs / 1000} s. This machine is busy, or a node type takes too long to load.`;
      stop(new TrialStopped('time', message));
    }
    stop(
      new TrialStopped(
        'time',
        `The Try took longer than ${ms / 1000} s and was ended at “${nameOf(place.node)}” with input ${place.input + 1}. Try fewer messages, or look there for something that does not end.`,
        place,
      ),
    );
    thread.cut('Its time is up.');
  }

  /** The next thing that the thread says. */
  async function next(most = ms - spent): Promise<FromTrial> {
    const started = performance.now();
    const timer = setTimeout(timeUp, Math.max(0, most));
    try {
      for (;;) {
        const message = said.shift();
        if (message !== undefined) return message;
        if (stopped !== undefined) throw stopped;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
      wake = undefined;
      spent += performance.now() - started;
    }
  }

  return {
    async opened(): Promise<string[]> {
      if (options.signal?.aborted) abort();
      else thread.post({ type: 'open', spec });
      const answer = await next(openingMs);
      spent = 0;
      if (answer.type === 'opened') return answer.reused;
      if (answer.type === 'refused') throw new TrialRefused(answer.problems);
      throw new Error(answer.type === 'failed' ? answer.message : 'The thread of a Try answered something else.');
    },
    async *run(inputs: Iterable<TrialInput> | AsyncIterable<TrialInput>): AsyncGenerator<TrialOutcome[], void, void> {
      const each = options.lane !== 'batch';
      const chunks = chunksOf(inputs);
      let more = true;
      for (;;) {
        // Two at a time, so that the thread has work while the next is read.
        while (more && under < 2) {
          const { value, done } = await chunks.next();
          if (done) more = false;
          else {
            thread.post({ type: 'run', inputs: value, each });
            under++;
          }
        }
        if (under === 0) return;
        const answer = await next();
        if (answer.type === 'failed') throw new TrialStopped('fault', answer.message, at());
        if (answer.type !== 'outcomes') continue;
        if (answer.done) under--;
        size += answer.text.length;
        if (size > (options.textLimit ?? Number.POSITIVE_INFINITY)) {
          thread.cut('Its results are too large.');
          throw new TrialStopped('size', 'The results are too large to be shown. Try fewer messages, or smaller ones.', at());
        }
        const outcomes = parseJson(answer.text) as TrialOutcome[];
        if (outcomes.length > 0) yield outcomes;
      }
    },
    /** Whether the thread can serve another Try. */
    async end(): Promise<boolean> {
      options.signal?.removeEventListener('abort', abort);
      if (stopped !== undefined) return false;
      if (under > 0) {
        thread.cut('Nobody waits for it any more.');
        return false;
      }
      thread.post({ type: 'close' });
      try {
        for (;;) if ((await next(closingMs)).type === 'closed') return true;
      } catch (error) {
        if (!(error instanceof TrialStopped)) throw error;
        return false;
      }
    },
  };
}

function aborted(): TrialStopped {
  return new TrialStopped('aborted', 'The Try was ended before its end.');
}

async function* chunksOf(inputs: Iterable<TrialInput> | AsyncIterable<TrialInput>): AsyncGenerator<TrialInput[], void, void> {
  let next: TrialInput[] = [];
  let bytes = 0;
  for await (const input of inputs) {
    next.push(input);
    bytes += input.value?.byteLength ?? 0;
    if (next.length < chunk.count && bytes < chunk.bytes) continue;
    yield next;
    next = [];
    bytes = 0;
  }
  if (next.length > 0) yield next;
}
