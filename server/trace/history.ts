import type { TraceWay } from '#shared/trace.ts';
import type { Store } from '../store/store.ts';
import type { Standing } from './standing.ts';

const mostEntries = 100;
/** Clocks of senders may be ahead of ours. */
const slackMs = 86_400_000;

/** What people did to a message, oldest first: from the audit, and from the replays and retries whose outputs stand there. */
export async function historyOf(
  store: Pick<Store, 'audit' | 'replays' | 'retries' | 'inbox'>,
  flow: string,
  origin: string,
  { outputs, letters }: Standing,
  timestamp: number,
): Promise<TraceWay['history']> {
  const items = [...new Set(letters.map(({ item }) => item))];
  const replays = new Set(outputs.flatMap(({ by }) => (by?.kind === 'replay' ? [by.id] : [])));
  const audited = await store.audit.about(flow, Math.max(0, timestamp - slackMs), [origin, ...items].slice(0, 20), mostEntries);
  const history: TraceWay['history'] = audited.map(({ at, who, action, detail }) => ({
    at: Date.parse(at),
    who,
    what: action,
    reason: detail,
  }));
  const known = replays.size > 0 ? await store.replays.list(flow, 500) : [];
  for (const { id, spec, startedBy, startedAt } of known) {
    if (!replays.has(id)) continue;
    const { name, version, reason } = spec;
    history.push({
      at: startedAt,
      who: startedBy,
      what: `Replay “${name}” with version ${version}`,
      ...(reason !== undefined && { reason }),
      link: `/replays/${id}`,
    });
  }
  return history.sort((a, b) => a.at - b.at);
}
