import type { FlowEvent } from '#shared/flow-event.ts';
import type { Store } from '../store/store.ts';

/** Everything that happened to a flow in a time, oldest first: what was recorded as it happened, and what other tables tell. */
export async function eventsOf(store: Store, flow: string, since: number, until: number): Promise<FlowEvent[]> {
  return store.flowEvents.range(flow, since, until);
}
