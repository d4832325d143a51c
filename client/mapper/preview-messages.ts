import type { RowCount, RowOutcome } from '#shared/mapping/preview/report.ts';
import type { MessageOutcome, MessagePreview } from '#shared/mapping/preview.ts';

/** A message on its way to the worker: its value as JSON text, so that every digit arrives. */
export interface SentMessage {
  json: string;
  bindings: Readonly<Record<string, unknown>>;
}

/** What the worker is told. `turn` numbers what is to be shown; a later one ends those before it. */
export type ToWorker =
  | { kind: 'messages'; messages: readonly SentMessage[] }
  | { kind: 'run'; turn: number; text: string; current: number }
  | {
      kind: 'once';
      id: number;
      text: string;
      rule: string | undefined;
      code: string;
      message: number;
      items: readonly (readonly [string, number])[];
    };

/** What the worker answers. `counts` comes several times, with all that is known so far; it also tells that the worker is alive. */
export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'first'; turn: number; preview: MessagePreview | undefined; ms: number }
  | { kind: 'counts'; turn: number; outcomes: readonly MessageOutcome[]; counts: readonly (readonly [string, RowCount])[]; done: boolean }
  | { kind: 'once'; id: number; result: RowOutcome };
