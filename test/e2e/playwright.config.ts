import { defineConfig } from '@playwright/test';

/** Real Chromium (Debian's, or CHROMIUM) against a real server; one worker, because the server is shared. */
export default defineConfig({
  testDir: '.',
  globalSetup: './server.ts',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  outputDir: '../../test-results',
  use: {
    baseURL: process.env.MILLRACE_URL ?? 'http://127.0.0.1:3400',
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
