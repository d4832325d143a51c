import type { FlowRecord } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import { changeText } from '#shared/flow-diff/change.ts';
import { diffFlows } from '#shared/flow-diff.ts';
import type { Choices } from '#shared/flow-merge/value.ts';
import { mergeFlows } from '#shared/flow-merge.ts';
import type { Catalog } from '#shared/node-type.ts';
import { ApiError, api, isStale } from '../api.ts';
import { isTaken, newId } from './document.ts';
import { noSelection, record, type Selection } from './history.ts';
import type { Editor } from './store.ts';
import { laidOut } from './tidy.ts';

/** Hands must rest this long before the draft is saved, in milliseconds. */
export const saveAfterMs = 700;
const retryAfterMs = 5000;

/**
 * Saves the draft by itself: debounced, one request at a time, and never over somebody else's work. What two people
 * changed in different places is merged without a question.
 */
export interface Autosave {
  /** Saves now what is not saved; resolves when the answer is there. */
  flush(): Promise<void>;
  /** Ends a conflict: merges the draft with what the other saved, each conflict as chosen, as one undoable gesture. */
  settle(choices: Choices): void;
  /** Replaces the draft by what the server has, as one undoable gesture. */
  loadTheirs(): Promise<void>;
  /** Stores the draft as a new flow and gives its id; the old one stays as the others left it. */
  keepAsCopy(): Promise<string>;
  /** Takes over what somebody else saved, when there is nothing of ours to lose. */
  noticeRevision(revision: number): Promise<void>;
  stop(): void;
}

/** What autosave needs of the server; api.ts in the studio. */
export interface FlowServer {
  flow(id: string): Promise<FlowRecord>;
  saveFlow(flow: Flow, revision: number): Promise<FlowRecord>;
  createFlow(flow: Flow): Promise<FlowRecord>;
}

/** Begins to watch an editor's document. */
export function startAutosave(editor: Editor, server: FlowServer = api): Autosave {
  let saved = editor.flow();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const schedule = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), ms);
  };
  const unsubscribe = editor.subscribe((state, before) => {
    const flow = state.history.present.flow;
    if (flow === before.history.present.flow || state.readOnly !== undefined || state.save.kind === 'conflict') return;
    // While something else is on its way to the server, that is what will be saved there.
    if (flow === saved && running === undefined) {
      clearTimeout(timer);
      editor.set({ save: { kind: 'saved', at: Date.parse(state.record.updatedAt) } });
      return;
    }
    if (state.save.kind !== 'saving') editor.set({ save: { kind: 'waiting' } });
    schedule(saveAfterMs);
  });

  /** The flow as it is saved now, with a place for every card, as the editor has it. */
  const read = async (): Promise<FlowRecord> => {
    const record = await server.flow(editor.flow().id);
    return { ...record, flow: laidOut(record.flow, editor.getState().types) };
  };

  const put = async () => {
    const flow = editor.flow();
    editor.set({ save: { kind: 'saving' } });
    try {
      const answer = await server.saveFlow(flow, editor.getState().record.revision);
      saved = flow;
      editor.set({ record: answer, save: editor.flow() === flow ? { kind: 'saved', at: Date.now() } : { kind: 'waiting' } });
    } catch (error) {
      if (isStale(error)) await join();
      else failed(error);
    }
  };

  const failed = (error: unknown) => {
    editor.set({ save: { kind: 'failed', reason: error instanceof Error ? error.message : String(error) } });
    if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) schedule(retryAfterMs);
  };

  /** Brings in what somebody else saved since we last read; asks where both changed the same. */
  const join = async () => {
    try {
      const theirs = await read();
      const { catalog } = editor.getState();
      // Read after the answer came: hands may not have rested meanwhile.
      const { flow, conflicts } = mergeFlows(saved, editor.flow(), theirs.flow, { catalog });
      if (conflicts.length > 0) editor.set({ save: { kind: 'conflict', base: saved, theirs } });
      else takeMerged(flow, theirs);
    } catch (error) {
      failed(error);
    }
  };

  const takeMerged = (flow: Flow, theirs: FlowRecord) => {
    const text = inWords(saved, theirs, editor.getState().catalog);
    const { history } = editor.getState();
    saved = theirs.flow;
    const { selection } = history.present;
    // Before the document, so that whoever hears of the change finds the revision that belongs to it.
    editor.set({ record: theirs, save: { kind: 'waiting' } });
    editor.set({ history: record(history, { flow, selection: alive(flow, selection) }, `merge with changes by ${theirs.updatedBy}`) });
    if (flow === saved) editor.set({ save: { kind: 'saved', at: Date.parse(theirs.updatedAt) } });
    editor.say(`Merged with ${text}`);
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    if (running !== undefined) await running;
    const { save, readOnly } = editor.getState();
    if (editor.flow() === saved || readOnly !== undefined || save.kind === 'conflict') return;
    running = put().finally(() => {
      running = undefined;
    });
    await running;
    if (editor.getState().save.kind === 'waiting') schedule(saveAfterMs);
  };

  const take = (theirs: FlowRecord, label: string) => {
    saved = theirs.flow;
    const { history } = editor.getState();
    editor.set({
      record: theirs,
      history: record(history, { flow: theirs.flow, selection: noSelection }, label),
      focus: undefined,
      save: { kind: 'saved', at: Date.parse(theirs.updatedAt) },
    });
  };

  editor.set({ saveNow: () => void flush() });
  return {
    flush,
    settle(choices) {
      const { save, catalog } = editor.getState();
      if (save.kind !== 'conflict') return;
      const { flow } = mergeFlows(save.base, editor.flow(), save.theirs.flow, { catalog, choices });
      takeMerged(flow, save.theirs);
      if (flow !== saved) schedule(0);
    },
    async loadTheirs() {
      const theirs = await read();
      take(theirs, 'load the saved flow');
    },
    async keepAsCopy() {
      const mine = editor.flow();
      const id = newId(`${mine.id.slice(0, 40)}-copy`, isTaken(mine));
      const answer = await server.createFlow({ ...mine, id, name: `${mine.name} (my copy)`.slice(0, 120) });
      return answer.flow.id;
    },
    async noticeRevision(revision) {
      const { record: known, save } = editor.getState();
      if (revision <= known.revision || save.kind !== 'saved' || running !== undefined || editor.flow() !== saved) return;
      const theirs = await read();
      if (theirs.revision <= editor.getState().record.revision || editor.flow() !== saved) return;
      const text = inWords(saved, theirs, editor.getState().catalog);
      take(theirs, `changes by ${theirs.updatedBy}`);
      editor.say(`You see ${text}`);
    },
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

/** What somebody else did, after "Merged with": `Ann's change: To customer: name: was first, now last.` */
function inWords(before: Flow, { flow, updatedBy }: FlowRecord, catalog: Catalog): string {
  const changes = diffFlows(before, flow, catalog);
  const [first] = changes;
  if (first === undefined) return `what ${updatedBy} saved.`;
  if (changes.length === 1) return `${updatedBy}’s change: ${changeText(first)}.`;
  return `${updatedBy}’s ${changes.length} changes, the first: ${changeText(first)}.`;
}

/** A selection without what is gone. */
function alive(flow: Flow, selection: Selection): Selection {
  const nodes = selection.nodes.filter((id) => flow.nodes.some((node) => node.id === id));
  const edge = selection.edge !== undefined && flow.edges.some(({ id }) => id === selection.edge) ? selection.edge : undefined;
  return { nodes, edge };
}
