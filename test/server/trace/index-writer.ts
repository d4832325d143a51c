import { openTraceIndexFile } from '#server/store/trace-index.ts';

/** Writes to an index until it is killed, and says after each transaction how far it came. */
const [path = '', perPut = '500'] = process.argv.slice(2);
const file = openTraceIndexFile(path, { chunk: 1_300 });
for (let next = file.topic('t')?.partitions.get(0)?.next ?? 0; ; next += Number(perPut)) {
  const terms = Array.from({ length: Number(perPut) }, (_, at) => ({ hash: (next + at) * 7919, partition: 0, offset: next + at }));
  file.put('t', 'rule', { terms, partitions: new Map([[0, { first: 0, next: next + Number(perPut), reached: next }]]) });
  process.stdout.write(`${next + Number(perPut)}\n`);
}
