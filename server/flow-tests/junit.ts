import { describeDifference } from '#shared/flow-test/evaluate.ts';
import type { FlowTestResult } from '#shared/flow-test/result.ts';

/** Results as a JUnit report, which build servers read. One suite, one case for each test. */
export function junitReport(flow: string, results: readonly FlowTestResult[]): string {
  const failures = results.filter(({ state }) => state === 'failed').length;
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const total = seconds(results.reduce((sum, { ms }) => sum + ms, 0));
  const cases = results.map((result) => {
    const head = `    <testcase classname="${xml(flow)}" name="${xml(result.name)}" time="${seconds(result.ms)}"`;
    if (result.state === 'passed') return `${head}/>`;
    const lines = result.checks.flatMap(({ passed, sentence, differences }) =>
      passed ? [] : [sentence, ...differences.map((one) => `  ${describeDifference(one)}`)],
    );
    return [`${head}>`, `      <failure message="${xml(result.sentence)}">${xml(lines.join('\n'))}</failure>`, '    </testcase>'].join(
      '\n',
    );
  });
  const counts = `tests="${results.length}" failures="${failures}" errors="0" time="${total}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(flow)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' };

/** XML 1.0 knows no other control characters and no halves of characters, not even escaped. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"\n]/g, (mark) => marks[mark] ?? mark);
}
