import { describe, expect, it } from 'vitest';
import { parseJson } from '#shared/json.ts';
import type { TrialRecord } from '#shared/trial.ts';
import { messageRows, textOfRecord } from '../../../client/try/message-rows.ts';

const record = (more: Partial<TrialRecord>): TrialRecord => ({
  id: 0,
  input: 0,
  node: 'n',
  port: 'out',
  key: null,
  value: null,
  headers: {},
  timestamp: 0,
  ...more,
});

describe('two messages side by side', () => {
  it('differ in key, headers and value, each row of its place', () => {
    const before = record({ key: 'a', headers: { kept: '1', gone: '2' }, value: { total: 1 } });
    const after = record({ key: 'b', headers: { kept: '1', 'millrace-origin': 'x/0/1' }, value: { total: '1' } });
    expect(messageRows(before, after)).toEqual([
      { of: 'key', path: '', kind: 'changed', before: '"a"', after: '"b"' },
      { of: 'header', path: 'kept', kind: 'same', before: '"1"', after: '"1"' },
      { of: 'header', path: 'gone', kind: 'removed', before: '"2"' },
      { of: 'value', path: 'total', kind: 'changed', before: '1', after: '"1"' },
    ]);
  });

  it('are all new where there is no message before', () => {
    const rows = messageRows(undefined, record({ key: 'k', value: { id: 1 } }));
    expect(rows.map(({ of, kind }) => [of, kind])).toEqual([
      ['key', 'added'],
      ['value', 'added'],
    ]);
  });
});

describe('the text of a message', () => {
  it('is how it leaves, with the digits and spelling that it leaves with', () => {
    expect(textOfRecord(record({ value: parseJson('{"id":9007199254740993}') }))).toBe('{"id":9007199254740993}');
    expect(textOfRecord(record({ value: { rate: 1.1 }, text: '{"rate":1.10}' }))).toBe('{"rate":1.10}');
  });

  it('is the base64 of bytes, the beginning of what is long, and null for a delete marker', () => {
    expect(textOfRecord(record({ value: 'AAE=', encoding: 'base64' }))).toBe('AAE=');
    expect(textOfRecord(record({ value: '{"a":"xxx', truncated: 100_000 }))).toBe('{"a":"xxx');
    expect(textOfRecord(record({ value: null }))).toBe('null');
  });
});
