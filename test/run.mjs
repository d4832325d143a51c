// `npm test`: every suite in turn, then what failed and one line that counts them all. With CI=true nothing that can run may be skipped.
//
// A few failures are run once more, by themselves and one after the other. What passes then is told by name as unsteady: it is a
// fault of a test or a race in the product that wants mending, but no reason to keep back what has nothing to do with it.
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
/** More failures than these have one cause that stays. */
const mostAgain = 5;

const vitest = (project) => ({
  name: project,
  command: (report, only) => [
    bin('vitest'),
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...(only === undefined ? [] : ['--maxWorkers=1', ...new Set(only.map(({ file }) => file))]),
  ],
  count: ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests }) => ({
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests + numTodoTests,
  }),
  failures: (report) => vitestFailures(report, root),
});
const suites = [
  { name: 'types, lint and rules', command: () => ['npm', 'run', '--silent', 'check'] },
  vitest('unit'),
  vitest('jsonata'),
  vitest('kafka'),
  {
    name: 'e2e',
    command: (_, only) => [
      bin('playwright'),
      'test',
      '-c',
      'test/e2e/playwright.config.ts',
      '--reporter=list,json',
      ...(only === undefined ? [] : only.map(({ file }) => file)),
    ],
    env: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report }),
    count: ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped }),
    failures: playwrightFailures,
  },
];

/** Runs a suite, or the files of failures of it, and reads its report; without one the exit code is all that is known. */
function run(suite, only) {
  const file = join(reports, `${suite.name}${only === undefined ? '' : '-again'}.json`);
  const [command, ...args] = suite.command(file, only);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...suite.env?.(file) },
  });
  const report = suite.count !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (report === undefined)
    return { ok: status === 0, counted: { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 }, failures: [] };
  const counted = suite.count(report);
  // A suite that ended badly without a failing test (a crash, an unhandled error) has failed all the same.
  if (status !== 0 && counted.failed === 0) counted.failed = 1;
  return { ok: status === 0, counted, failures: suite.failures(report) };
}

const wanted = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const lines = [];
const failed = [];
const unsteady = [];
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  console.log(`\n=== ${suite.name}`);
  const started = Date.now();
  const { counted, failures } = run(suite);
  if (failures.length > 0 && failures.length <= mostAgain && counted.failed <= failures.length) {
    console.log(`\n=== ${suite.name}, once more what failed`);
    const again = run(suite, failures);
    if (again.ok) {
      unsteady.push(...failures);
      // A hook that failed took its tests along as skipped.
      counted.passed += counted.failed + counted.skipped - again.counted.skipped;
      counted.failed = 0;
      counted.skipped = again.counted.skipped;
    } else failed.push(...failures);
  } else failed.push(...failures);
  if (ci && counted.skipped > 0) {
    console.error(`${suite.name}: ${counted.skipped} tests were skipped, which CI does not allow.`);
    counted.failed += counted.skipped;
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  for (const name of Object.keys(totals)) totals[name] += counted[name];
  lines.push(`${suite.name}: ${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped, ${seconds} s`);
}
rmSync(reports, { recursive: true, force: true });
// At the end once more, where who looks for them looks first.
const tell = (mark, all) => {
  for (const { file, name, error } of all) console.log(`\n${mark} ${file} › ${name}\n${error.replace(/^/gm, '    ')}`);
};
tell('~ unsteady, passed when run again:', unsteady);
tell('✗', failed);
console.log(`\n${lines.map((line) => `  ${line}`).join('\n')}\n`);
console.log(
  `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped${unsteady.length === 0 ? '' : `, ${unsteady.length} unsteady`}`,
);
process.exit(totals.failed > 0 ? 1 : 0);
