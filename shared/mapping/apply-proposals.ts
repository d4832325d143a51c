import type { Part, Proposal } from '../shape/auto-map.ts';
import { convert } from '../shape/conversions.ts';
import { type Path, pathText, startsWith } from '../shape/path.ts';
import { type Address, addressCode, addressOf } from './address.ts';
import { literalCode } from './code.ts';
import { chained } from './edit/chain.ts';
import { type Edited, refused, splicesBetween } from './edit/edit.ts';
import { setAt } from './edit/field.ts';
import { loopCode, setItemName } from './edit/loop.ts';
import { placeFor } from './place.ts';
import type { Rule } from './rule.ts';
import type { OpenView } from './view.ts';

/** Whether a place of the result has a rule of its own already, one that says more than an empty object or list. */
export function hasRule(view: OpenView, target: Path): boolean {
  const { rule, rest } = placeFor(view, target);
  if (rest.length > 0) return false;
  return !isEmpty(rule);
}

function isEmpty(rule: Rule): boolean {
  if (rule.kind === 'object') return rule.fields.length === 0;
  if (rule.kind === 'constant') return Array.isArray(rule.chip.value) || rule.chip.value === null ? isEmptyValue(rule.chip.value) : false;
  return rule.kind === 'scope' && isEmpty(rule.body);
}

const isEmptyValue = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** Whether a proposal stands in the list that another one makes, so that it cannot be taken without it. */
export const standsIn = (proposal: Proposal, list: Proposal): boolean =>
  list.kind === 'loop' && proposal !== list && startsWith(proposal.target, [...list.target, null]);

/**
 * Takes proposals into a mapping, in their order, as one edit: a list's loop before what stands in it. What cannot be taken is
 * left out and named in `refused`; the others are taken all the same.
 */
export function applyProposals(
  view: OpenView,
  proposals: readonly Proposal[],
): { edit: Edited; refused: { proposal: Proposal; message: string }[] } {
  const left: { proposal: Proposal; message: string }[] = [];
  let at = view;
  for (const proposal of proposals) {
    const edit = propose(at, proposal);
    if (edit.ok) at = edit.view;
    else left.push({ proposal, message: edit.refusal.message });
  }
  return { edit: { ok: true, text: at.text, splices: splicesBetween(view.text, at.text), view: at }, refused: left };
}

function propose(view: OpenView, proposal: Proposal): Edited {
  const { kind, target, sources, conversion, parts, template } = proposal;
  const [first] = sources;
  if (first === undefined) return refused('row', 'The proposal names no field.');
  // A loop that goes through this very list already is what is proposed.
  if (kind === 'loop' && placeFor(view, target).rest.length === 0 && placeFor(view, target).rule.kind === 'loop') return chained(view, []);
  const unnamed = sources.map((path) => addressFor(view, path, target).unnamed).find((loop) => loop !== undefined);
  if (unnamed !== undefined) {
    const named = setItemName(view, unnamed.id, freshName(view));
    return named.ok ? propose(named.view, proposal) : named;
  }
  const code = (path: Path): string => addressCode(addressFor(view, path, target));
  switch (kind) {
    case 'loop':
      return setAt(view, target, loopCode(code(first)));
    case 'list':
      return setAt(view, target, `[${code(first)}]`);
    case 'join':
      return setAt(
        view,
        target,
        (parts ?? []).map((part: Part) => ('text' in part ? literalCode(part.text) : code(part.source))).join(' & '),
      );
    case 'split':
      return setAt(
        view,
        target,
        (template ?? 'x').replaceAll(/\bx\b(?=\W|$)/g, () => code(first)),
      );
    case 'copy':
      return setAt(view, target, conversion === undefined ? code(first) : convert(conversion, code(first)));
  }
}

const addressFor = (view: OpenView, path: Path, target: Path): Address =>
  addressOf(
    view,
    path.filter((step): step is string => step !== null),
    target,
  );

/** `item`, or `item2`, … where the mapping has that name. */
function freshName({ text }: OpenView): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? 'item' : `item${n}`;
    if (!new RegExp(`\\$${name}\\b`).test(text)) return name;
  }
}

/** The key by which a pair is remembered: where from, and where to. */
export const pairKey = ({ sources, target }: Proposal): string => `${sources.map(pathText).join(' + ')} → ${pathText(target)}`;
