import type { Syntax } from '../../jsonata/syntax/parse.ts';
import type { Expression } from '../../jsonata/syntax/tree.ts';
import type { Rule } from '../rule.ts';
import { stepText, type TargetPath, type TargetStep } from '../target.ts';

/** What the projection of one text needs on its way. */
export interface Projecting {
  syntax: Syntax;
  /** How many rules a target has so far. */
  ordinals: Map<string, number>;
  /** The text of each target met. */
  places: Map<TargetPath, string>;
  /** The place of each item of the dotted loop that is being projected: a list that its body makes runs into the same list. */
  flat: TargetPath | undefined;
  /** What the variables in scope stand for. */
  variables: Map<string, Expression>;
  /** The rule of a node that stands at a place. */
  rule(node: Expression, target: TargetPath): Rule;
}

/** The common part of a rule. Ids are given in the order of calls, so a rule is begun before those below it. */
export function begin<K extends string>(
  { ordinals, places }: Projecting,
  kind: K,
  target: TargetPath,
  outer: Expression,
  node: Expression,
) {
  const place = places.get(target) ?? '';
  const ordinal = ordinals.get(place) ?? 0;
  ordinals.set(place, ordinal + 1);
  return { kind, id: `${place}#${ordinal}`, target, span: { start: outer.start, end: outer.end }, node };
}

/** The place one step below another. */
export function stepInto({ places }: Projecting, target: TargetPath, step: TargetStep): TargetPath {
  const above = places.get(target) ?? '';
  const inner = [...target, step];
  places.set(inner, above + stepText(step, above === ''));
  return inner;
}
