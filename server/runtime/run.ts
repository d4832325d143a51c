import { type RunEvent, type RunState, runTransitions, type StageStatus } from '#shared/events.ts';
import type { Plan } from '#shared/plan.ts';
import { backoffMs } from './backoff.ts';
import { crashed, type Happening, pausedThemselves, rebalanced } from './happenings.ts';
import type { CrashMark, WorkerInput } from './protocol.ts';
import { startWorker, type WorkerEnd, type WorkerHost } from './worker-host.ts';

/** One deployed flow on this machine: its worker thread, restarted with back-off, watched, drained. */
export interface Run {
  readonly plan: Plan;
  readonly state: RunState;
  readonly stages: StageStatus[];
  readonly refused: Record<string, Record<string, number>>;
  readonly restarts: number;
  readonly lastError: string | undefined;
  readonly host: WorkerHost | undefined;
  /** Resolves when the worker runs; rejects with one sentence when it ends before that. */
  start(): Promise<void>;
  /** Drains and ends; resolves when nothing of it runs any more. */
  stop(deadlineMs: number): Promise<void>;
  setPaused(stage: string, paused: boolean): void;
  /** The version on trial beside this one, if there is one. */
  readonly canary: WorkerInput['canary'];
  /** Changes its share at once and for every start after it; 0 ends it. */
  setShare(share: number): void;
  /** Resolves when the flow is running, or the time is over. */
  untilRunning(ms: number): Promise<boolean>;
}

