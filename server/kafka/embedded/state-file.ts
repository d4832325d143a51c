import { closeSync, fdatasync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { replaceFile } from './files.ts';

/**
 * `state.jsonl`: what coordinators must not forget, one JSON list a line, appended and now and then written anew.
 * A later line about the same thing replaces an earlier one.
 */

/** One committed offset. */
export interface CommittedOffset {
  offset: number;
  leaderEpoch: number;
  metadata: string | null;
  /** ms since 1970. */
  time: number;
}

/** A transaction as it is kept. */
export interface StoredTransaction {
  id: string;
  producerId: number;
  epoch: number;
  timeoutMs: number;
  state: 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort';
  partitions: [topic: string, partition: number][];
  offsets: [group: string, topic: string, partition: number, committed: CommittedOffset][];
  /** ms since 1970 of its last change. */
  time: number;
  /** ms since 1970 of the begin of the open transaction. */
  startedAt: number;
}

/** A line: an offset, its removal, a group's protocol type, a group's removal, a transaction, a transaction's removal. */
export type StateLine =
  | ['offset', group: string, topic: string, partition: number, committed: CommittedOffset]
  | ['offset-gone', group: string, topic: string, partition: number]
  | ['group', group: string, protocolType: string]
  | ['group-gone', group: string]
  | ['transaction', StoredTransaction]
  | ['transaction-gone', id: string];

/** The open file. */
export interface StateFile {
  /** Writes lines, all or none. Throws when the disk refuses. */
  append(lines: readonly StateLine[]): void;
  /** Resolves when everything appended so far survives a power cut. */
  sync(): Promise<void>;
  /** Writes the file anew from what `snapshot` gives. */
  rewrite(): void;
  close(): void;
}

/** Lines after which the file is written anew with only what still holds. */
const REWRITE_AFTER = 50_000;

/** Opens the file and hands every line in it to `apply`; a torn last line is cut off. */
export function openStateFile(
  path: string,
  apply: (line: StateLine) => void,
  snapshot: () => Iterable<StateLine>,
  warn: (sentence: string) => void,
): StateFile {
  let fd = openSync(path, 'a+');
  let lines = 0;
  let torn = false;
  const content = readFileSync(path);
  let size = content.lastIndexOf(10) + 1;
  for (const [number, text] of content.toString('utf8', 0, size).split('\n').entries()) {
    if (text === '') continue;
    try {
      apply(JSON.parse(text) as StateLine);
    } catch (error) {
      warn(`Line ${number + 1} of ${path} cannot be read and is passed over: ${(error as Error).message}.`);
    }
  }
  if (content.length > size) warn(`Cut ${content.length - size} bytes of an unfinished write off the end of ${path}.`);

  /** Takes back what a refused write left behind. */
  function cut(): void {
    ftruncateSync(fd, size);
    torn = false;
  }

  function rewrite(): void {
    let text = '';
    for (const line of snapshot()) text += `${JSON.stringify(line)}\n`;
    replaceFile(path, text);
    closeSync(fd);
    fd = openSync(path, 'a+');
    size = Buffer.byteLength(text);
    lines = 0;
  }
  rewrite();

  return {
    append(added) {
      if (added.length === 0) return;
      if (lines > REWRITE_AFTER) rewrite();
      if (torn) cut();
      const bytes = Buffer.from(added.map((line) => `${JSON.stringify(line)}\n`).join(''));
      try {
        let done = 0;
        while (done < bytes.length) done += writeSync(fd, bytes, done);
      } catch (error) {
        torn = true;
        cut();
        throw error;
      }
      size += bytes.length;
      lines += added.length;
    },
    sync() {
      const synced = fd;
      return new Promise((resolve, reject) => {
        // When the file was written anew meanwhile, that already forced it to the disk.
        fdatasync(synced, (error) => (error && synced === fd ? reject(error) : resolve()));
      });
    },
    rewrite,
    close: () => closeSync(fd),
  };
}
