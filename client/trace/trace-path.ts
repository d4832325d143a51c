import type { SinkOutcome } from '#shared/trace.ts';

/** The page that shows the way of a message through a flow; `origin` is `topic/partition/offset` where it entered, `node` the one to look at. */
export function tracePath(flow: string, origin: string, node?: string): string {
  const at = new URLSearchParams({ origin, ...(node !== undefined && { node }) });
  return `/traces/${encodeURIComponent(flow)}?${at}`;
}

/** The page that looks for messages: `text` is a key, an id, any text, a position or a trace id. */
export function searchPath(text: string): string {
  return `/traces?${new URLSearchParams({ q: text })}`;
}

/** Where a replay or retry that a message took part in is shown: its report, or the dead letter that was retried. */
export function againPath(flow: string, { kind, id, item }: NonNullable<SinkOutcome['by']>): string {
  if (kind === 'replay') return `/replays/${encodeURIComponent(id)}`;
  return `/dead-letters/${encodeURIComponent(flow)}${item === undefined ? '' : `?${new URLSearchParams({ item })}`}`;
}

/** A message by the flow and where it entered it. */
export interface MessageOf {
  flow: string;
  origin: string;
}

/** The page that shows where the data of messages stands. */
export function standingPath(messages: readonly MessageOf[]): string {
  const at = new URLSearchParams(messages.map(({ flow, origin }) => ['of', `${flow}:${origin}`]));
  return `/lineage/${encodeURIComponent(messages[0]?.flow ?? '')}?${at}`;
}

/** The messages in the address of that page; `?origin=` names one of the flow itself. */
export function messagesIn(params: URLSearchParams, flow: string): MessageOf[] {
  const origin = params.get('origin');
  if (origin !== null) return [{ flow, origin }];
  return params.getAll('of').flatMap((text) => {
    const at = text.indexOf(':');
    return at < 1 ? [] : [{ flow: text.slice(0, at), origin: text.slice(at + 1) }];
  });
}
