import { describe, expect, it } from 'vitest';
import { acceptResult } from '#shared/flow-test/accept.ts';
import { captureFlowTest } from '#shared/flow-test/capture.ts';
import { evaluateFlowTest } from '#shared/flow-test/evaluate.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import { flowOf, trialOf } from './trial.ts';

const capture = (trial: ReturnType<typeof trialOf>, again = trial) =>
  captureFlowTest(flowOf('map', 'router', 'erp'), { name: 'made', samples: [{ value: 1 }], trial, again });

describe('a case made of a Try', () => {
  it('expects what every sink would write, the branches taken, what was filtered and what failed', () => {
    const trial = trialOf({
      map: { out: { out: [{ value: 1 }] }, failed: [{ code: 'map/nothing' }, { code: 'map/nothing' }], filtered: ['duplicate'] },
      router: { out: { EU: [{ value: 1 }], rest: [] } },
      erp: { out: { in: [{ value: { a: 1 }, key: 'k', partition: 3, headers: { kind: 'order', 'millrace-origin': 'orders/0/1' } }] } },
      crm: { out: { in: [] } },
    });
    expect(capture(trial).expect).toEqual([
      { node: 'erp', messages: 1, keys: ['k'], partitions: [3], headers: [{ kind: 'order' }], equals: [{ a: 1 }] },
      { node: 'router', branch: 'EU' },
      { filtered: 1, node: 'map', reason: 'duplicate' },
      { deadLetters: 2, node: 'map', code: 'map/nothing' },
    ]);
  });

  it('lists fields that another clock or seed changes to be ignored, in every item of a list', () => {
    const at = (time: string, id: string) =>
      trialOf({
        erp: {
          out: {
            in: [
              {
                value: {
                  total: 1,
                  meta: { at: time },
                  lines: [
                    { id, sku: 'a' },
                    { id: `${id}2`, sku: 'b' },
                  ],
                },
                key: id,
                headers: { id, kind: 'x' },
              },
            ],
          },
        },
      });
    const test = capture(at('10:00', 'a'), at('11:00', 'b'));
    expect(test.expect[0]).toMatchObject({ ignore: ['lines[].id', 'meta.at'], headers: [{ kind: 'x' }] });
    expect(test.expect[0]).not.toHaveProperty('keys');
    expect(evaluateFlowTest(test, at('12:00', 'c')).state).toBe('passed');
  });

  it('expects only the number of messages where nothing steady is left to compare', () => {
    const of = (value: unknown) => trialOf({ erp: { out: { in: [{ value }] } } });
    expect(capture(of('a'), of('b')).expect[0]).toEqual({ node: 'erp', messages: 1 });
    expect(capture(of({ id: 'a' }), of({ id: 'b' })).expect[0]).toEqual({ node: 'erp', messages: 1 });
  });
});

describe('accepting a new result', () => {
  const flow = flowOf('map', 'router', 'erp');
  const of = (total: number, branch: 'EU' | 'rest', codes: string[] = []) =>
    trialOf({
      map: { out: { out: [] }, failed: codes.map((code) => ({ code })) },
      router: { out: { EU: branch === 'EU' ? [{ value: 1 }] : [], rest: branch === 'rest' ? [{ value: 1 }] : [] } },
      erp: { out: { in: [{ value: { total, at: 1 } }] } },
    });

  it('makes a case of a result pass on the new one and looks at the same things', () => {
    const before = of(119, 'EU');
    const after = of(100, 'rest', ['map/nothing']);
    const test = capture(before);
    expect(evaluateFlowTest(test, after).state).toBe('failed');
    const accepted = acceptResult(flow, test, after, after);
    expect(evaluateFlowTest(accepted, after).state).toBe('passed');
    expect(accepted.expect).toEqual([
      { node: 'erp', messages: 1, equals: [{ total: 100, at: 1 }] },
      { deadLetters: 1 },
      { node: 'router', branch: 'rest' },
    ]);
  });

  it('keeps what a person wrote: ignored fields, fields that must hold, and looks at nothing more', () => {
    const test: FlowTest = {
      format: 1,
      name: 'a',
      samples: [{ value: 1 }],
      expect: [{ node: 'erp', equals: [{ total: 119, at: 7 }], ignore: ['at'], fields: { total: 119 } }],
    };
    const after = of(100, 'rest', ['map/nothing']);
    const accepted = acceptResult(flow, test, after, after);
    expect(accepted.expect).toEqual([{ node: 'erp', equals: [{ total: 100, at: 1 }], ignore: ['at'], fields: { total: 119 } }]);
    // The person's own check is left to the person.
    expect(evaluateFlowTest(accepted, after).state).toBe('failed');
  });

  it('drops what is about a node that is gone', () => {
    const test: FlowTest = {
      format: 1,
      name: 'a',
      samples: [{ value: 1 }],
      expect: [
        { node: 'gone', messages: 1 },
        { node: 'gone', branch: 'x' },
      ],
    };
    expect(acceptResult(flow, test, of(1, 'EU'), of(1, 'EU')).expect).toEqual([]);
  });
});
