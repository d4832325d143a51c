import { compact } from './compaction.ts';
import type { Core } from './core.ts';
import { applyOffsetLine } from './offsets.ts';
import { forgetOld } from './producer-state.ts';
import { retain } from './retention.ts';
import type { StateLine } from './state-file.ts';

/** The regular round that deletes, compacts and forgets. */
export interface House {
  close(): Promise<void>;
}

/** Offsets of a group without members are forgotten after a week, as Kafka's `offsets.retention.minutes` says. */
const OFFSET_EXPIRY_MS = 7 * 86_400_000;

function forgetOffsets(core: Core, now: number): void {
  const lines: StateLine[] = [];
  for (const [group, { topics, idleSince }] of core.offsets.groups) {
    if ((core.membership.groups.get(group)?.members.size ?? 0) > 0) continue;
    const newest = Math.max(idleSince, ...[...topics.values()].flatMap((partitions) => [...partitions.values()].map(({ time }) => time)));
    if (now - newest > OFFSET_EXPIRY_MS) lines.push(['group-gone', group]);
  }
  core.state.append(lines);
  for (const line of lines) {
    applyOffsetLine(core.offsets, line);
    core.membership.groups.delete(line[1] as string);
  }
}

/** One round over everything. Failures of one partition do not keep the others from their turn. */
export async function tidy(core: Core, now: number): Promise<void> {
  for (const topic of core.topics.all()) {
    for (const log of topic.logs) {
      if (log.gone || core.closing.aborted) continue;
      try {
        retain(log, now);
        forgetOld(log.state, log.startOffset, now);
        if (log.config.compacts) await compact(log, now);
      } catch (error) {
        core.warn(`Could not tidy up ${log.topic}-${log.partition}: ${(error as Error).message}.`);
      }
    }
  }
  core.transactions.forgetIdle(now);
  forgetOffsets(core, now);
}

/** Starts the rounds, `everyMs` after the end of the one before. */
export function keepHouse(core: Core, everyMs: number): House {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  function round(): void {
    running = tidy(core, Date.now())
      .catch((error: Error) => core.warn(`Could not tidy up: ${error.message}.`))
      .then(() => {
        if (!core.closing.aborted) timer = setTimeout(round, everyMs);
      });
  }
  timer = setTimeout(round, everyMs);
  return {
    close() {
      clearTimeout(timer);
      return running;
    },
  };
}
