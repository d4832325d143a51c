import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Environment } from '#shared/gate.ts';
import type { KafkaSettings } from './kafka/port.ts';
import { isError, kafkaSettingsFromEnv } from './kafka/settings.ts';

/** Everything the environment decides, checked and complete; the rest of the code never looks at the environment. */
export interface Settings {
  port: number;
  host: string;
  dataFolder: string;
  adminKey: string | undefined;
  nodeFolders: string[];
  /** on, off, or only when the data folder is new. */
  demo: 'on' | 'off' | 'when-new';
  /** Decides what must hold before a flow goes live; see shared/gate.ts. */
  environment: Environment;
  /** Absent: the embedded broker. */
  kafka: KafkaSettings | undefined;
  databaseUrl: string | undefined;
  /** host:port pairs and CIDR blocks that sinks may call although they are private. */
  allowPrivate: string[];
  /** Base URL that people and webhooks use, when it is not http://host:port. */
  publicUrl: string | undefined;
  secretKey: string | undefined;
  /** How alerts are mailed; absent: not at all. */
  mail: { smtpUrl: string; from: string } | undefined;
  fsync: 'os' | 'interval' | 'always';
  /** Most MB that the index of messages takes on the disk; 0: there is none. */
  traceIndexMb: number;
  logLevel: string;
}

/** A setting that cannot be used: one sentence, and the start stops. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Reads the environment. @throws SettingError naming the variable, what it holds and what it should hold. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const kafka = kafkaSettingsFromEnv(env);
  if (isError(kafka)) throw new SettingError(kafka.error);
  return {
    port: portOf(env, 3400),
    host: hostOf(env),
    dataFolder: resolve(text(env, 'MILLRACE_DATA') ?? '.millrace'),
    adminKey: adminKeyOf(env),
    nodeFolders: list(env, 'MILLRACE_NODES').map((folder) => resolve(folder)),
    environment: oneOf(env, 'MILLRACE_ENVIRONMENT', { development: 'development', test: 'test', production: 'production' }, 'development'),
    demo: oneOf(env, 'MILLRACE_DEMO', { 0: 'off', 1: 'on' }, 'when-new'),
    kafka,
    databaseUrl: databaseOf(env),
    allowPrivate: allowedOf(env),
    publicUrl: urlOf(env),
    secretKey: text(env, 'MILLRACE_SECRET_KEY'),
    mail: mailOf(env),
    fsync: oneOf(env, 'MILLRACE_FSYNC', { os: 'os', interval: 'interval', always: 'always' }, 'interval'),
    traceIndexMb: indexOf(env),
    logLevel: oneOf(env, 'MILLRACE_LOG', { debug: 'debug', info: 'info', warn: 'warn', error: 'error', silent: 'silent' }, 'info'),
  };
}

type Env = Record<string, string | undefined>;

function text(env: Env, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function list(env: Env, name: string): string[] {
  return (text(env, name) ?? '')
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function portOf(env: Env, otherwise: number): number {
  const value = text(env, 'MILLRACE_PORT');
  if (value === undefined) return otherwise;
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535)
    throw new SettingError(`MILLRACE_PORT is “${value}”; it must be a port number from 0 to 65535 (0 picks a free one).`);
  return port;
}

function indexOf(env: Env): number {
  const value = text(env, 'MILLRACE_TRACE_INDEX_MB');
  if (value === undefined) return 4096;
  if (!/^\d{1,7}$/.test(value))
    throw new SettingError(`MILLRACE_TRACE_INDEX_MB is “${value}”; it must be a number of MB, or 0 for no index of messages.`);
  return Number(value);
}

function hostOf(env: Env): string {
  const value = text(env, 'MILLRACE_HOST') ?? '127.0.0.1';
  if (isIP(value) === 0 && !/^[a-zA-Z0-9.-]+$/.test(value))
    throw new SettingError(`MILLRACE_HOST is “${value}”; it must be an address to listen on, such as 127.0.0.1 or 0.0.0.0.`);
  return value;
}

function adminKeyOf(env: Env): string | undefined {
  const value = text(env, 'MILLRACE_ADMIN_KEY');
  if (value !== undefined && value.length < 8)
    throw new SettingError('MILLRACE_ADMIN_KEY is shorter than 8 characters; choose a longer key.');
  return value;
}

function databaseOf(env: Env): string | undefined {
  const value = text(env, 'DATABASE_URL');
  if (value !== undefined && !(/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)))
    throw new SettingError('DATABASE_URL must be a PostgreSQL address such as postgres://user:password@host:5432/millrace.');
  return value;
}

function allowedOf(env: Env): string[] {
  const parts = list(env, 'MILLRACE_ALLOW_PRIVATE');
  const bad = parts.find((part) => !isBlock(part) && !/^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/.test(part));
  if (bad !== undefined)
    throw new SettingError(
      `MILLRACE_ALLOW_PRIVATE holds “${bad}”; write host:port pairs and address blocks, such as erp.local:443, 10.0.0.0/8.`,
    );
  return parts;
}

function mailOf(env: Env): Settings['mail'] {
  const smtpUrl = text(env, 'MILLRACE_SMTP_URL');
  if (smtpUrl === undefined) return undefined;
  // The address holds a password, so what is wrong with it is not shown.
  if (!URL.canParse(smtpUrl) || !/^smtps?:$/.test(new URL(smtpUrl).protocol))
    throw new SettingError('MILLRACE_SMTP_URL must be the address of a mail server such as smtp://user:password@mail.example.com:587.');
  const from = text(env, 'MILLRACE_MAIL_FROM') ?? '';
  if (!/^[^\s@]+@[^\s@]+$|<[^\s@]+@[^\s@]+>$/.test(from))
    throw new SettingError(`MILLRACE_MAIL_FROM is “${from}”; it must be the address that mails come from, such as millrace@example.com.`);
  return { smtpUrl, from };
}

/** An address block such as 10.0.0.0/8. */
function isBlock(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  const family = isIP(address);
  return more.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

function urlOf(env: Env): string | undefined {
  const value = text(env, 'MILLRACE_URL');
  if (value === undefined) return undefined;
  if (!URL.canParse(value) || !/^https?:/.test(value))
    throw new SettingError(`MILLRACE_URL is “${value}”; it must be the address people use, such as https://millrace.example.com.`);
  return value.replace(/\/+$/, '');
}

function oneOf<T extends string>(env: Env, name: string, choices: Record<string, T>, otherwise: T | 'when-new'): T {
  const value = text(env, name);
  if (value === undefined) return otherwise as T;
  const choice = Object.hasOwn(choices, value) ? choices[value] : undefined;
  if (choice === undefined) throw new SettingError(`${name} is “${value}”; it must be one of ${Object.keys(choices).join(', ')}.`);
  return choice;
}
