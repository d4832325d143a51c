import type { TraceWay } from '#shared/trace.ts';
import type { Store } from '../store/store.ts';
import type { Standing } from './standing.ts';

/** What people did to a message. */
export interface Past {
  /** Oldest first. */
  history: TraceWay['history'];
  /** The retry of an item, by the item, and when it was asked for; when replays began, by their id. ms since 1970. */
  retries: Map<string, { id: string; at: number }>;
  replays: Map<string, number>;
}

const mostEntries = 100;
const mostItems = 20;
/** Clocks of senders may be ahead of ours. */
const slackMs = 86_400_000;

/** Looks up what people did: in the audit, in the inbox, and in the replays whose outputs stand there. */
export async function historyOf(
  store: Pick<Store, 'audit' | 'replays' | 'inbox'>,
  flow: string,
  origin: string,
  { outputs, letters }: Standing,
  timestamp: number,
): Promise<Past> {
  const retried = outputs.flatMap(({ by }) => (by?.kind === 'retry' ? [by.id] : []));
  const items = [...new Set([...letters.map(({ item }) => item), ...retried])].slice(0, mostItems);
  const replays = new Set(outputs.flatMap(({ by }) => (by?.kind === 'replay' ? [by.id] : [])));
  const [audited, known, words] = await Promise.all([
    store.audit.about(flow, Math.max(0, timestamp - slackMs), [origin, ...items], mostEntries),
    replays.size > 0 ? store.replays.list(flow, 500) : [],
    Promise.all(items.map((item) => store.inbox.item(item))),
  ]);
  const history: TraceWay['history'] = audited.map(({ at, who, action, detail }) => ({
    at: Date.parse(at),
    who,
    what: action,
    reason: detail,
  }));
  const retries: Past['retries'] = new Map();
  const begun: Past['replays'] = new Map();
  for (const word of words) {
    if (word?.by === undefined) continue;
    const { at, who, reason, retry } = word.by;
    if (retry !== undefined) retries.set(word.item, { id: retry, at });
    const what = word.state === 'discarded' ? 'Discarded the dead letter' : 'Retried the dead letter';
    const link = `/dead-letters/${flow}?item=${encodeURIComponent(word.item)}`;
    history.push({ at, who, what, ...(reason !== undefined && { reason }), link });
  }
  for (const { id, spec, startedBy, startedAt } of known) {
    if (!replays.has(id)) continue;
    const { name, version, reason } = spec;
    begun.set(id, startedAt);
    history.push({
      at: startedAt,
      who: startedBy,
      what: `Replay “${name}” with version ${version}`,
      ...(reason !== undefined && { reason }),
      link: `/replays/${id}`,
    });
  }
  return { history: history.sort((a, b) => a.at - b.at), retries, replays: begun };
}
