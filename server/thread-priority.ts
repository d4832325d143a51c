import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Has the operating system give this thread what others leave. Only Linux knows priorities of threads.
 * @param niceness from 1 to 19: where a flow uses all of a core, 5 leaves the thread about a quarter of it, 15 some 3 %
 * @returns false where it was not possible: then the thread has to rest by itself
 */
export function stepBack(niceness: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, niceness);
    return true;
  } catch (error) {
    // No /proc, or a system that does not let it.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
