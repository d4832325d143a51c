import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from '#server/alerts/outbox.ts';
import { createSenders } from '#server/alerts/senders.ts';
import { createOutsideCaller, type OutsideCaller } from '#server/outside-call.ts';
import { openStore, type Store } from '#server/store/store.ts';
import type { AlertChannel } from '#shared/alert.ts';

interface Got {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

let folder = '';
let store: Store;
let caller: OutsideCaller;
let got: Got[] = [];
let status = 200;
let url = '';
let now = 1_800_000_000_000;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString();
  });
  request.on('end', () => {
    got.push({ headers: request.headers, body });
    response.writeHead(status).end();
  });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-outbox-'));
  store = await openStore({ dataFolder: folder });
  caller = createOutsideCaller(['127.0.0.0/8']);
  got = [];
  status = 200;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(async () => {
  await caller.close();
  await new Promise((resolve) => server.close(resolve));
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const channel = (more: Partial<AlertChannel> = {}): AlertChannel => ({
  id: 'c',
  name: 'On call',
  enabled: true,
  groupSeconds: 0,
  to: { kind: 'webhook', url, secret: 'signing' },
  ...more,
});

function outboxOf(through: Store, mail?: { smtpUrl: string; from: string }, using = caller) {
  const senders = createSenders({ caller: using, mail, secrets: () => through.secrets.reveal(), url: () => 'https://flows.example.com' });
  const outbox = createOutbox({
    notices: through.notices,
    incidents: through.incidents,
    channels: () => through.alerts.channels(),
    names: async () => ({ flow: () => 'Web shop', rule: () => 'Sink' }),
    send: senders.send,
    clock: () => now,
    trouble: () => undefined,
  });
  return outbox;
}

async function open(ids: string[], phase: 'start' | 'end' = 'start'): Promise<void> {
  await store.incidents.apply({
    opened: ids.map((id) => ({
      id,
      kind: 'sink-paused' as const,
      rule: 'r',
      flow: 'shop',
      subject: id,
      since: now,
      sentence: `“ERP ${id}” is paused.`,
      link: `/flows/shop?node=${id}`,
      told: true,
    })),
    changed: [],
    notices: ids.map((id) => ({ id: `n${id}`, channel: 'c', incident: id, phase, at: now })),
  });
}

describe('a webhook', () => {
  it('gets one signed message with the link to the right page, once', async () => {
    await store.secrets.set('signing', 'a secret', 'test');
    await store.alerts.putChannel(channel());
    await open(['1']);
    const outbox = outboxOf(store);
    await outbox.flush();
    await outbox.flush();
    expect(got).toHaveLength(1);
    const [first] = got;
    expect(first?.headers['millrace-signature']).toBe(
      `sha256=${createHmac('sha256', 'a secret')
        .update(first?.body ?? '')
        .digest('hex')}`,
    );
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      id: first?.headers['millrace-delivery'],
      incidents: [{ phase: 'start', flowName: 'Web shop', url: 'https://flows.example.com/flows/shop?node=1' }],
      more: 0,
    });
    expect(first?.body).not.toContain('a secret');
  });

  it('gets a storm as one message, and what comes soon after as the next', async () => {
    await store.alerts.putChannel(channel({ groupSeconds: 60, to: { kind: 'webhook', url } }));
    await open(Array.from({ length: 50 }, (_, at) => `${at}`));
    const outbox = outboxOf(store);
    await outbox.flush();
    expect(got, 'what begins together is waited for').toHaveLength(0);
    now += 3000;
    await outbox.flush();
    expect(got).toHaveLength(1);
    expect(JSON.parse(got[0]?.body ?? '')).toMatchObject({ more: 30 });
    await open(['later']);
    now += 30_000;
    await outbox.flush();
    expect(got).toHaveLength(1);
    now += 31_000;
    await outbox.flush();
    expect(got).toHaveLength(2);
  });

  it('that does not answer well gets the same message again, later and later, also after a restart', async () => {
    await store.alerts.putChannel(channel({ to: { kind: 'webhook', url } }));
    await open(['1']);
    status = 503;
    await outboxOf(store).flush();
    await outboxOf(store).flush();
    expect(got, 'not before its time').toHaveLength(1);
    expect((await store.notices.health(now)).get('c')).toMatchObject({ waiting: 1, lastError: 'The other side answered 503.' });
    await store.close();
    store = await openStore({ dataFolder: folder });
    // What begins meanwhile must not change a message that may have arrived.
    await open(['2']);
    now += 5000;
    status = 200;
    await outboxOf(store).flush();
    expect(got.map(({ headers }) => headers['millrace-delivery'])[1]).toBe(got[0]?.headers['millrace-delivery']);
    expect(got[1]?.body).toBe(got[0]?.body);
    expect(got).toHaveLength(3);
  });

  it('at a private address that nobody has allowed is not called', async () => {
    await store.alerts.putChannel(channel({ to: { kind: 'webhook', url } }));
    await open(['1']);
    const strict = createOutsideCaller([]);
    await outboxOf(store, undefined, strict).flush();
    await strict.close();
    expect(got).toHaveLength(0);
    expect((await store.notices.health(now)).get('c')?.lastError).toContain('private address');
  });

  it('that is switched off gets nothing, and what it missed is not kept for it', async () => {
    await store.alerts.putChannel(channel({ enabled: false }));
    await open(['1']);
    await outboxOf(store).flush();
    await store.alerts.putChannel(channel({ to: { kind: 'webhook', url } }));
    await outboxOf(store).flush();
    expect(got).toHaveLength(0);
  });
});

describe('e-mail', () => {
  it('is one mail to all addresses, with subject, sentence and link', async () => {
    const mails: string[] = [];
    const smtp = createSocket((socket) => speakSmtp(socket, mails));
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const address = smtp.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await store.alerts.putChannel(channel({ to: { kind: 'email', addresses: ['ops@example.com', 'mira@example.com'] } }));
    await open(['1']);
    await outboxOf(store, { smtpUrl: `smtp://127.0.0.1:${port}`, from: 'millrace@example.com' }).flush();
    smtp.close();
    expect(mails).toHaveLength(1);
    expect(mails[0]).toContain('Subject: [Millrace] Web shop: Sink not ready');
    expect(mails[0]).toMatch(/To: ops@example.com, mira@example.com/);
    // Quoted-printable folds long lines.
    expect(mails[0]?.replaceAll('=\n', '')).toContain('https://flows.example.com/flows/shop?node');
    expect((await store.notices.health(now)).get('c')).toMatchObject({ sentAt: now, waiting: 0 });
  });

  it('without a mail server waits and says so', async () => {
    await store.alerts.putChannel(channel({ to: { kind: 'email', addresses: ['ops@example.com'] } }));
    await open(['1']);
    await outboxOf(store).flush();
    expect((await store.notices.health(now)).get('c')?.lastError).toContain('MILLRACE_SMTP_URL');
  });
});

/** As much SMTP as a mail needs (RFC 5321). */
function speakSmtp(socket: Socket, mails: string[]): void {
  let mail: string | undefined;
  let rest = '';
  socket.write('220 test\r\n');
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString();
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (mail !== undefined && line !== '.') mail += `${line}\n`;
      else if (mail !== undefined) {
        mails.push(mail);
        mail = undefined;
        socket.write('250 taken\r\n');
      } else if (line === 'DATA') {
        mail = '';
        socket.write('354 go on\r\n');
      } else if (line === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 ok\r\n');
    }
  });
}