export interface RunOptions {
  plan: Plan;
  canary?: WorkerInput['canary'];
  /** Everything but progress and marks; asked anew at each start, so that changed secrets take effect. */
  input(): Promise<Omit<WorkerInput, 'progress' | 'marks' | 'paused' | 'plan' | 'canary'>>;
  marks: {
    list(): Promise<CrashMark[]>;
    add(at: NonNullable<WorkerEnd['at']>, message: string): Promise<number>;
  };
  changed(): void;
  /** Something happened that belongs on an axis of time. */
  happened(event: Happening): void;
  /** Titles of node types, for what is said of nodes without a label. */
  types: ReadonlyMap<string, { title: string }>;
  log(level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void;
}

const restartBaseMs = 1000;
const restartMostMs = 30_000;
/** A worker that ran this long has recovered: the next crash starts with the shortest back-off again. */
const steadyMs = 60_000;
const watchEveryMs = 1000;

export function createRun(options: RunOptions): Run {
  const { plan } = options;
  let state: RunState = 'stopped';
  let stages: StageStatus[] = [];
  let refused: Record<string, Record<string, number>> = {};
  let restarts = 0;
  let crashes = 0;
  let lastError: string | undefined;
  let host: WorkerHost | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  let life: Promise<void> = Promise.resolve();
  let canary = options.canary;
  const paused = new Set<string>();
  const waiters = new Set<() => void>();

  const move = (event: RunEvent) => {
    const next = runTransitions[state][event];
    if (next !== state)
      options.log(next === 'failed' ? 'error' : 'info', `Flow ${plan.flow} is ${next}.`, {
        flow: plan.flow,
        version: plan.version,
        from: state,
        event,
      });
    state = next;
    for (const waiter of [...waiters]) waiter();
    options.changed();
  };

  /** One life of a worker thread, from its start to its end. */
  async function live(onReady: () => void): Promise<WorkerEnd> {
    const [input, marks] = await Promise.all([options.input(), options.marks.list()]);
    // A stop that came before there was a thread to tell.
    if (state === 'draining') return { how: 'drained', message: '', final: false };
    const startedAt = Date.now();
    const current = startWorker(
      { ...input, plan, marks, paused: [...paused], ...(canary && { canary }) },
      {
        ready() {
          move('ready');
          onReady();
        },
        stages(message) {
          const events = pausedThemselves(stages, message.stages, paused, plan.stages, options.types, Date.now());
          for (const event of events) options.happened(event);
          stages = message.stages;
          refused = message.refused;
          options.changed();
        },
        rebalance: (stage) =>
          options.happened(
            rebalanced(
              plan.stages.find(({ id }) => id === stage),
              options.types,
              Date.now(),
            ),
          ),
        log: (level, message, fields) => options.log(level, message, { flow: plan.flow, version: plan.version, ...fields }),
      },
    );
    host = current;
    watch = watchdog(current);
    const end = await current.ended;
    clearInterval(watch);
    host = undefined;
    stages = stages.map(({ reason: _reason, ...stage }) => ({ ...stage, state: 'stopped' }));
    if (Date.now() - startedAt > steadyMs) crashes = 0;
    return end;
  }

  /**
   * Ends a worker whose event loop stands still. A late timer on this side means that this process slept too
   * (a laptop lid, SIGSTOP): then the worker gets its time from the start.
   */
  function watchdog(current: WorkerHost): NodeJS.Timeout {
    let ticks = -1;
    let since = Date.now();
    let lastCheck = Date.now();
    return setInterval(() => {
      const now = Date.now();
      const slept = now - lastCheck > watchEveryMs * 3;
      lastCheck = now;
      const seen = current.progress.ticks();
      if (seen !== ticks || slept || seen === 0) {
        ticks = seen;
        since = now;
        return;
      }
      const allowed = plan.settings.messageTimeoutMs + watchEveryMs;
      if (now - since > allowed)
        current.kill(`One message kept the worker busy for more than ${plan.settings.messageTimeoutMs / 1000} s, so it was ended.`);
    }, watchEveryMs);
  }

  /** Starts, and starts again after each crash, until the state says stop. */
  async function keepAlive(onReady: () => void, onFirstEnd: (reason: string) => void): Promise<void> {
    for (;;) {
      let end: WorkerEnd;
      try {
        end = await live(onReady);
      } catch (error) {
        end = { how: 'failed', message: error instanceof Error ? error.message : String(error), final: false };
      }
      if (end.how === 'drained') {
        move('ended');
        return;
      }
      lastError = end.message;
      options.log('error', `The worker of ${plan.flow} ended: ${end.message}`, {
        flow: plan.flow,
        version: plan.version,
        ...end.at,
        stage: end.at?.stage,
      });
      if (state !== 'draining') for (const event of crashed(end.message, end.final, Date.now())) options.happened(event);
      onFirstEnd(end.message);
      if (state === 'draining') {
        move('ended');
        return;
      }
      if (end.final) {
        move('give-up');
        return;
      }
      move('crash');
      const count = end.at === undefined ? 0 : await options.marks.add(end.at, end.message).catch(() => 0);
      if (runTransitions[state].retry === state) return;
      restarts++;
      const delay = count >= plan.settings.quarantineAfter ? 100 : backoffMs(crashes++, restartBaseMs, restartMostMs);
      const gone = await new Promise<boolean>((resolve) => {
        const wake = () => {
          // A stop while waiting moves the state on; so does a second start.
          if (state === 'backing-off') return;
          settle(true);
        };
        const settle = (value: boolean) => {
          clearTimeout(retryTimer);
          waiters.delete(wake);
          resolve(value);
        };
        waiters.add(wake);
        retryTimer = setTimeout(() => settle(false), delay);
      });
      if (gone && (state as RunState) !== 'starting') return;
      move('retry');
    }
  }

  return {
    plan,
    get canary() {
      return canary;
    },
    get state() {
      return state;
    },
    get stages() {
      return stages;
    },
    get refused() {
      return refused;
    },
    get restarts() {
      return restarts;
    },
    get lastError() {
      return lastError;
    },
    get host() {
      return host;
    },
    start() {
      move('start');
      lastError = undefined;
      return new Promise<void>((resolve, reject) => {
        life = keepAlive(resolve, (reason) => reject(new Error(reason)));
      });
    },
    async stop(deadlineMs) {
      move('drain');
      host?.drain(deadlineMs);
      await life;
    },
    setPaused(stage, value) {
      if (value) paused.add(stage);
      else paused.delete(stage);
      host?.setPaused(stage, value);
    },
    setShare(share) {
      canary = share > 0 && canary ? { ...canary, share } : undefined;
      host?.setShare(share);
      options.changed();
    },
    async untilRunning(ms) {
      if (state === 'running') return true;
      return new Promise<boolean>((resolve) => {
        const finish = (value: boolean) => {
          clearTimeout(timer);
          waiters.delete(check);
          resolve(value);
        };
        const check = () => {
          if (state === 'running') finish(true);
        };
        const timer = setTimeout(() => finish(false), ms);
        waiters.add(check);
      });
    },
  };
}
