import { closeSync, constants, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Neighbouring messages of a sink's topic and what is known of their tries; offsets inclusive. */
export interface TriedRun {
  from: bigint;
  to: bigint;
  tries: number;
  unsure: number;
  code: string;
}

/** What was handed to a sink and is not known to be committed, by partition. It outlives the process, not a power cut. */
export interface UnderwayFile {
  /** As it was written last; empty where nothing was. */
  read(partition: number): TriedRun[];
  write(partition: number, runs: readonly TriedRun[]): void;
  close(): void;
}

/** A range that is longer was not written by us. */
const longest = 1_000_000n;

/**
 * Opens the files of a stage: one small file for each partition, written in place before each call of the sink. Deliveries
 * never wait for the disk and never fail for it: what cannot be written is told once, and then forgotten by a crash.
 */
export function openUnderway(folder: string, stage: string, trouble: (message: string) => void): UnderwayFile {
  const files = new Map<number, number>();
  let told = false;
  const pathOf = (partition: number): string => join(folder, `${stage}.${partition}`);

  function tell(error: unknown): void {
    if (told) return;
    told = true;
    const why = error instanceof Error ? error.message : String(error);
    trouble(`What stage ${stage} hands to its sink cannot be noted in ${folder}, so a crash would forget it: ${why}`);
  }

  return {
    read(partition) {
      try {
        const [line = ''] = readFileSync(pathOf(partition), 'utf8').split('\n', 1);
        const runs = JSON.parse(line) as [string, string, number, number, string][];
        const read = runs.map(([from, to, tries, unsure, code]) => ({ from: BigInt(from), to: BigInt(to), tries, unsure, code }));
        return read.every(({ from, to }) => to - from <= longest) ? read : [];
      } catch (error) {
        // None yet, or one that was cut while it was written.
        if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') tell(error);
        return [];
      }
    },
    write(partition, runs) {
      const text = JSON.stringify(runs.map(({ from, to, tries, unsure, code }) => [String(from), String(to), tries, unsure, code]));
      try {
        let file = files.get(partition);
        if (file === undefined) {
          mkdirSync(folder, { recursive: true });
          file = openSync(pathOf(partition), constants.O_WRONLY | constants.O_CREAT);
          files.set(partition, file);
        }
        // Over what stood there: the first line counts, what is left of a longer one does not.
        writeSync(file, `${text}\n`, 0);
      } catch (error) {
        tell(error);
      }
    },
    close() {
      for (const file of files.values()) closeSync(file);
      files.clear();
    },
  };
}
