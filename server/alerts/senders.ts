import { createHmac } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { mailOf, type NoticeMessage, webhookBody } from '#shared/alert/notice.ts';
import type { AlertChannel } from '#shared/alert.ts';
import type { OutsideCaller } from '../outside-call.ts';

/** Mail settings of the environment. */
export interface MailSettings {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  smtpUrl: string;
  from: string;
}

export interface SenderOptions {
  caller: OutsideCaller;
  mail: MailSettings | undefined;
  secrets(): Promise<Record<string, string>>;
  /** Address of the studio as people open it, without a slash at its end. */
  url(): string;
}

/** Sends one message to one channel, once; resolves when the other side has taken it. Errors name no secret. */
export type Send = (channel: AlertChannel, message: NoticeMessage) => Promise<void>;

const timeoutMs = 15_000;

/** The ways out: webhook and e-mail. */
export function createSenders(options: SenderOptions): { send: Send; close(): void } {
  const transport =
    options.mail === undefined
      ? undefined
      : createTransport({ url: options.mail.smtpUrl, connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs });

  async function sendWebhook(to: Extract<AlertChannel['to'], { kind: 'webhook' }>, message: NoticeMessage): Promise<void> {
    const secrets = to.secret === undefined && to.urlSecret === undefined ? {} : await options.secrets();
    const url = to.urlSecret === undefined ? to.url : known(secrets, to.urlSecret);
    if (!URL.canParse(url)) throw new Error('The address of the webhook is none. Give the channel another one.');
    const body = JSON.stringify(webhookBody(message, options.url()));
    const headers: Record<string, string> = { 'content-type': 'application/json', 'millrace-delivery': message.id };
    if (to.secret !== undefined)
      headers['millrace-signature'] = `sha256=${createHmac('sha256', known(secrets, to.secret)).update(body).digest('hex')}`;
    const answer = await options.caller.call({ method: 'POST', url, headers, body, timeoutMs, maxBytes: 64 * 1024 });
    if (answer.status < 200 || answer.status > 299) throw new Error(`The other side answered ${answer.status}.`);
  }

  async function sendMail(addresses: string[], message: NoticeMessage): Promise<void> {
    if (transport === undefined || options.mail === undefined)
      throw new Error('No mail server is set. Set MILLRACE_SMTP_URL and start the server again.');
    const { subject, text } = mailOf(message, options.url());
    // The same id at every attempt, by which mail programs know a repetition.
    await transport.sendMail({ from: options.mail.from, to: addresses, subject, text, messageId: `<${message.id}@millrace>` });
  }

  return {
    send: ({ to }, message) => (to.kind === 'webhook' ? sendWebhook(to, message) : sendMail(to.addresses, message)),
    close: () => transport?.close(),
  };
}

function known(secrets: Record<string, string>, name: string): string {
  const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (value === undefined) throw new Error(`There is no secret "${name}". Store it, or name another one.`);
  return value;
}
