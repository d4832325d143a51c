import { describe, expect, it } from 'vitest';
import { olderRule, ruleSince } from '#shared/lineage/since.ts';

const flow = (expression: string, more: string[] = []) => ({
  nodes: [
    { id: 'map', type: 'map', version: 1, label: '', config: { expression } },
    ...more.map((id) => ({ id, type: 'map', version: 1, label: '', config: { expression: '{ "x": y }' } })),
  ],
});
const versions = [1, 2, 3, 4].map((version) => ({
  version,
  createdAt: `2026-11-0${version}T08:00:00Z`,
  createdBy: version < 3 ? 'Mira' : 'Jan',
}));
const documents = [
  flow('{ "total": net, "no": id }'),
  flow('( $r := 1.19; { "total": net * $r, "no": id } )'),
  flow('( $r := 1.2; { "total": net * $r, "no": id } )'),
  flow('( $r := 1.2; { "total": net * $r, "no": $string(id) } )', ['extra']),
];
const since = (version: number, place: (string | number)[], node = 'map') =>
  ruleSince(versions, version, async (one) => documents[one - 1] ?? flow(''), { node, field: 'expression', place });

describe('since which version a rule reads as it does', () => {
  it('is the version that changed the row, with what it was before', async () => {
    expect(await since(4, ['no'])).toMatchObject({ version: { version: 4, createdBy: 'Jan' }, before: { version: 3, text: 'id' } });
    expect(await since(3, ['no'])).toMatchObject({ version: { version: 1, createdBy: 'Mira' }, complete: true });
  });

  it('counts a changed variable that the row uses', async () => {
    expect(await since(4, ['total'])).toMatchObject({ version: { version: 3 }, before: { version: 2, text: '1.19' } });
    expect(await since(2, ['total'])).toMatchObject({ version: { version: 2 }, before: { version: 1, text: 'net' } });
  });

  it('is the version in which the node or the row came', async () => {
    expect(await since(4, ['x'], 'extra')).toMatchObject({ version: { version: 4 }, before: { version: 3, reason: 'new-node' } });
    expect(olderRule(flow('{ "a": b }'), flow('{ "a": b, "c": d }'), 'map', 'expression', ['c'])).toEqual({
      same: false,
      reason: 'new-row',
    });
  });

  it('is unknown for a version that is not there', async () => {
    expect(await ruleSince([], 1, async () => flow(''), { node: 'map', field: 'expression', place: [] })).toBeUndefined();
  });
});
