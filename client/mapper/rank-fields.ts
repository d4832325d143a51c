import type { SourceNode } from '#shared/mapping/rows/source.ts';
import type { TargetNode } from '#shared/mapping/rows/target.ts';
import { autoMap } from '#shared/shape/auto-map.ts';
import { pathText } from '#shared/shape/path.ts';
import type { Shape } from '#shared/shape/shape.ts';

/** The fields for a row, those first that auto-map would propose, then those that are called like it; else in their own order. */
export function rankFields(fields: readonly SourceNode[], row: TargetNode, source: Shape, target: Shape): SourceNode[] {
  const proposed = proposedFor(row, source, target);
  const name = plain(row.label);
  const rank = ({ path, label }: SourceNode): number => {
    const at = proposed.indexOf(path.join('\n'));
    if (at >= 0) return at;
    const own = plain(label);
    if (own === name) return 1000;
    return own.length > 1 && name.length > 1 && (own.includes(name) || name.includes(own)) ? 1001 : 2000;
  };
  const ranks = new Map(fields.map((field) => [field, rank(field)]));
  return [...fields].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** The fields that auto-map proposes, as names joined by line ends. A row that no shape knows is asked for by its name alone. */
function proposedFor(row: TargetNode, source: Shape, target: Shape): string[] {
  if (source.kinds.length === 0) return [];
  const place = pathText(row.path.filter((step) => step === null || typeof step === 'string'));
  const own: Shape = { kinds: ['object'], fields: [{ name: row.label, required: false, shape: row.shape ?? { kinds: [] } }] };
  const known = row.shape === undefined ? [] : autoMap(source, target).filter((proposal) => pathText(proposal.target) === place);
  const found = known.length > 0 ? known : autoMap(source, own);
  return found.flatMap(({ sources }) => sources.map((path) => path.filter((step) => step !== null).join('\n')));
}
