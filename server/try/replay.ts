import type { LiveNode } from '../runtime/pipeline.ts';
import type { Message, TopicRecord, TopicSinkInstance, TransformInstance } from '../sdk.ts';

/**
 * What nodes made of the messages that came to them, so that a node that has not changed need not do it again. A node's
 * name for this is a hash of everything that decides its work, so the same messages come to it in the same order.
 */
export interface Replay {
  /** The node itself, with what it does written down; or in its place what it did before. */
  wrap(node: string, live: LiveNode): LiveNode;
}

/** What a transform did with one message. */
interface Done {
  emitted: { message: Message; port: string | undefined }[];
  reason?: string;
  thrown?: { error: unknown };
}

/** What a topic sink made of one message. */
type Made = { record: TopicRecord } | { thrown: { error: unknown } };

/** What one node did, message by message. */
export type Memory = { transform: Done[] } | { topicSink: Made[] };

/** Memories by the names of the nodes in the Try before, and those of this Try. */
export interface ReplayStore extends Replay {
  /** By name of a node; complete when the Try has run to its end. */
  memories: Map<string, Memory>;
  /** Ids of nodes whose work was taken over. */
  reused: string[];
}

/**
 * @param names names of the nodes by id; a node without one is always run, and not remembered
 * @param before memories of the Try before
 */
export function createReplay(names: ReadonlyMap<string, string>, before: ReadonlyMap<string, Memory>): ReplayStore {
  const memories = new Map<string, Memory>();
  const reused: string[] = [];
  return {
    memories,
    reused,
    wrap(node, live) {
      const name = names.get(node);
      if (name === undefined) return live;
      const memory = before.get(name);
      if (memory !== undefined && 'transform' in live && 'transform' in memory) {
        memories.set(name, memory);
        reused.push(node);
        return { transform: { ...kept(live.transform), process: replayed(memory.transform) } };
      }
      if (memory !== undefined && 'topicSink' in live && 'topicSink' in memory) {
        memories.set(name, memory);
        reused.push(node);
        return { topicSink: { ...kept(live.topicSink), record: rewritten(memory.topicSink) } };
      }
      if ('transform' in live) {
        const done: Done[] = [];
        memories.set(name, { transform: done });
        return { transform: { ...kept(live.transform), process: written(live.transform, done) } };
      }
      const made: Made[] = [];
      memories.set(name, { topicSink: made });
      return { topicSink: { ...kept(live.topicSink), record: noted(live.topicSink, made) } };
    },
  };
}

/** What the pipeline asks of an instance beside its work. */
function kept<T extends { text?: unknown }>({ text }: T): Pick<T, 'text'> {
  return (text === undefined ? {} : { text }) as Pick<T, 'text'>;
}

function written(instance: TransformInstance, done: Done[]): TransformInstance['process'] {
  return (message, emit, drop) => {
    const entry: Done = { emitted: [] };
    done.push(entry);
    const fail = (error: unknown): never => {
      entry.thrown = { error };
      throw error;
    };
    try {
      const running = instance.process(
        message,
        (out, port) => {
          entry.emitted.push({ message: out, port });
          emit(out, port);
        },
        (reason) => {
          entry.reason ??= reason;
          drop(reason);
        },
      );
      return running === undefined ? undefined : running.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

function replayed(done: readonly Done[]): TransformInstance['process'] {
  let at = 0;
  return (_message, emit, drop) => {
    const entry = done[at++];
    if (entry === undefined) throw new Error('More messages came to a node that has not changed than before.');
    if (entry.thrown) throw entry.thrown.error;
    for (const { message, port } of entry.emitted) emit(message, port);
    if (entry.reason !== undefined) drop(entry.reason);
  };
}

function noted(instance: TopicSinkInstance, made: Made[]): TopicSinkInstance['record'] {
  return (message) => {
    try {
      const record = instance.record(message);
      made.push({ record });
      return record;
    } catch (error) {
      made.push({ thrown: { error } });
      throw error;
    }
  };
}

function rewritten(made: readonly Made[]): TopicSinkInstance['record'] {
  let at = 0;
  return () => {
    const entry = made[at++];
    if (entry === undefined) throw new Error('More messages came to a sink that has not changed than before.');
    if ('thrown' in entry) throw entry.thrown.error;
    return entry.record;
  };
}
