import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allNodes, chainTo, rowsOf, type TreeNode } from '#shared/mapping/rows/tree.ts';

interface Node extends TreeNode<Node> {
  opened: boolean;
}

const node = (key: string, ...children: Node[]): Node => ({ key, children, opened: true });
const tree = [node('a', node('a1', node('a11')), node('a2')), node('b', node('b1'))];
const keys = (wanted: Partial<Parameters<typeof rowsOf<Node>>[1]>): string[] =>
  rowsOf(tree, { folds: new Map(), ...wanted }).map((row) => row.node.key);

describe('the rows shown of a tree', () => {
  it('leave out what is folded', () => {
    expect(keys({ folds: new Map([['a1', false]]) })).toEqual(['a', 'a1', 'a2', 'b', 'b1']);
  });

  it('bring the rows that a wanted one is in, opened, whatever is folded', () => {
    expect(keys({ folds: new Map([['a', false]]), keep: ({ key }) => key === 'a11' })).toEqual(['a', 'a1', 'a11']);
  });

  it('bring what is in a wanted one only when all of it is wanted', () => {
    expect(keys({ keep: ({ key }) => key === 'a' })).toEqual(['a']);
    expect(keys({ keep: ({ key }) => key === 'a', whole: true })).toEqual(['a', 'a1', 'a11', 'a2']);
  });

  it('are those of one row, what is in it and what it is in', () => {
    expect(keys({ only: 'a1' })).toEqual(['a', 'a1', 'a11']);
    expect(keys({ only: 'gone' })).toEqual(keys({}));
  });

  it('leave out a row with all that is in it', () => {
    expect(keys({ without: ({ key }) => key === 'a1' })).toEqual(['a', 'a2', 'b', 'b1']);
  });

  it('always have all their parents above them, in their order', () => {
    let count = 0;
    const nodes = (depth: number): fc.Arbitrary<Node[]> =>
      fc.array(
        fc
          .tuple(fc.boolean(), depth === 0 ? fc.constant([]) : nodes(depth - 1))
          .map(([opened, children]) => ({ key: `n${count++}`, opened, children })),
        { maxLength: 3 },
      );
    fc.assert(
      fc.property(nodes(3), fc.func(fc.boolean()), fc.boolean(), (roots, kept, whole) => {
        const rows = rowsOf(roots, { folds: new Map(), keep: ({ key }) => kept(key), whole });
        const order = [...allNodes(roots)].map(({ key }) => key);
        const shown = rows.map((row) => row.node.key);
        expect(shown).toEqual(order.filter((key) => shown.includes(key)));
        for (const key of shown) for (const above of chainTo(roots, key)) expect(shown).toContain(above.key);
        for (const key of order) if (kept(key) && !whole) expect(shown).toContain(key);
      }),
    );
  });
});
