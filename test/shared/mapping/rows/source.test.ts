import { describe, expect, it } from 'vitest';
import { drop } from '#shared/mapping/drop.ts';
import { sourceEnd, targetEnd } from '#shared/mapping/rows/ends.ts';
import { sourceKey, sourceTree } from '#shared/mapping/rows/source.ts';
import { targetTree } from '#shared/mapping/rows/target.ts';
import { allNodes } from '#shared/mapping/rows/tree.ts';
import { shapeOfSamples } from '#shared/shape/from-samples.ts';
import { unknownShape } from '#shared/shape/shape.ts';
import { mappingFiles, open } from '../files.ts';

const { shape } = shapeOfSamples([{ id: 1, tags: ['a'], items: [{ sku: 'a', parts: [{ no: 1 }] }], who: { name: 'Anna' } }]);

describe('the rows of the source', () => {
  it('go through lists without naming them, and know the lists on the way', () => {
    const { byKey } = sourceTree(undefined, shape);
    expect(byKey.get(sourceKey(['items', 'parts', 'no']))?.lists).toEqual([1, 2]);
    expect(byKey.get(sourceKey(['items', 'parts']))?.lists).toEqual([1]);
    expect(byKey.get(sourceKey(['items']))?.lists).toEqual([]);
  });

  it('show what the mapping reads although no message has it, as such, and its variables', () => {
    const { roots, byKey } = sourceTree(open('( $vat := 0.19; { "a": who.mail * $vat } )'), shape);
    expect(byKey.get(sourceKey(['who', 'mail']))?.ghost).toBe(true);
    expect(byKey.get(sourceKey(['who', 'name']))?.ghost).toBe(false);
    expect(roots.at(-1)?.children.map(({ label }) => label)).toEqual(['$vat']);
  });

  it('take for granted what is read while no message is known', () => {
    const nodes = [...allNodes(sourceTree(open('{ "a": who.mail }'), unknownShape).roots)];
    expect(nodes.map(({ label, ghost }) => [label, ghost])).toEqual([
      ['who', false],
      ['mail', false],
    ]);
  });

  it.each(mappingFiles.map(({ name, text }) => [name, text]))('have a row for every place that %s reads', (_name, text) => {
    const view = open(text);
    for (const known of [shape, unknownShape]) {
      const { byKey } = sourceTree(view, known);
      for (const { path } of view.lines) if (path.length > 0) expect(byKey.has(sourceKey(path))).toBe(true);
    }
  });
});

describe('the ends of a drop', () => {
  const { byKey } = sourceTree(undefined, shape);
  const end = (...path: string[]) => {
    const node = byKey.get(sourceKey(path));
    if (node === undefined) throw new Error(`No field ${path.join('.')}`);
    return sourceEnd(node);
  };

  it('are what the shape says', () => {
    expect(end('id')).toEqual({ path: ['id'], kind: 'value', lists: [], type: 'number' });
    expect(end('tags')).toEqual({ path: ['tags'], kind: 'values', lists: [], type: 'text' });
    expect(end('items')).toEqual({ path: ['items'], kind: 'objects', lists: [] });
    expect(end('items', 'sku')).toEqual({ path: ['items', 'sku'], kind: 'value', lists: [1], type: 'text' });
    expect(end('who')).toEqual({ path: ['who'], kind: 'object', lists: [], fields: ['name'] });
  });

  it('say how a value must be converted where its looks and examples tell', () => {
    const comma = sourceTree(undefined, shapeOfSamples([{ price: '12,50' }, { price: '7,95' }]).shape).byKey.get(sourceKey(['price']));
    const [total] = targetTree(open('{}'), {
      kinds: ['object'],
      fields: [{ name: 'total', required: true, shape: { kinds: ['number'] } }],
    }).roots;
    if (comma === undefined || total === undefined) throw new Error('No rows');
    const source = sourceEnd(comma);
    const target = targetEnd(total, source, undefined, comma.shape);
    expect(target.conversion).toBe('commaToNumber');
    const edit = drop(open('{}'), source, target, 'copy');
    expect(edit.ok && edit.text).toContain('"total": $number($replace($replace(price, ".", ""), ",", "."))');
  });

  it('are what fits the source where nobody said what the target is', () => {
    const [add] = targetTree(open('{}'), unknownShape).roots;
    if (add === undefined) throw new Error('No row');
    expect(targetEnd(add, end('items'), 'lines')).toMatchObject({
      path: ['lines'],
      kind: 'objects',
      from: { rule: '#0', rest: ['lines'] },
    });
    expect(targetEnd(add, end('id'), 'no')).toMatchObject({ path: ['no'], kind: 'value' });
  });
});
