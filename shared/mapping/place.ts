import type { Rule } from './rule.ts';
import type { TargetPath } from './target.ts';
import { type OpenView, ruleById } from './view.ts';

/** The deepest rule on the way to a place of the result, and the steps that are not made yet; none where the rule is the row. */
export interface TargetPlace {
  rule: Rule;
  rest: TargetPath;
}

/** Where a place of the result is made, or could be. */
export function placeFor(view: OpenView, target: TargetPath): TargetPlace {
  return descend(view.root, target);
}

/** Where the place is made to which `rest` leads from the rule with an id; nothing where that rule is gone. */
export function placeFrom(view: OpenView, rule: string, rest: TargetPath): TargetPlace | undefined {
  const found = ruleById(view, rule);
  return found === undefined ? undefined : descend(found, rest);
}

function descend(rule: Rule, rest: TargetPath): TargetPlace {
  const [step, ...more] = rest;
  if (step === undefined) return { rule, rest };
  switch (rule.kind) {
    case 'scope':
    case 'helper':
      return descend(rule.body, rest);
    case 'object': {
      const field = rule.fields.find(({ key }) => key !== undefined && key === step);
      return field === undefined ? { rule, rest } : descend(field.rule, more);
    }
    case 'list': {
      const item = typeof step === 'number' ? rule.items[step] : undefined;
      return item === undefined ? { rule, rest } : descend(item, more);
    }
    case 'loop':
      // A loop in a loop whose items go into the same list.
      if (rule.body.target.length === rule.target.length) return descend(rule.body, rest);
      return step === null ? descend(rule.body, more) : { rule, rest };
    case 'default':
      return descend(rule.value, rest);
    case 'merge':
      return firstThatMakes(rule.items, rest) ?? lastObject(rule.items, rest) ?? { rule, rest };
    case 'choice': {
      const rules = [...rule.branches.map(({ value }) => value), ...(rule.otherwise ? [rule.otherwise] : [])];
      const objects = rules.filter(makesFields);
      return firstThatMakes(rules, rest) ?? (objects.length === 1 ? lastObject(objects, rest) : undefined) ?? { rule, rest };
    }
    default:
      return { rule, rest };
  }
}

/** The first of several rules that has the next step already. */
function firstThatMakes(rules: readonly Rule[], rest: TargetPath): TargetPlace | undefined {
  return rules.map((one) => descend(one, rest)).find((place) => place.rest.length < rest.length);
}

/** The last of several rules that makes fields. */
function lastObject(rules: readonly Rule[], rest: TargetPath): TargetPlace | undefined {
  const object = rules.findLast(makesFields);
  return object === undefined ? undefined : descend(object, rest);
}

function makesFields(rule: Rule): boolean {
  return rule.kind === 'object' || (rule.kind === 'scope' && makesFields(rule.body));
}
