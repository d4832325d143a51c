import type { Flow } from '#shared/flow.ts';
import type { KafkaPort } from '../kafka/port.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { type InboxFollower, startInboxFollower } from './follower.ts';
import { createRowLookup, type RowLookup } from './letter.ts';
import { expressionOf } from './views.ts';

/** The dead letters of all flows as they are followed into the store, and the versions that they failed in. */
export interface Followed {
  follower: InboxFollower;
  /** A published version; undefined when it is gone. */
  versionOf(flow: string, version: number): Promise<Flow | undefined>;
  /** The row of a mapping that failed. */
  rowOf: RowLookup;
}

/** Begins to follow from where the store ends. */
export function followLetters(options: {
  kafka: KafkaPort;
  store: Pick<Store, 'inbox' | 'versions'>;
  trouble(message: string): void;
}): Followed {
  const { kafka, store, trouble } = options;
  const documents = new Map<string, Promise<Flow | undefined>>();

  /** Published versions never change; a version that is gone is asked for again. */
  function versionOf(flow: string, version: number): Promise<Flow | undefined> {
    const name = `${flow}@${version}`;
    let found = documents.get(name);
    if (found === undefined) {
      found = store.versions.get(flow, version).catch((error: unknown) => {
        documents.delete(name);
        if (error instanceof StoreError && error.code === 'unknown') return undefined;
        throw error;
      });
      if (documents.size > 100) documents.clear();
      documents.set(name, found);
    }
    return found;
  }
  const rowOf = createRowLookup(async (flow, version, node) => expressionOf(await versionOf(flow, version), node));
  const follower = startInboxFollower({ kafka, store: store.inbox, rowOf, changed: () => undefined, trouble });
  return { follower, versionOf, rowOf };
}
