import { expect, it } from 'vitest';
import log from '#server/nodes/log.ts';
import { ExactNumber } from '#shared/json.ts';
import { codes, sinkBatch, sinkMessage, testContext, writeAll } from './node-bench.ts';

it('the log sink writes one line for each message, cut off where it is too long, with every digit', async () => {
  const context = testContext();
  const sink = await log.create(log.config.parse({ level: 'warn' }), context);
  await writeAll(
    sink,
    sinkBatch([sinkMessage(0, { id: new ExactNumber('9007199254740993') }), sinkMessage(1, 'x'.repeat(5000)), sinkMessage(2, null)]),
  );
  expect(context.lines.map(({ level, message }) => [level, message.length > 100 ? message.length : message])).toEqual([
    ['warn', '{"id":9007199254740993}'],
    ['warn', 2001],
    ['warn', '(nothing)'],
  ]);
  expect(context.lines[0]?.fields).toEqual({ id: 'orders-0-0#0', key: 'k0' });
});

it('the log sink takes its text from an expression and fails the messages that it does not work for', async () => {
  const context = testContext();
  const sink = await log.create(log.config.parse({ text: '"No. " & $number(id)' }), context);
  expect(codes(await writeAll(sink, sinkBatch([sinkMessage(0, { id: '5' }), sinkMessage(1, { id: 'x' })])))).toEqual(['ok', 'log/d3030']);
  expect(context.lines.map(({ message }) => message)).toEqual(['No. 5']);
});
