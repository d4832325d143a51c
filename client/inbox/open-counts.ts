import { api } from '../api.ts';
import { useLive } from '../live.ts';
import { usePoll } from './use-poll.ts';

/** Open causes and messages of all flows, for the navigation; looked at again when a flow counts another dead letter. */
export function useOpenCounts(): { causes: number; messages: number } | undefined {
  const dead = useLive((live) => {
    let total = 0;
    for (const flow of live.flows.values()) total += flow.status.balance.dead;
    return total;
  });
  const { data } = usePoll(() => api.inbox({ limit: 1 }), 'open counts', dead > 0 ? 5000 : 15_000);
  return data && { causes: data.counts.open, messages: data.counts.messages };
}
