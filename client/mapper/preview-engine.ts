import { parseJson } from '#shared/json.ts';
import type { RowCount } from '#shared/mapping/preview/report.ts';
import { evaluateIn, type MessageOutcome, type Previewer, type PreviewMessage, previewer } from '#shared/mapping/preview.ts';
import { viewOf } from '#shared/mapping/view.ts';
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
  /** What the counts are of; they do not change with the message at hand. */
  let counted: { previewer: Previewer; messages: PreviewMessage[] } | undefined;
  let turn = 0;

  const previewerOf = (text: string): Previewer | undefined => {
    if (last?.text === text) return last.previewer;
    const view = viewOf(text);
    last = view.ok ? { text, previewer: previewer(view) } : undefined;
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
        const preview = of === undefined || at === undefined ? undefined : of.preview(at);
        answer({ kind: 'first', turn, preview, ms: performance.now() - started });
        if (of !== undefined && (counted?.previewer !== of || counted.messages !== messages)) count(turn, of, messages);
        return;
      }
      case 'once': {
        const view = viewOf(message.text);
        const at = messages[message.message] ?? { value: undefined, bindings: {} };
        const result = evaluateIn(view.ok ? view : undefined, message.rule, message.code, at, new Map(message.items));
        answer({ kind: 'once', id: message.id, result });
      }
    }
  };
}
