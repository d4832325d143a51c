import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '#server/catalog.ts';
import { compile } from '#server/compile.ts';
import { followLetters } from '#server/inbox/followed.ts';
import { startInboxFollower } from '#server/inbox/follower.ts';
import { openInboxService } from '#server/inbox/inbox.ts';
import { createMending } from '#server/inbox/mend.ts';
import { createKafka } from '#server/kafka/client.ts';
import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';
import type { Retries } from '#server/replay/retries.ts';
import { deadLetter } from '#server/runtime/dead-letter.ts';
import { openStore } from '#server/store/store.ts';
import { createTrialRunner } from '#server/try/trial-runner.ts';
import { flowSchema } from '#shared/flow.ts';
import { flowOf } from '../flows/flow.ts';
import type { Bench } from './main.ts';

const letters = 100_000;
const expression = '{ "orderNo": id, "total": $number(total), "lines": [items.{ "sku": sku, "amount": price * qty }] }';

async function timed<T>(run: () => Promise<T>): Promise<[number, T]> {
  const started = performance.now();
  const result = await run();
  return [Math.round(performance.now() - started), result];
}

/** Nothing is retried here. */
const noRetries: Retries = {
  start: () => Promise.reject(new Error('No retries here.')),
  get: async () => undefined,
  list: async () => [],
  stop: async () => undefined,
  onChanged: () => () => undefined,
  close: async () => undefined,
};

/** The dead-letter inbox with 100,000 letters of one cause: catching up, lists, and Check fix over 1,000 of them. */
export const bench: Bench = {
  title: `The inbox: ${letters.toLocaleString('en-US')} dead letters of one cause`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-inbox-'));
    const broker = await spawnEmbeddedBroker({ dir: join(folder, 'broker') });
    const kafka = createKafka({ brokers: [`${broker.host}:${broker.port}`], clientId: 'bench' });
    const store = await openStore({ dataFolder: folder });
    const catalog = await loadCatalog();
    const trials = createTrialRunner({ nodeFolders: [], filesFolder: folder, bindings: {}, allowPrivate: [] });
    try {
      const flow = flowSchema.parse(
        flowOf('shop', [
          { id: 'in', type: 'webhook', config: { path: 'shop' } },
          { id: 'map', type: 'map', config: { expression } },
          { id: 'out', type: 'kafka.sink', config: { topic: 'shop-out' } },
        ]),
      );
      await store.flows.create(flow, 'bench');
      await store.versions.publish(flow, 'bench', '');
      const { plan } = compile(flow, catalog, 1);
      if (plan === undefined) throw new Error('The flow has problems.');
      await store.deployments.record(plan, { barrier: [], topicsCreated: [] }, 'bench');
      const admin = kafka.admin();
      await admin.ensureTopics([{ name: plan.deadLetterTopic, partitions: 4 }]);
      await admin.close();
      const producer = await kafka.producer();
      const position = expression.indexOf('$number') + 8;
      const topic = plan.topics.find(({ name }) => name.endsWith('.in'))?.name ?? 'millrace.shop.in';
      for (let at = 0; at < letters; at += 5000) {
        await Promise.all(
          Array.from({ length: 5000 }, (_, index) => {
            const n = at + index;
            const value = `{"id":"o-${n}","total":"${n},50","items":[{"sku":"A-1","qty":2,"price":9.5},{"sku":"C-7","qty":1,"price":3}]}`;
            const record = {
              topic,
              partition: 0,
              offset: BigInt(n),
              key: Buffer.from(`o-${n}`),
              value: Buffer.from(value),
              headers: {},
              timestamp: 1,
            };
            const failure = {
              code: 'map/d3030',
              message: `The text "${n},50" cannot be read as a number; mend it.`,
              node: 'map',
              position,
            };
            const origin = { topic, partition: 0, offset: String(n) };
            return producer.send(
              deadLetter(record, failure, {
                topic: plan.deadLetterTopic,
                flow: 'shop',
                version: 1,
                stage: 'transform',
                origin,
                at: Date.now(),
              }),
            );
          }),
        );
      }
      await producer.close();

      const [read] = await timed(async () => {
        for await (const _ of kafka.read({ topic: plan.deadLetterTopic }));
      });
      const [catchUp] = await timed(async () => {
        const follower = startInboxFollower({
          kafka,
          store: store.inbox,
          rowOf: async () => undefined,
          changed: () => undefined,
          trouble: (message) => process.stderr.write(`${message}\n`),
        });
        await follower.refresh();
        await follower.close();
      });
      await store.inbox.rebuild();
      const trouble = (message: string) => void process.stderr.write(`${message}\n`);
      const followed = followLetters({ kafka, store, trouble });
      const options = {
        kafka,
        store,
        followed,
        retries: noRetries,
        trials,
        types: new Map(catalog.catalog.types.map((type) => [type.type, type])),
        compile: (document: typeof flow, version: number) => compile(document, catalog, version),
        trouble,
      };
      const inbox = openInboxService(options);
      const mending = createMending(inbox, options);
      const [rebuild] = await timed(() => inbox.follower.refresh());
      const query = { tab: 'open', order: 'needs-you', limit: 50, offset: 0 } as const;
      const [firstList, list] = await timed(() => inbox.list(query));
      const cause = list.causes.find(({ messages }) => messages === letters)?.id ?? '';
      const [nextList] = await timed(() => inbox.list(query));
      const never = new AbortController().signal;
      const [page] = await timed(() => inbox.items(cause, { states: ['open'] }, { limit: 50 }, never));
      const [search] = await timed(() => inbox.items(cause, { states: ['open'], search: 'o-99999' }, { limit: 50 }, never));
      const [coldCheck] = await timed(() => mending.check(cause, 'bench', never));
      const [check, report] = await timed(() => mending.check(cause, 'bench', never));
      const [fixes] = await timed(() => mending.fixes(cause, never));
      const [discard] = await timed(() =>
        store.inbox.discard(cause, { states: [] }, { who: 'bench', reason: 'all of it', at: Date.now() }),
      );
      inbox.close();
      await followed.follower.close();
      return [
        { what: 'reading the topic alone', ms: read, 'to reading': 1 },
        { what: 'catching up from nothing', ms: catchUp, 'to reading': Number((catchUp / read).toFixed(1)) },
        { what: 'reading anew with rows looked up', ms: rebuild, 'to reading': Number((rebuild / read).toFixed(1)) },
        { what: 'list of causes, first', ms: firstList, 'to reading': '' },
        { what: 'list of causes, again', ms: nextList, 'to reading': '' },
        { what: 'a page of 50 messages with values', ms: page, 'to reading': '' },
        { what: 'search for one key', ms: search, 'to reading': '' },
        { what: `Check fix over ${report.checked}, first`, ms: coldCheck, 'to reading': '' },
        { what: `Check fix over ${report.checked}, again`, ms: check, 'to reading': '' },
        { what: 'suggested fixes, each over 200', ms: fixes, 'to reading': '' },
        { what: 'discarding all', ms: discard, 'to reading': '' },
      ];
    } finally {
      await trials.close();
      await store.close();
      await broker.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
