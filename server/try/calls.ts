import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/canonical.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import type { CallMode } from '#shared/trial.ts';
import type { OutsideCall } from '../sdk.ts';

/** The answer of an earlier real call. */
export interface Recording {
  node: string;
  /** Hash of the question, see {@link requestHash}. */
  request: string;
  /** The question for people. */
  what: string;
  /** JSON text. */
  answer: string;
}

/** There is no answer for a call in this Try. It is nothing about the message, so no error port takes it. */
export class CallUnanswered extends Error {
  readonly code: 'call/not-recorded' | 'call/not-allowed' | 'call/not-declared';
  constructor(code: CallUnanswered['code'], message: string) {
    super(message);
    this.name = 'CallUnanswered';
    this.code = code;
  }
}

/** Answers the calls of nodes in a Try. */
export interface CallAnswers {
  /** @throws CallUnanswered, or what a real call threw */
  answer<T>(
    node: { id: string; label: string },
    call: OutsideCall,
    perform: () => Promise<T>,
  ): Promise<{ answer: T; answered: CallMode['mode'] }>;
}

export interface CallOptions {
  /** By node id; what is left out is answered from recordings. */
  modes: Readonly<Record<string, CallMode>>;
  recordings: readonly Recording[];
  /** Nodes whose calls may really be made, where the call only reads. */
  mayCall: ReadonlySet<string>;
  /** Takes the answer of a real call. */
  record?(recording: Recording): void;
}

export function createCallAnswers(options: CallOptions): CallAnswers {
  const known = new Map(options.recordings.map((recording) => [`${recording.node}\n${recording.request}`, recording]));

  return {
    async answer(node, call, perform) {
      const mode = options.modes[node.id] ?? { mode: 'recorded' };
      const name = node.label || node.id;
      if (mode.mode === 'fixed') return { answer: mode.value as never, answered: 'fixed' };
      const request = requestHash(call.request);
      if (mode.mode === 'recorded') {
        const recording = known.get(`${node.id}\n${request}`);
        if (recording !== undefined) return { answer: parseJson(recording.answer) as never, answered: 'recorded' };
        throw new CallUnanswered(
          'call/not-recorded',
          `“${name}” would ask ${call.what}, and no answer to that is recorded. Try once with real calls, or give a fixed answer.`,
        );
      }
      if (!call.readsOnly)
        throw new CallUnanswered(
          'call/not-allowed',
          `“${name}” does not say that ${call.what} only reads, so a Try does not call it. Give a fixed answer.`,
        );
      if (!options.mayCall.has(node.id))
        throw new CallUnanswered(
          'call/not-allowed',
          `You may not let “${name}” call the outside in a Try. Ask a developer or an admin to try it once, or give a fixed answer.`,
        );
      // As a recording would give it, so that the next Try finds the same.
      const answer = stringifyJson((await perform()) ?? null) ?? 'null';
      const recording = { node: node.id, request, what: call.what, answer };
      known.set(`${node.id}\n${request}`, recording);
      options.record?.(recording);
      return { answer: parseJson(answer) as never, answered: 'real' };
    },
  };
}

/** SHA-256, hex, of a question; the same whatever the order of its fields. */
export function requestHash(request: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(request ?? null))
    .digest('hex');
}
