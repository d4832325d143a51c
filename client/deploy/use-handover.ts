import { useEffect, useState } from 'react';
import type { Handover } from '#shared/handover.ts';
import { api } from '../api.ts';

/** How long a fresh report is asked for again: then most partitions have had a message, and the page of deployments goes on. */
const patienceMs = 60_000;
const everyMs = 1000;

/** A hand-over as it fills up with the first messages of the new version. */
export function useHandover(flow: string, first: Handover | undefined): Handover | undefined {
  const [handover, setHandover] = useState(first);
  const open = handover?.places.some(({ between, ends }) => between === undefined && ends !== true) ?? false;
  useEffect(() => {
    if (!open || handover === undefined) return;
    const until = handover.at + (handover.drainMs ?? 0) + (handover.startMs ?? 0) + patienceMs;
    if (Date.now() > until) return;
    let over = false;
    const timer = setTimeout(() => {
      api.deployments(flow).then(
        ({ deployments, others }) => {
          const all = [...deployments.flatMap((one) => one.handover ?? []), ...others];
          // A new object each time, so that the next look is planned.
          if (!over) setHandover({ ...(all.find(({ id }) => id === handover.id) ?? handover) });
        },
        () => {
          if (!over) setHandover({ ...handover });
        },
      );
    }, everyMs);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [flow, open, handover]);
  return handover;
}
