import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyNodes, paste, readClip } from '../../../client/editor/clipboard.ts';
import { addNode, moveBy, remove, rename, setConfig, toggleMode } from '../../../client/editor/document.ts';
import { begin, type History, mergeWithinMs, noSelection, record, redo, undo } from '../../../client/editor/history.ts';
import { tidy } from '../../../client/editor/tidy.ts';
import { addNodeAfter, connect, insertOnEdge, refusal, removeAndHeal } from '../../../client/editor/wiring.ts';
import { line, seeded, typeOf, types } from './fixture.ts';

const typed = (history: History, text: string, now: number) =>
  record(history, { flow: rename(history.present.flow, 'map', text), selection: noSelection }, 'rename', { merge: 'label/map', now });

describe('history', () => {
  test('typing in one field is one entry, a pause begins another', () => {
    let history = typed(typed(typed(begin(line()), 'a', 0), 'ab', 100), 'abc', 200);
    expect(history.past).toHaveLength(1);
    history = typed(history, 'abcd', 300 + mergeWithinMs);
    expect(history.past).toHaveLength(2);
    expect(undo(history).present.flow.nodes[1]?.label).toBe('abc');
    expect(undo(undo(history)).present.flow).toEqual(line());
  });

  test('typing after an undo does not join the undone entry', () => {
    const history = typed(undo(typed(begin(line()), 'a', 0)), 'b', 10);
    expect(history.future).toEqual([]);
    expect(undo(history).present.flow).toEqual(line());
  });

  test('an edit that changes nothing leaves no entry', () => {
    const history = begin(line());
    expect(record(history, { flow: history.present.flow, selection: { nodes: ['map'] } }, 'nothing').past).toEqual([]);
  });

  test('undo brings back what was selected', () => {
    const start = { ...begin(line()), present: { flow: line(), selection: { nodes: ['map'] } } };
    const gone = record(start, { flow: remove(start.present.flow, ['map']), selection: noSelection }, 'delete');
    expect(undo(gone).present.selection.nodes).toEqual(['map']);
  });
});

const gesture = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    type: fc.constantFrom('hook', 'map', 'switch', 'store'),
    x: fc.integer({ min: -500, max: 2000 }),
  }),
  fc.record({ do: fc.constant('after' as const), type: fc.constantFrom('map', 'switch', 'store'), at: fc.nat(20) }),
  fc.record({ do: fc.constant('connect' as const), from: fc.nat(20), to: fc.nat(20), port: fc.constantFrom('out', 'error', 'other') }),
  fc.record({
    do: fc.constantFrom('remove' as const, 'heal' as const, 'disable' as const, 'copy' as const, 'insert' as const),
    at: fc.nat(20),
  }),
  fc.record({ do: fc.constant('move' as const), at: fc.nat(20), x: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ do: fc.constant('config' as const), at: fc.nat(20), value: fc.string() }),
  fc.record({ do: fc.constant('tidy' as const) }),
);

test('any sequence of gestures undone to the end gives the first document, and redone gives the last', () => {
  fc.assert(
    fc.property(fc.array(gesture, { maxLength: 40 }), fc.nat(), (gestures, seed) => {
      const random = seeded(seed + 1);
      const first = line();
      const text = JSON.stringify(first);
      let history = begin(first);
      for (const step of gestures) {
        const flow = history.present.flow;
        const pick = (index: number) => flow.nodes[index % Math.max(1, flow.nodes.length)]?.id ?? 'none';
        const next = () => {
          switch (step.do) {
            case 'add':
              return addNode(flow, typeOf(step.type), { x: step.x, y: 0 }, random).flow;
            case 'after':
              return addNodeAfter(flow, types, pick(step.at), typeOf(step.type), { random }).flow;
            case 'connect':
              return connect(flow, types, { node: pick(step.from), port: step.port }, { node: pick(step.to), port: 'in' }, random).flow;
            case 'remove':
              return remove(flow, [pick(step.at)]);
            case 'heal':
              return removeAndHeal(flow, types, [pick(step.at)], random);
            case 'disable':
              return toggleMode(flow, [pick(step.at)], 'disabled');
            case 'insert':
              return insertOnEdge(flow, types, flow.edges[step.at % Math.max(1, flow.edges.length)]?.id ?? 'none', typeOf('map'), random)
                .flow;
            case 'copy': {
              const clip = readClip(copyNodes(flow, [pick(step.at), pick(step.at + 1)]));
              return clip ? paste(flow, clip, undefined, random).flow : flow;
            }
            case 'move':
              return moveBy(flow, [pick(step.at)], { x: step.x * 16, y: 0 });
            case 'config':
              return setConfig(flow, pick(step.at), 'text', step.value);
            case 'tidy':
              return tidy(flow, types);
          }
        };
        history = record(history, { flow: next(), selection: noSelection }, step.do);
        const { nodes, edges } = history.present.flow;
        const ids = [...nodes, ...edges].map((part) => part.id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const edge of edges) {
          const without = { ...history.present.flow, edges: edges.filter((other) => other !== edge) };
          expect(refusal(without, types, edge.from, edge.to)).toBeUndefined();
        }
      }
      const last = JSON.stringify(history.present.flow);
      const steps = history.past.length;
      for (let i = 0; i < steps; i++) history = undo(history);
      expect(JSON.stringify(history.present.flow)).toBe(text);
      for (let i = 0; i < steps; i++) history = redo(history);
      expect(JSON.stringify(history.present.flow)).toBe(last);
    }),
    { numRuns: 200 },
  );
});
