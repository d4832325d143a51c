import { expect, it } from 'vitest';
import { junitReport } from '#server/flow-tests/junit.ts';
import type { FlowTestResult } from '#shared/flow-test/result.ts';

const result = (more: Partial<FlowTestResult>): FlowTestResult => ({
  id: 'a',
  name: 'A case',
  state: 'passed',
  sentence: '1 check passed.',
  checks: [],
  reached: [],
  unreached: [],
  ms: 12,
  ...more,
});

it('is XML that a build server reads, whatever the messages hold', () => {
  const text = junitReport('Shop & co', [
    result({}),
    result({
      name: 'A <second>',
      state: 'failed',
      sentence: 'ERP: name is "a\u0000\uD800".',
      checks: [
        {
          expectation: 0,
          subject: 'equals',
          passed: false,
          sentence: 'ERP: name is "a".',
          differences: [{ kind: 'changed', path: 'name', message: 0, expected: 'x]]>', actual: '😀' }],
        },
      ],
      ms: 3,
    }),
  ]);
  expect(text).toBe(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites tests="2" failures="1" errors="0" time="0.015">',
      '  <testsuite name="Shop &amp; co" tests="2" failures="1" errors="0" time="0.015">',
      '    <testcase classname="Shop &amp; co" name="A case" time="0.012"/>',
      '    <testcase classname="Shop &amp; co" name="A &lt;second&gt;" time="0.003">',
      '      <failure message="ERP: name is &quot;a\uFFFD\uFFFD&quot;.">ERP: name is &quot;a&quot;.&#10;  name is &quot;😀&quot; in message 1; expected &quot;x]]&gt;&quot;.</failure>',
      '    </testcase>',
      '  </testsuite>',
      '</testsuites>',
      '',
    ].join('\n'),
  );
});
