import { defineConfig } from 'vitest/config';

// A machine may stall for seconds: what is waited for has time to come, what must be quick says so itself.
const patient = { expect: { poll: { timeout: 30_000 } }, testTimeout: 60_000, hookTimeout: 60_000 };
const slow = { ...patient, testTimeout: 240_000, hookTimeout: 180_000 };

/** Projects: rules (imports, docs), unit (pure code, no broker), jsonata (conformance), kafka (embedded and real brokers). */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { name: 'rules', include: ['test/rules/**/*.test.ts'] } },
      {
        test: {
          name: 'unit',
          include: ['test/{shared,server,client}/**/*.test.{ts,tsx}'],
          exclude: ['test/shared/jsonata/**', 'test/server/**/kafka/**'],
          ...patient,
        },
      },
      { test: { name: 'jsonata', include: ['test/shared/jsonata/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'kafka',
          include: ['test/server/**/kafka/**/*.test.ts', 'test/flows/**/*.test.ts'],
          ...slow,
        },
      },
    ],
  },
});
