import { existsSync, readFileSync } from 'node:fs';
import type { KafkaSettings } from './port.ts';

/** What is wrong with the environment: one sentence that names the variable and what to do. */
export interface SettingsError {
  error: string;
}

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/**
 * Reads the connection from the environment: KAFKA_BROKERS (host:port, comma-separated), KAFKA_SSL (true/false),
 * KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY (PEM text or a file with it), KAFKA_SSL_VERIFY (false to accept any
 * certificate), KAFKA_SASL_MECHANISM (plain, scram-sha-256, scram-sha-512), KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,
 * KAFKA_REPLICATION (of topics that Millrace creates; -1 is the cluster's default), KAFKA_CLIENT_ID. Undefined when
 * KAFKA_BROKERS is not set.
 */
export function kafkaSettingsFromEnv(env: Readonly<Record<string, string | undefined>>): KafkaSettings | SettingsError | undefined {
  const text = env.KAFKA_BROKERS?.trim();
  if (!text) return undefined;
  const brokers = text
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  const bad = brokers.find((broker) => !/^(\[[0-9a-fA-F:.]+\]|[^\s:/]+)(:\d{1,5})?$/.test(broker));
  if (bad !== undefined || brokers.length === 0) {
    return { error: `KAFKA_BROKERS holds "${bad ?? text}", which is not host:port. Write it like "kafka-1:9092,kafka-2:9092".` };
  }
  const settings: KafkaSettings = { brokers, clientId: env.KAFKA_CLIENT_ID?.trim() || 'millrace' };

  const ssl = readSsl(env);
  if (isError(ssl)) return ssl;
  if (ssl !== undefined) settings.ssl = ssl;

  const sasl = readSasl(env);
  if (isError(sasl)) return sasl;
  if (sasl !== undefined) settings.sasl = sasl;

  const replication = env.KAFKA_REPLICATION?.trim();
  if (replication) {
    const number = Number(replication);
    if (!Number.isInteger(number) || number === 0 || number < -1 || number > 32_767) {
      return { error: `KAFKA_REPLICATION is "${replication}"; write a number from 1, or -1 for the cluster's default.` };
    }
    settings.replication = number;
  }
  return settings;
}

/** Tells an error from settings. */
export function isError(value: unknown): value is SettingsError {
  return typeof value === 'object' && value !== null && 'error' in value;
}

function readSsl(env: Readonly<Record<string, string | undefined>>): KafkaSettings['ssl'] | SettingsError {
  const wanted = readFlag(env, 'KAFKA_SSL');
  if (isError(wanted)) return wanted;
  const verify = readFlag(env, 'KAFKA_SSL_VERIFY');
  if (isError(verify)) return verify;
  const files: { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean } = {};
  for (const [name, field] of [
    ['KAFKA_SSL_CA', 'ca'],
    ['KAFKA_SSL_CERT', 'cert'],
    ['KAFKA_SSL_KEY', 'key'],
  ] as const) {
    const value = env[name]?.trim();
    if (!value) continue;
    if (value.includes('-----BEGIN')) files[field] = value.replaceAll('\\n', '\n');
    else if (existsSync(value)) files[field] = readFileSync(value, 'utf8');
    else return { error: `${name} is neither PEM text nor a file that exists. Give the path of a PEM file, or the text itself.` };
  }
  if ((files.cert === undefined) !== (files.key === undefined)) {
    return { error: 'KAFKA_SSL_CERT and KAFKA_SSL_KEY belong together: set both, or none.' };
  }
  if (verify === false) files.rejectUnauthorized = false;
  const any = Object.keys(files).length > 0;
  if (wanted === false && any)
    return { error: 'KAFKA_SSL is false although a certificate is given. Set KAFKA_SSL to true, or remove KAFKA_SSL_*.' };
  if (any) return files;
  return wanted === true ? true : undefined;
}

function readSasl(env: Readonly<Record<string, string | undefined>>): KafkaSettings['sasl'] | SettingsError {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  const text = env.KAFKA_SASL_MECHANISM?.trim().toLowerCase();
  if (!text) {
    return username || password
      ? { error: `KAFKA_SASL_MECHANISM is missing although a user name or password is set. Use one of: ${mechanisms.join(', ')}.` }
      : undefined;
  }
  const mechanism = mechanisms.find((known) => known === text);
  if (!mechanism) return { error: `KAFKA_SASL_MECHANISM is "${text}"; use one of: ${mechanisms.join(', ')}.` };
  if (!username || !password) return { error: 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must both be set with KAFKA_SASL_MECHANISM.' };
  return { mechanism, username, password };
}

function readFlag(env: Readonly<Record<string, string | undefined>>, name: string): boolean | undefined | SettingsError {
  const value = env[name]?.trim().toLowerCase();
  if (!value) return undefined;
  if (['true', '1', 'yes', 'on'].includes(value)) return true;
  if (['false', '0', 'no', 'off'].includes(value)) return false;
  return { error: `${name} is "${value}"; write true or false.` };
}
