import type { FlowRecord } from '#shared/api.ts';
import type { FixReport, InboxCause, InboxCauseDetail, InboxItems, InboxList, InboxTab, SuggestedFix } from '#shared/inbox.ts';
import type { InboxRetryInput } from '#shared/inbox-schemas.ts';
import type { Retry } from '#shared/replay.ts';
import type { MillraceProcess } from '../../millrace.ts';
import { until } from '../../wait.ts';

/** The inbox as a script uses it: through the HTTP API alone. */
export function inboxOf(server: MillraceProcess, flow: string) {
  const at = (cause: string, rest = ''): string => `/api/inbox/causes/${cause}${rest}`;
  const list = (tab: InboxTab = 'open', search = ''): Promise<InboxList> =>
    server.api('GET', `/api/inbox?flow=${flow}&tab=${tab}&limit=200&search=${encodeURIComponent(search)}`);
  /** A broker that is slow for a moment is asked again. */
  const refresh = (): Promise<void> =>
    until('the inbox has read everything', async () => {
      await server.api('POST', '/api/inbox/refresh');
      return true;
    });
  const detail = (cause: string): Promise<InboxCauseDetail> => server.api('GET', at(cause));
  const items = (cause: string, query = ''): Promise<InboxItems> => server.api('GET', at(cause, `/items?limit=200&${query}`));
  return {
    list,
    refresh,
    detail,
    items,
    fixes: (cause: string): Promise<SuggestedFix[]> => server.api('POST', at(cause, '/fixes')),
    check: (cause: string): Promise<FixReport> => server.api('POST', at(cause, '/check')),
    discard: (cause: string, body: object): Promise<{ messages: number }> => server.api('POST', at(cause, '/discard'), body),
    recover: (cause: string, body: object): Promise<{ messages: number }> => server.api('POST', at(cause, '/recover'), body),
    /** The causes once so many messages are open. */
    async open(messages: number): Promise<InboxCause[]> {
      let causes: InboxCause[] = [];
      await until(`${messages} dead letters of ${flow} are open`, async () => {
        await refresh();
        const page = await list();
        causes = page.causes;
        return page.counts.messages === messages;
      });
      return causes;
    },
    start: (cause: string, body: InboxRetryInput): Promise<Retry> => server.api('POST', at(cause, '/retry'), body),
    /** Retries and waits for the end. */
    async retry(cause: string, body: InboxRetryInput): Promise<Retry> {
      const { id } = await this.start(cause, body);
      return this.ended(id);
    },
    async ended(id: string): Promise<Retry> {
      let retry: Retry | undefined;
      await until(`retry ${id} ends`, async () => {
        retry = await server.api<Retry>('GET', `/api/retries/${id}`);
        return retry.state === 'done' || retry.state === 'stopped' || retry.state === 'failed';
      });
      await refresh();
      return retry as Retry;
    },
    /** Waits until a cause stands so. */
    async becomes(cause: string, state: InboxCause['state']): Promise<InboxCauseDetail> {
      let found: InboxCauseDetail | undefined;
      await until(`the cause is ${state}`, async () => {
        await refresh();
        found = await detail(cause);
        return found.state === state;
      });
      return found as InboxCauseDetail;
    },
    /** Puts an expression into the draft of a node. */
    async edit(node: string, expression: string): Promise<void> {
      const { flow: document, revision } = await server.api<FlowRecord>('GET', `/api/flows/${flow}`);
      const nodes = document.nodes.map((one) => (one.id === node ? { ...one, config: { ...one.config, expression } } : one));
      await server.api('PUT', `/api/flows/${flow}`, { ...document, nodes }, { 'if-match': `"${revision}"` });
    },
    deploy: (): Promise<unknown> => server.api('POST', `/api/flows/${flow}/deploy`, {}),
  };
}
