import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { adminOf, client, later, startBroker, until } from './harness.ts';

async function socketTo(broker: { host: string; port: number }): Promise<{ socket: Socket; received(): Buffer; closed(): boolean }> {
  const socket = connect(broker.port, broker.host);
  later(() => socket.destroy());
  let received = Buffer.alloc(0);
  let closed = false;
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.on('close', () => {
    closed = true;
  });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, received: () => received, closed: () => closed };
}

function request(key: number, version: number, correlation: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(14);
  header.writeInt32BE(10 + body.length, 0);
  header.writeInt16BE(key, 4);
  header.writeInt16BE(version, 6);
  header.writeInt32BE(correlation, 8);
  header.writeInt16BE(-1, 12);
  return Buffer.concat([header, body]);
}

test('an unknown version of ApiVersions is answered in version 0 with error 35, and the connection goes on', async () => {
  const { socket, received } = await socketTo(await startBroker());
  socket.write(request(18, 99, 1));
  await until('an answer came', () => received().length > 8);
  expect(received().readInt32BE(4)).toBe(1);
  expect(received().readInt16BE(8)).toBe(35);
  expect(received().subarray(10).toString('hex')).toBe('00000001001200000003');
  socket.write(request(18, 0, 2));
  await until('the second answer came', () => received().length > 60);
});

test('an unknown request, and an unknown version of a known one, are answered with error 35 and the connection ends', async () => {
  const broker = await startBroker();
  for (const [key, version] of [
    [999, 0],
    [3, 99],
  ] as const) {
    const { socket, received, closed } = await socketTo(broker);
    socket.write(request(key, version, 7));
    await until('the connection ended', closed);
    expect(received().toString('hex')).toBe('00000006000000070023');
  }
});

test('an old Produce request is refused in its own layout', async () => {
  const { socket, received } = await socketTo(await startBroker());
  const body = Buffer.alloc(2 + 4 + 4 + 3 + 4 + 4 + 4);
  body.writeInt16BE(1, 0);
  body.writeInt32BE(1, 6);
  body.writeInt16BE(1, 10);
  body.write('t', 12);
  body.writeInt32BE(1, 13);
  socket.write(request(0, 0, 3, body));
  await until('an answer came', () => received().length > 20);
  expect(received().readInt16BE(4 + 4 + 4 + 3 + 4 + 4)).toBe(35);
});

test('a request that is too large, or cannot be read, ends its connection and no other', async () => {
  const broker = await startBroker({ maxRequestBytes: 10_000 });
  const admin = await adminOf(client(broker));
  const large = await socketTo(broker);
  large.socket.write(Buffer.from([0x10, 0, 0, 0]));
  await until('the connection ended', large.closed);
  const garbage = await socketTo(broker);
  garbage.socket.write(request(3, 1, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff])));
  await until('the connection ended', garbage.closed);
  expect(broker.warnings).toHaveLength(2);
  expect(await admin.listTopics()).toEqual([]);
});

test('requests that arrive in pieces or all at once are answered in their order', async () => {
  const { socket, received } = await socketTo(await startBroker());
  const all = Buffer.concat([1, 2, 3, 4, 5].map((correlation) => request(18, 0, correlation)));
  for (const byte of all.subarray(0, 20)) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(all.subarray(20));
  const correlations = (): number[] => {
    const seen: number[] = [];
    for (let at = 0; at + 8 <= received().length; at += 4 + received().readInt32BE(at)) seen.push(received().readInt32BE(at + 4));
    return seen;
  };
  await until('five answers came', () => correlations().length === 5);
  expect(correlations()).toEqual([1, 2, 3, 4, 5]);
});
