import { tmpdir } from 'node:os';
import type { LoadedCatalog } from '#server/catalog.ts';
import { createCallAnswers } from '#server/try/calls.ts';
import { createTrial } from '#server/try/trial.ts';
import type { TrialRunner } from '#server/try/trial-runner.ts';
import { createTries, type Tries } from '#server/try/tries.ts';
import { parseJson } from '#shared/json.ts';
import type { CallMode } from '#shared/trial.ts';
import { contextOf } from '../try/trial-flow.ts';

/** Tries that run in the test's own thread, so that they know the node types of the test. */
export function ownTries(catalog: LoadedCatalog): Tries {
  return createTries({ runner: ownRunner(catalog), catalog });
}

/** Runs Tries in this thread, with the types of the test's catalog. */
export function ownRunner(catalog: LoadedCatalog): TrialRunner {
  return {
    async open(spec, options) {
      const trial = await createTrial({
        plan: spec.plan,
        types: catalog.types,
        contextOf: (node) => ({ ...contextOf(spec.plan)(node), filesFolder: tmpdir() }),
        calls: createCallAnswers({
          modes: parseJson(spec.calls) as Record<string, CallMode>,
          recordings: spec.recordings,
          mayCall: new Set(spec.mayCall),
          record: (recording) => options?.record?.(recording),
        }),
        seed: spec.seed,
        ...(spec.now !== undefined && { now: spec.now }),
      });
      return {
        reused: [],
        async *run(inputs) {
          for await (const input of inputs) {
            options?.signal?.throwIfAborted();
            yield [await trial.run(input)];
          }
        },
        close: () => trial.close(),
      };
    },
    close: async () => undefined,
  };
}
