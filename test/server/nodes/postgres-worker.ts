import postgres from '#server/nodes/postgres.ts';
import { sinkBatch, sinkMessage, testContext } from './node-bench.ts';

// A worker that writes one batch and is killed while it does; see postgres.test.ts.
const sink = await postgres.create(
  postgres.config.parse({ connection: 'db', table: 'orders' }),
  testContext({ secrets: { db: process.argv[2] ?? '' } }),
);
const messages = Array.from({ length: 100 }, (_, index) => sinkMessage(index + 1, { id: `o${index + 1}` }));
await sink.write(sinkBatch(messages), new AbortController().signal);
