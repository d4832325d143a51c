// `npm test`: every suite in turn, then what failed and one line that counts them all. With CI=true nothing that can run may be skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playwrightFailures, vitestFailures } from './failures.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const reports = mkdtempSync(join(tmpdir(), 'millrace-test-'));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const ci = process.env.CI === 'true';

const vitest = (project) => ({
  name: project,
  command: [
    bin('vitest'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${project}.json`)}`,
  ],
  count(report) {
    const skipped = report.numPendingTests + report.numTodoTests;
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
  },
  failures: (report) => vitestFailures(report, root),
});
const suites = [
  { name: 'types, lint and rules', command: ['npm', 'run', '--silent', 'check'] },
  vitest('unit'),
  vitest('jsonata'),
  vitest('kafka'),
  {
    name: 'e2e',
    command: [bin('playwright'), 'test', '-c', 'test/e2e/playwright.config.ts', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: join(reports, 'e2e.json') },
    count: ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped }),
    failures: playwrightFailures,
  },
];
const wanted = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
const failures = [];
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  console.log(`\n=== ${suite.name}`);
  const started = Date.now();
  const [command, ...args] = suite.command;
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...suite.env } });
  const seconds = Math.round((Date.now() - started) / 1000);
  const file = join(reports, `${suite.name}.json`);
  const report = suite.count && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const counted =
    report !== undefined ? suite.count(report) : { passed: result.status === 0 ? 1 : 0, failed: result.status === 0 ? 0 : 1, skipped: 0 };
  // A suite that ended badly without a failing test (a crash, an unhandled error) has failed all the same.
  if (result.status !== 0 && counted.failed === 0) counted.failed = 1;
  if (ci && counted.skipped > 0) {
    console.error(`${suite.name}: ${counted.skipped} tests were skipped, which CI does not allow.`);
    counted.failed += counted.skipped;
  }
  if (report !== undefined) failures.push(...suite.failures(report));
  for (const name of Object.keys(totals)) totals[name] += counted[name];
  lines.push(`${suite.name}: ${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped, ${seconds} s`);
}
rmSync(reports, { recursive: true, force: true });
// Once more at the end, where who looks for them looks first.
for (const { file, name, error } of failures) console.log(`\n✗ ${file} › ${name}\n${error.replace(/^/gm, '    ')}`);
console.log(`\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);
