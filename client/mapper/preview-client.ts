import { stringifyJson } from '#shared/json.ts';
import { type RowOutcome, type RowReport, rowsAt } from '#shared/mapping/preview/report.ts';
import type { Mapper, MapperSample, Preview, RowResult } from './mapper-store.ts';
import type { FromWorker, SentMessage, ToWorker } from './preview-messages.ts';

/** How long the worker may be silent before it is ended, in ms. */
const limitMs = 1000;
const tooLong = 'It was stopped after 1 second: the expression takes too long, or never ends.';

/** A running preview of one mapper. */
export interface PreviewClient {
  /** What an expression gives on a sample, in the place of a row. */
  once(code: string, sample: number, rule: string | undefined): Promise<RowResult>;
  close(): void;
}

/** Makes the worker; replaced in tests. */
export type MakeWorker = () => Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

const newWorker: MakeWorker = () => new Worker(new URL('./preview-worker.ts', import.meta.url), { type: 'module' });

/**
 * Keeps the mapper's `preview` up to date with its text, samples, the current one and the chosen items of loops. A worker that
 * is silent for a second is ended and begun again; the preview then is `stopped` until the text or the sample changes.
 */
export function startPreview(mapper: Mapper, names: () => Readonly<Record<string, unknown>>, make: MakeWorker = newWorker): PreviewClient {
  let worker: ReturnType<MakeWorker> | undefined;
  let ready = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  let sent: readonly MapperSample[] | undefined;
  let asked: { text: string; samples: readonly MapperSample[]; current: number } | undefined;
  /** True from a run's beginning to its first answer; what is asked meanwhile waits, and only the last of it is done. */
  let busy = false;
  let counting = false;
  let waiting = false;
  let reports: readonly RowReport[] = [];
  const pending = new Map<number, (result: RowResult) => void>();
  let lastId = 0;

  const watch = (): void => {
    clearTimeout(timer);
    timer = ready && (busy || counting || pending.size > 0) ? setTimeout(stop, limitMs) : undefined;
  };
  const send = (message: ToWorker): void => {
    worker ??= begin();
    worker.postMessage(message);
    watch();
  };

  function begin(): ReturnType<MakeWorker> {
    const made = make();
    ready = false;
    sent = undefined;
    made.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (made === worker) take(data);
    };
    // It could not be loaded, or has a fault: the next change begins another.
    made.onerror = () => {
      if (made === worker) stop();
    };
    return made;
  }

  function stop(): void {
    worker?.terminate();
    worker = undefined;
    const was = { busy, counting };
    busy = false;
    counting = false;
    for (const answer of pending.values()) answer({ kind: 'failed', code: 'U1001', message: tooLong });
    pending.clear();
    if (was.busy || was.counting) mapper.set({ preview: { ...mapper.getState().preview, state: 'stopped' } });
    if (waiting) run();
  }

  function take(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        ready = true;
        break;
      case 'first':
        busy = false;
        if (message.turn === turn) first(message);
        if (waiting) run();
        break;
      case 'counts':
        if (message.turn === turn) counts(message);
        break;
      case 'once': {
        const answer = pending.get(message.id);
        pending.delete(message.id);
        answer?.(message.result);
      }
    }
    watch();
  }

  function first({ preview, ms }: Extract<FromWorker, { kind: 'first' }>): void {
    const { preview: before, items } = mapper.getState();
    const text = asked?.text ?? '';
    reports = preview?.rows ?? [];
    // Until they come, the counts are those of the text before.
    const { result: _old, ...rest } = before;
    mapper.set({
      preview: {
        ...rest,
        text,
        state: preview === undefined ? 'none' : counting ? 'running' : 'done',
        rows: rowsAt(reports, items),
        ms,
        ...(preview?.result === undefined ? {} : { result: preview.result }),
      },
    });
  }

  function counts({ counts, outcomes, done }: Extract<FromWorker, { kind: 'counts' }>): void {
    counting = !done;
    const { preview } = mapper.getState();
    const passed = outcomes.filter((outcome) => outcome === 'passed').length;
    const next: Preview = { ...preview, passed, looked: outcomes.length, outcomes, state: done ? 'done' : 'running' };
    // Half a count would make warnings come and go.
    mapper.set({ preview: done ? { ...next, counts: new Map(counts) } : next });
  }

  function run(): void {
    const { text, view, samples, current } = mapper.getState();
    waiting = false;
    if (!view.ok || samples.length === 0) return;
    if (asked !== undefined && asked.text === text && asked.samples === samples && asked.current === current) return;
    if (busy) {
      waiting = true;
      return;
    }
    counting = asked === undefined || asked.text !== text || asked.samples !== samples;
    asked = { text, samples, current };
    busy = true;
    turn++;
    messages(samples);
    send({ kind: 'run', turn, text, current });
    const { preview } = mapper.getState();
    if (preview.state !== 'running') mapper.set({ preview: { ...preview, state: 'running' } });
  }

  function messages(samples: readonly MapperSample[]): void {
    worker ??= begin();
    if (sent === samples) return;
    sent = samples;
    send({ kind: 'messages', messages: samples.map((sample) => sentMessage(sample, names())) });
  }

  const unsubscribe = mapper.subscribe((state, before) => {
    if (state.text !== before.text || state.samples !== before.samples || state.current !== before.current) run();
    else if (state.items !== before.items && state.preview.text !== '') {
      mapper.set({ preview: { ...mapper.getState().preview, rows: rowsAt(reports, state.items) } });
    }
  });
  // It is loaded while the samples are on their way.
  worker = begin();
  run();

  return {
    once(code, sample, rule) {
      const { samples, shown, items } = mapper.getState();
      return new Promise((resolve) => {
        const id = ++lastId;
        pending.set(id, resolve);
        messages(samples);
        send({ kind: 'once', id, text: shown?.text ?? '', rule, code, message: sample, items: [...items] });
      });
    },
    close() {
      unsubscribe();
      clearTimeout(timer);
      worker?.terminate();
      for (const answer of pending.values()) answer({ kind: 'nothing' });
      pending.clear();
    },
  };
}

/** A sample with the names that an expression sees beside its value, as a flow binds them. */
function sentMessage(sample: MapperSample, names: Readonly<Record<string, unknown>>): SentMessage {
  const { value, key, headers, timestamp, origin } = sample;
  return { json: stringifyJson(value) ?? 'null', bindings: { ...names, key, headers, timestamp, ...(origin === '' ? {} : { origin }) } };
}

let running: PreviewClient | undefined;

/** Makes a preview the one that {@link evaluateOnce} asks; answers how to take it back. */
export function askHere(client: PreviewClient): () => void {
  running = client;
  return () => {
    if (running === client) running = undefined;
  };
}

/**
 * What an expression gives on a sample of the mapper on screen. With the id of a rule it stands in the place of that rule:
 * it sees the item, the variables and the helpers there, for the chosen items of the loops around it. `nothing` also where
 * that place is not reached.
 */
export function evaluateOnce(expression: string, sampleIndex: number, inScopeOf?: string): Promise<RowOutcome> {
  return running?.once(expression, sampleIndex, inScopeOf) ?? Promise.resolve({ kind: 'nothing' });
}
