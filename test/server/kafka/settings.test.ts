import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kafkaSettingsFromEnv } from '#server/kafka/settings.ts';

const brokers = { KAFKA_BROKERS: 'one:9092, two:9093' };
const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

test('without KAFKA_BROKERS there are no settings', () => {
  expect(kafkaSettingsFromEnv({})).toBeUndefined();
  expect(kafkaSettingsFromEnv({ KAFKA_BROKERS: ' ' })).toBeUndefined();
});

test('brokers are split at commas', () => {
  expect(kafkaSettingsFromEnv(brokers)).toEqual({ brokers: ['one:9092', 'two:9093'], clientId: 'millrace' });
});

test('TLS, SASL and replication are read', () => {
  const env = {
    ...brokers,
    KAFKA_SSL: 'true',
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD: 'p',
    KAFKA_REPLICATION: '3',
  };
  expect(kafkaSettingsFromEnv(env)).toEqual({
    brokers: ['one:9092', 'two:9093'],
    clientId: 'millrace',
    ssl: true,
    sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    replication: 3,
  });
});

test('a certificate may be PEM text or a file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'millrace-pem-')), 'ca.pem');
  writeFileSync(file, pem);
  expect(kafkaSettingsFromEnv({ ...brokers, KAFKA_SSL_CA: pem })).toMatchObject({ ssl: { ca: pem } });
  expect(kafkaSettingsFromEnv({ ...brokers, KAFKA_SSL_CA: file })).toMatchObject({ ssl: { ca: pem } });
});

test.each([
  [{ KAFKA_BROKERS: 'http://one:9092' }, /KAFKA_BROKERS/],
  [{ ...brokers, KAFKA_SSL: 'maybe' }, /KAFKA_SSL is "maybe"/],
  [{ ...brokers, KAFKA_SSL_CA: '/no/such/file' }, /KAFKA_SSL_CA/],
  [{ ...brokers, KAFKA_SSL_CERT: pem }, /belong together/],
  [{ ...brokers, KAFKA_SASL_MECHANISM: 'kerberos' }, /kerberos/],
  [{ ...brokers, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' }, /KAFKA_SASL_PASSWORD/],
  [{ ...brokers, KAFKA_SASL_PASSWORD: 'p' }, /KAFKA_SASL_MECHANISM is missing/],
  [{ ...brokers, KAFKA_REPLICATION: '0' }, /KAFKA_REPLICATION/],
])('%j is refused with a sentence', (env, sentence) => {
  expect(kafkaSettingsFromEnv(env)).toEqual({ error: expect.stringMatching(sentence) });
});
