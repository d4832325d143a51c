import { Minus, PenLine, Plus } from 'lucide-react';
import type { FlowTestResult, TestCheck, TestDifference } from '#shared/flow-test/result.ts';
import { stringifyJson } from '#shared/json.ts';
import { plural } from '../format.ts';
import { StatusIcon } from '../ui/status.tsx';
import styles from './result-detail.module.css';

/** What a test found: every check that failed with its fields expected and actual beside each other, then what passed. */
export function ResultDetail({ result }: { result: FlowTestResult }) {
  const failed = result.checks.filter(({ passed }) => !passed);
  const passed = result.checks.filter((check) => check.passed);
  return (
    <div className={styles.result}>
      {result.state === 'failed' && failed.length === 0 && (
        <p className={styles.sentence}>
          <StatusIcon level="error" />
          <span>{result.sentence}</span>
        </p>
      )}
      {failed.map((check) => (
        <FailedCheck key={`${check.expectation} ${check.subject}`} check={check} />
      ))}
      {passed.length > 0 && (
        <details className={styles.passed} open={failed.length === 0}>
          <summary>{plural(passed.length, 'check')} passed</summary>
          <ul>
            {passed.map((check) => (
              <li key={`${check.expectation} ${check.subject}`}>
                <StatusIcon level="ok" size={14} />
                <span>{check.sentence}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function FailedCheck({ check }: { check: TestCheck }) {
  return (
    <section className={styles.check}>
      <p className={styles.sentence}>
        <StatusIcon level="error" />
        <span>{check.sentence}</span>
      </p>
      {check.differences.some(isField) && <DifferenceTable differences={check.differences} />}
    </section>
  );
}

/** Counts stand in the sentence already. */
const isField = ({ path, message }: TestDifference): boolean => path !== '' || message !== undefined;

const marks = { changed: PenLine, missing: Minus, extra: Plus };
const words = { changed: 'Changed', missing: 'Missing', extra: 'Not expected' };

function DifferenceTable({ differences }: { differences: readonly TestDifference[] }) {
  const several = new Set(differences.map(({ message }) => message)).size > 1 || differences.some(({ message }) => (message ?? 0) > 0);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Expected</th>
          <th scope="col">Actual</th>
        </tr>
      </thead>
      <tbody>
        {differences.map((one) => {
          const Mark = marks[one.kind];
          return (
            <tr key={`${one.message} ${one.path} ${one.kind}`}>
              <th scope="row">
                <span className={styles.field}>
                  <span className={styles[one.kind]} title={words[one.kind]}>
                    <Mark size={12} aria-hidden="true" />
                    <span className="visually-hidden">{words[one.kind]}: </span>
                  </span>
                  <span>
                    {one.path === '' ? 'whole message' : one.path}
                    {several && one.message !== undefined && <span className={styles.message}>message {one.message + 1}</span>}
                  </span>
                </span>
              </th>
              <td>{one.kind === 'extra' ? <span className={styles.none}>nothing</span> : <Value value={one.expected} />}</td>
              <td className={styles.actual}>
                {one.kind === 'missing' ? <span className={styles.none}>nothing</span> : <Value value={one.actual} />}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** A value with all its digits; a long one scrolls in its cell. */
function Value({ value }: { value: unknown }) {
  const line = stringifyJson(value) ?? 'nothing';
  return <span className={styles.value}>{line.length > 100 ? (stringifyJson(value, 2) ?? line) : line}</span>;
}
