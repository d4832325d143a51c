import { parseJson, stringifyJson } from '#shared/json.ts';
import type { PlanNode } from '#shared/plan.ts';
import type { CallMode } from '#shared/trial.ts';
import { builtIn, loadCatalog } from '../catalog.ts';
import type { NodeContext, NodeType } from '../sdk.ts';
import { createCallAnswers } from './calls.ts';
import type { Guard } from './guard.ts';
import { nameNodes } from './names.ts';
import { type OutcomeText, writeOutcomes } from './outcome-text.ts';
import { createReplay, type Memory } from './replay.ts';
import { createTrial, type Trial, type TrialOutcome, TrialRefused, transformOf } from './trial.ts';
import { type FromTrial, place, type ToTrial, type TrialSpec, type TrialSurroundings } from './trial-protocol.ts';
import type { TrialWorld } from './world.ts';

/** The Try that a thread runs, one at a time. Messages are worked on in the order in which they come. */
export interface Session {
  tell(message: ToTrial): Promise<void>;
}

/** Outcomes are sent after this long, in ms, where not each is wanted at once. */
const flushMs = 40;

/** @param where the shared memory in which the thread writes where it is */
export function createSession(
  surroundings: TrialSurroundings,
  guard: Guard,
  where: Int32Array,
  post: (message: FromTrial) => void,
): Session {
  /** What nodes made in the Try before, of one flow. */
  let memory: { flow: string; memories: Map<string, Memory> } = { flow: '', memories: new Map() };
  let open: { trial: Trial; world: TrialWorld | undefined; text: OutcomeText; redact(text: string): string; end(): void } | undefined;

  /** Types that this thread has loaded. */
  const types = new Map<string, NodeType>();

  async function load(names: readonly string[]): Promise<void> {
    const missing = new Set(names.filter((name) => !types.has(name)));
    if (missing.size === 0) return;
    const loaded = await loadCatalog({ folders: surroundings.nodeFolders, only: missing });
    for (const [name, type] of loaded.types) types.set(name, type);
  }

  async function begin(spec: TrialSpec): Promise<void> {
    where[place.input] = -1;
    const stage = transformOf(spec.plan);
    await load(stage.nodes.map(({ type }) => type));
    const modes = parseJson(spec.calls) as Record<string, CallMode>;
    const mayCall = new Set(spec.mayCall);
    const secrets = secretsOf(spec);
    const ordinals = new Map(stage.nodes.map(({ id }, at) => [id, at]));
    const names = spec.remember && namesOf(spec, modes, spec.remember.inputs);
    const replay = names && createReplay(names, memory.flow === spec.plan.flow ? memory.memories : new Map());
    memory = { flow: '', memories: new Map() };
    const answers = createCallAnswers({
      modes,
      recordings: spec.recordings,
      mayCall,
      record: (recording) =>
        post({
          type: 'recorded',
          recording: { ...recording, what: secrets.redact(recording.what), answer: secrets.redact(recording.answer) },
        }),
    });
    const called = new Set<string>();
    let world: TrialWorld | undefined;
    const trial = await createTrial({
      plan: spec.plan,
      types,
      contextOf: contextOf(spec, secrets.reveal),
      calls: {
        answer(node, call, perform) {
          called.add(node.id);
          return answers.answer(node, call, () => guard.outside(perform));
        },
      },
      ...(spec.now !== undefined && { now: spec.now }),
      seed: spec.seed,
      onNode(node, input) {
        where[place.input] = input;
        where[place.node] = ordinals.get(node) ?? -1;
      },
      onWorld(made) {
        world = made;
        guard.use(world);
      },
      ...(replay && { replay }),
      ...(spec.timed && { timed: true }),
    });
    open = {
      trial,
      world,
      text: { valueLimit: spec.valueLimit, sinksOnly: spec.sinksOnly },
      redact: secrets.redact,
      end() {
        if (replay === undefined || names === undefined) return;
        // What a node asked stands in the result too, so it asks again.
        for (const id of called) replay.memories.delete(names.get(id) ?? '');
        memory = { flow: spec.plan.flow, memories: replay.memories };
      },
    };
    post({ type: 'opened', reused: replay?.reused ?? [] });
  }

  const contextOf =
    ({ plan, mayCall }: TrialSpec, reveal: (name: string) => string) =>
    (node: PlanNode): NodeContext => ({
      flow: plan.flow,
      version: plan.version,
      node: node.id,
      label: node.label,
      secret: (name) => (mayCall.includes(node.id) ? reveal(name) : hidden),
      filesFolder: surroundings.filesFolder,
      bindings: surroundings.bindings,
      allowPrivate: surroundings.allowPrivate,
      call: (_call, perform) => perform(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });

  function namesOf(spec: TrialSpec, modes: Record<string, CallMode>, inputs: string): Map<string, string> {
    const { plan, now, seed } = spec;
    const { messageTimeoutMs } = plan.settings;
    return nameNodes(transformOf(plan), {
      common: { flow: plan.flow, version: plan.version, topics: plan.topics, messageTimeoutMs, now: now ?? null, seed, inputs },
      own(node) {
        const mode = modes[node.id] ?? { mode: 'recorded' };
        // Code of others may remember or do anything, and the world may answer anything.
        if (!Object.hasOwn(builtIn, node.type) || mode.mode === 'real') return undefined;
        return {
          mode,
          recordings: spec.recordings.filter((recording) => recording.node === node.id).map(({ request, answer }) => [request, answer]),
        };
      },
    });
  }

  async function runAll(inputs: Extract<ToTrial, { type: 'run' }>['inputs'], each: boolean): Promise<void> {
    if (open === undefined) throw new Error('No Try is open in this thread.');
    const { trial, text, redact } = open;
    let waiting: TrialOutcome[] = [];
    let since = performance.now();
    const send = (done: boolean) => {
      post({ type: 'outcomes', text: redact(writeOutcomes(waiting, text)), done });
      waiting = [];
      since = performance.now();
    };
    guard.use(open.world);
    for (const input of inputs) {
      waiting.push(await trial.run(input));
      if (each || performance.now() - since > flushMs) send(false);
    }
    send(true);
  }

  async function end(): Promise<void> {
    const ending = open;
    open = undefined;
    await ending?.trial.close();
    ending?.end();
    guard.use(undefined);
    post({ type: 'closed' });
  }

  return {
    async tell(message) {
      try {
        if (message.type === 'open') await begin(message.spec);
        else if (message.type === 'run') await runAll(message.inputs, message.each);
        else await end();
      } catch (error) {
        guard.use(undefined);
        if (error instanceof TrialRefused) post({ type: 'refused', problems: error.problems });
        else post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      }
    },
  };
}

const hidden = '***';

/** True values for those who may have them; whatever was given away is taken out of every text that leaves. */
function secretsOf({ secrets }: TrialSpec): { reveal(name: string): string; redact(text: string): string } {
  const given = new Set<string>();
  return {
    reveal(name) {
      const value = secrets[name];
      if (value === undefined)
        throw new Error(`it needs the secret “${name}”, and there is none of that name. Set it under Secrets, then try again.`);
      // What is shorter would take ordinary text with it.
      if (value.length >= 4)
        for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString('base64')]) given.add(written(form));
      return value;
    },
    redact(text) {
      let result = text;
      for (const value of given) result = result.replaceAll(value, hidden);
      return result;
    },
  };
}

/** As it stands inside a text of JSON. */
function written(value: string): string {
  return stringifyJson(value)?.slice(1, -1) ?? value;
}
