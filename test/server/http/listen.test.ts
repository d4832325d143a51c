import { expect, it } from 'vitest';
import { listen } from '#server/http/listen.ts';

const app = {
  handler: (_request: unknown, response: { end(text: string): void }) => response.end('here'),
  close: () => undefined,
};

it('says in one sentence that the port is taken', async () => {
  const first = await listen(app, { host: '127.0.0.1', port: 0 });
  const port = first.port;
  await expect(listen(app, { host: '127.0.0.1', port })).rejects.toThrow(
    `Port ${port} is taken by another program: stop it, or give Millrace another port with MILLRACE_PORT.`,
  );
  expect(await (await fetch(first.url)).text()).toBe('here');
  await first.close();
  await expect(fetch(first.url)).rejects.toThrow();
});

it('says that the host is none of this machine', async () => {
  await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toThrow('192.0.2.1 is not an address of this machine');
});

it('names an address that a browser can open when it listens on all', async () => {
  const all = await listen(app, { host: '0.0.0.0', port: 0 });
  expect(all.url).toBe(`http://localhost:${all.port}`);
  await all.close();
});
