import file from '#server/nodes/file.ts';
import sqlite from '#server/nodes/sqlite.ts';
import { RetriableError, type SinkInstance } from '#server/sdk.ts';
import { sinkBatch, sinkMessage, testContext, writeAll } from './node-bench.ts';

// Runs under a limit of the size of files, which fails writes as a full disk does; see full-disk.test.ts.
const context = testContext({ filesFolder: process.argv[2] ?? '' });
const sinks: Record<string, SinkInstance> = {
  file: await file.create(file.config.parse({ path: 'o.jsonl' }), context),
  sqlite: await sqlite.create(sqlite.config.parse({ path: 'o.db', keys: ['id'] }), context),
};
for (const [name, sink] of Object.entries(sinks)) {
  const outcomes: string[] = [];
  for (const [offset, text] of ['small', 'large'.repeat(100_000), 'after'].entries()) {
    const written = await writeAll(sink, sinkBatch([sinkMessage(offset, { id: offset, text })])).catch((error: unknown) => [error]);
    outcomes.push(written[0] instanceof RetriableError ? written[0].code : String(written[0] ?? 'ok'));
  }
  await sink.close?.();
  console.log(name, outcomes.join(' '));
}
