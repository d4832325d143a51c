import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, SettingError } from '#server/settings.ts';

describe('settings', () => {
  it('are complete without any variable', () => {
    expect(readSettings({})).toEqual({
      port: 3400,
      host: '127.0.0.1',
      dataFolder: resolve('.millrace'),
      adminKey: undefined,
      nodeFolders: [],
      environment: 'development',
      demo: 'when-new',
      kafka: undefined,
      databaseUrl: undefined,
      allowPrivate: [],
      publicUrl: undefined,
      secretKey: undefined,
      traceIndexMb: 4096,
      mail: undefined,
      fsync: 'interval',
      logLevel: 'info',
    });
  });

  it('take every variable, trimmed, and lists by comma or semicolon', () => {
    const settings = readSettings({
      MILLRACE_PORT: ' 8080 ',
      MILLRACE_HOST: '0.0.0.0',
      MILLRACE_DATA: '/srv/millrace',
      MILLRACE_ADMIN_KEY: 'a-long-enough-key',
      MILLRACE_NODES: 'nodes, more;/abs',
      MILLRACE_ENVIRONMENT: 'production',
      MILLRACE_DEMO: '0',
      MILLRACE_ALLOW_PRIVATE: '10.0.0.0/8,erp.local:443',
      MILLRACE_URL: 'https://flows.example.com/',
      MILLRACE_SECRET_KEY: 'sealing',
      MILLRACE_FSYNC: 'always',
      MILLRACE_LOG: 'warn',
      KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
      DATABASE_URL: 'postgres://user@db:5432/millrace',
    });
    expect(settings).toMatchObject({
      port: 8080,
      host: '0.0.0.0',
      dataFolder: '/srv/millrace',
      adminKey: 'a-long-enough-key',
      nodeFolders: [resolve('nodes'), resolve('more'), '/abs'],
      environment: 'production',
      demo: 'off',
      allowPrivate: ['10.0.0.0/8', 'erp.local:443'],
      publicUrl: 'https://flows.example.com',
      secretKey: 'sealing',
      fsync: 'always',
      logLevel: 'warn',
      kafka: { brokers: ['kafka-1:9092', 'kafka-2:9092'] },
      databaseUrl: 'postgres://user@db:5432/millrace',
    });
  });

  it('treat an empty variable as one that is not set', () => {
    expect(readSettings({ MILLRACE_PORT: '', KAFKA_BROKERS: ' ', DATABASE_URL: '' })).toEqual(readSettings({}));
  });

  it('leave the demo to the data folder unless told, and take 1 for on', () => {
    expect(readSettings({ MILLRACE_DEMO: '1' }).demo).toBe('on');
    expect(readSettings({ MILLRACE_PORT: '0' }).port).toBe(0);
  });

  it.each([
    ['MILLRACE_PORT', 'abc'],
    ['MILLRACE_PORT', '65536'],
    ['MILLRACE_PORT', '-1'],
    ['MILLRACE_PORT', '80.5'],
    ['MILLRACE_HOST', 'not a host'],
    ['MILLRACE_ADMIN_KEY', 'short'],
    ['MILLRACE_DEMO', 'yes'],
    ['MILLRACE_ENVIRONMENT', 'prod'],
    ['MILLRACE_FSYNC', 'sometimes'],
    ['MILLRACE_FSYNC', 'constructor'],
    ['MILLRACE_LOG', 'loud'],
    ['MILLRACE_URL', 'millrace.example.com'],
    ['MILLRACE_URL', 'ftp://millrace.example.com'],
    ['MILLRACE_ALLOW_PRIVATE', '10.0.0.0/99'],
    ['MILLRACE_SMTP_URL', 'mail.example.com'],
    ['MILLRACE_ALLOW_PRIVATE', 'everything'],
    ['KAFKA_BROKERS', 'kafka one'],
    ['KAFKA_BROKERS', 'kafka:port'],
    ['DATABASE_URL', 'mysql://localhost/millrace'],
    ['DATABASE_URL', 'postgres://user:pass@host:port:7/x'],
  ])('refuse %s=%s with one sentence that names the variable', (name, value) => {
    let said = '';
    try {
      readSettings({ [name]: value });
    } catch (error) {
      expect(error).toBeInstanceOf(SettingError);
      said = (error as Error).message;
    }
    expect(said).toContain(name);
    expect(said).not.toContain('\n');
  });

  it('never say a password of a wrong database address', () => {
    expect(() => readSettings({ DATABASE_URL: 'postgers://user:hunter2@host/x' })).toThrow(/^(?!.*hunter2).*DATABASE_URL/);
  });
});
