import { defineConfig } from 'vitest/config';

const slow = { testTimeout: 120_000, hookTimeout: 120_000 };

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
          testTimeout: 30_000,
          hookTimeout: 60_000,
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
