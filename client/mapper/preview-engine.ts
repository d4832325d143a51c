import { parseJson } from '#shared/json.ts';
import type { RowCount } from '#shared/mapping/preview/report.ts';
import {
  evaluateIn,
  type KnownSlices,
  type MessageOutcome,
  type Previewer,
  type PreviewMessage,
  previewer,
  rowsIn,
} from '#shared/mapping/preview.ts';
import type { FromWorker, ToWorker } from './preview-messages.ts';

/** How long the messages are gone through before the worker listens again, in ms. */
const sliceMs = 12;

/**
 * The work of the preview, apart from the worker that it is done in: the message at hand first, then the others in slices,
 * so that what comes next need not wait. `later` runs a function after what has come in meanwhile.
 */
export function previewEngine(answer: (message: FromWorker) => void, later: (act: () => void) => void): (message: ToWorker) => void {
  let messages: PreviewMessage[] = [];
  let last: { text: string; previewer: Previewer } | undefined;
  const slices: KnownSlices = new Map();
  /** What the counts are of; they do not change with the message at hand. */
  let counted: { previewer: Previewer; messages: PreviewMessage[] } | undefined;
  let turn = 0;

  const previewerOf = (text: string): Previewer | undefined => {
    if (last?.text === text) return last.previewer;
    const rows = rowsIn(text);
    last = rows === undefined ? undefined : { text, previewer: previewer(rows, slices) };
    return last?.previewer;
  };

  function count(now: number, of: Previewer, over: PreviewMessage[]): void {
    const counts = new Map<string, RowCount>();
    const outcomes: MessageOutcome[] = [];
    const slice = (): void => {
      if (turn !== now) return;
      const until = performance.now() + sliceMs;
      do {
        const next = over[outcomes.length];
        if (next === undefined) break;
        outcomes.push(of.count(next, counts));
      } while (performance.now() < until);
      const done = outcomes.length >= over.length;
      answer({ kind: 'counts', turn: now, outcomes, counts: [...counts], done });
      if (done) counted = { previewer: of, messages: over };
      else later(slice);
    };
    later(slice);
  }

  return (message) => {
    switch (message.kind) {
      case 'messages':
        messages = message.messages.map(({ json, bindings }) => ({ value: parseJson(json), bindings }));
        return;
      case 'run': {
        turn = message.turn;
        const started = performance.now();
        const of = previewerOf(message.text);
        const at = messages[message.current];
        const look = of === undefined || at === undefined ? undefined : of.look(at);
        const ms = performance.now() - started;
        answer({ kind: 'first', turn, preview: look, ms });
        if (of === undefined) return;
        const now = turn;
        const all = messages;
        later(() => {
          if (turn !== now) return;
          // Compiling the whole as well would double the time; that the rows agree with it can wait until they are shown.
          const preview = at === undefined ? undefined : of.preview(at);
          if (preview?.result !== look?.result || preview?.outcome !== look?.outcome) answer({ kind: 'first', turn: now, preview, ms });
          if (counted?.previewer !== of || counted.messages !== all) count(now, of, all);
        });
        return;
      }
      case 'once': {
        const rows = rowsIn(message.text);
        const at = messages[message.message] ?? { value: undefined, bindings: {} };
        const result = evaluateIn(rows, message.rule, message.code, at, new Map(message.items));
        answer({ kind: 'once', id: message.id, result });
      }
    }
  };
}
