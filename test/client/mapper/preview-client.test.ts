import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '#shared/api.ts';
import { parseJson } from '#shared/json.ts';
import { createEditor } from '../../../client/editor/store.ts';
import { createMapper, type Mapper, type MapperSample } from '../../../client/mapper/mapper-store.ts';
import { type MakeWorker, startPreview } from '../../../client/mapper/preview-client.ts';
import { previewEngine } from '../../../client/mapper/preview-engine.ts';
import type { FromWorker, ToWorker } from '../../../client/mapper/preview-messages.ts';

/** The engine of the preview behind the face of a worker; what it is told and what it answers goes through structured clones. */
function workers(options: { silent?: (text: string) => boolean } = {}) {
  const told: ToWorker[] = [];
  let begun = 0;
  let ended = 0;
  const make: MakeWorker = () => {
    begun++;
    let over = false;
    const face: ReturnType<MakeWorker> = {
      onmessage: null,
      onerror: null,
      terminate: () => {
        over = true;
        ended++;
      },
      postMessage: (message: ToWorker) => {
        told.push(message);
        if (message.kind !== 'messages' && options.silent?.(message.text) === true) return;
        const sent = structuredClone(message);
        setTimeout(() => over || handle(sent), 0);
      },
    };
    const answer = (message: FromWorker): void => {
      if (over) return;
      const data = structuredClone(message);
      setTimeout(() => over || face.onmessage?.call(face as Worker, { data } as MessageEvent), 0);
    };
    const handle = previewEngine(answer, (act) => setTimeout(act, 0));
    answer({ kind: 'ready' });
    return face;
  };
  return { make, told, counts: () => ({ begun, ended }) };
}

function mapperOf(expression: string): Mapper {
  const flow = {
    format: 1,
    id: 'f',
    name: 'F',
    nodes: [{ id: 'map', type: 'map', version: 1, label: '', config: { expression } }],
    edges: [],
    layout: { positions: {}, notes: [], groups: [] },
  };
  const record = { flow, revision: 1, updatedAt: '2026-01-01T00:00:00Z' } as unknown as FlowRecord;
  return createMapper(createEditor(record, { types: [], failures: [] }), 'map');
}

const sample = (json: string, name = 'one'): MapperSample => ({
  id: name,
  name,
  value: parseJson(json),
  key: 'k',
  headers: {},
  timestamp: 5,
  origin: '',
});

const preview = (mapper: Mapper) => mapper.getState().preview;
const shown = (mapper: Mapper, rule: string) =>
  preview(mapper)
    .rows.get(rule)
    ?.map((one) => (one.kind === 'value' ? one.json : one.kind));

describe('the preview of a mapper', () => {
  it('shows the current sample, then counts over all of them, with every digit and the names beside the message', async () => {
    const mapper = mapperOf('{ "a": a, "k": $key, "n": $number(n) }');
    mapper.set({ samples: [sample('{ "a": 9007199254740993, "n": "1" }'), sample('{ "n": "x" }', 'two')], samplesState: 'ready' });
    const client = startPreview(mapper, () => ({}), workers().make);
    await expect.poll(() => preview(mapper)).toMatchObject({ state: 'done', looked: 2, passed: 1, outcomes: ['passed', 'failed'] });
    expect(preview(mapper).result).toBe('{"a":9007199254740993,"k":"k","n":1}');
    expect(preview(mapper).counts.get('n#0')).toMatchObject({ looked: 2, failed: 1 });
    mapper.set({ current: 1 });
    await expect.poll(() => shown(mapper, 'n#0')).toEqual(['failed']);
    expect(preview(mapper)).toMatchObject({ state: 'done', looked: 2 });
    client.close();
  });

  it('follows the text, and of many keystrokes looks at the last', async () => {
    const { make, told } = workers();
    const mapper = mapperOf('{ "a": 1 }');
    mapper.set({ samples: [sample('{}')], samplesState: 'ready' });
    const client = startPreview(mapper, () => ({}), make);
    for (let n = 2; n < 40; n++) mapper.type(`{ "a": ${n} }`);
    await expect.poll(() => shown(mapper, 'a#0')).toEqual(['39']);
    expect(preview(mapper).text).toBe('{ "a": 39 }');
    expect(told.filter(({ kind }) => kind === 'run').length).toBeLessThan(5);
    mapper.type('{ "a": ');
    expect(preview(mapper).text).toBe('{ "a": 39 }');
    client.close();
  });

  it('shows the items of inner loops for the item that is chosen, without asking again', async () => {
    const { make, told } = workers();
    const mapper = mapperOf('[o.{ "l": [l.{ "x": x }] }]');
    mapper.set({ samples: [sample('{ "o": [{ "l": [{ "x": 1 }] }, { "l": [{ "x": 2 }, { "x": 3 }] }] }')], samplesState: 'ready' });
    const client = startPreview(mapper, () => ({}), make);
    await expect.poll(() => shown(mapper, '[].l[].x#0')).toEqual(['1']);
    const asked = told.length;
    mapper.set({ items: new Map([['#0', 1]]) });
    expect(shown(mapper, '[].l[].x#0')).toEqual(['2', '3']);
    expect(told.length).toBe(asked);
    client.close();
  });

  it('ends a worker that is silent for a second and begins another with the next text', async () => {
    const { make, counts } = workers({ silent: (text) => text.includes('endless') });
    const mapper = mapperOf('{ "a": "endless" }');
    mapper.set({ samples: [sample('{}')], samplesState: 'ready' });
    const client = startPreview(mapper, () => ({}), make);
    await expect.poll(() => preview(mapper).state).toBe('stopped');
    expect(counts()).toEqual({ begun: 1, ended: 1 });
    mapper.type('{ "a": "short" }');
    await expect.poll(() => shown(mapper, 'a#0')).toEqual(['"short"']);
    expect(counts().begun).toBe(2);
    client.close();
  });

  it('answers for one expression in the place of a row', async () => {
    const mapper = mapperOf('{ "l": [items.{ "x": x }] }');
    mapper.set({ samples: [sample('{ "items": [{ "x": 1 }, { "x": 2 }] }')], samplesState: 'ready', items: new Map([['l#0', 1]]) });
    const client = startPreview(mapper, () => ({}), workers().make);
    expect(await client.once('x * 10', 0, 'l[].x#0')).toEqual({ kind: 'value', json: '20' });
    expect(await client.once('$number("q")', 0, undefined)).toMatchObject({ kind: 'failed', code: 'D3030' });
    const open = client.once('x', 0, undefined);
    client.close();
    expect(await open).toEqual({ kind: 'nothing' });
  });
});
