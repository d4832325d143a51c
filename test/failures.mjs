// What failed in a run, read from the reports of Vitest and Playwright: `{ file, name, error }` each.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of an error that say what went wrong; the rest stands where the test ran. */
const errorLines = 6;

/** The failed tests of a Vitest JSON report, and the files that failed outside a test. */
export function vitestFailures({ testResults }, root) {
  return testResults.flatMap(({ name: path, status, message, assertionResults }) => {
    const file = relative(root, path);
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ file, name: fullName, error: shorten(failureMessages.join('\n')) }));
    return failed.length === 0 && status === 'failed' ? [{ file, name: 'the file itself', error: shorten(message) }] : failed;
  });
}

/** The tests of a Playwright JSON report that ended otherwise than wanted, and errors outside a test. */
export function playwrightFailures({ suites, errors }) {
  const outside = errors.map(({ message, stack }) => ({ file: 'e2e', name: 'outside a test', error: shorten(message ?? stack ?? '') }));
  return [...outside, ...suites.flatMap(failuresIn)];
}

function failuresIn({ specs = [], suites = [] }) {
  const own = specs
    .filter(({ ok }) => !ok)
    .map(({ file, line, title, tests }) => ({
      file: `test/e2e/${file}:${line}`,
      name: title,
      error: shorten(
        tests.flatMap(({ results }) => results.flatMap(({ errors }) => errors.map(({ message }) => message ?? ''))).join('\n'),
      ),
    }));
  return [...own, ...suites.flatMap(failuresIn)];
}

/** The first lines of an error, without colours, empty lines and its stack. */
function shorten(error) {
  return stripVTControlCharacters(error)
    .split('\n')
    .map((line) => line.trim().slice(0, 200))
    .filter((line) => line !== '' && !line.startsWith('at '))
    .slice(0, errorLines)
    .join('\n');
}
