import { type Node, part, type SortTerm } from '../ast.ts';
import { ExpressionError } from '../error.ts';
import { type Ancestry, type PackageNode, pushAncestry, resolveAncestry, seekParent } from './package-ancestry.ts';

type Term = SortTerm & { expression: PackageNode };

/** `left.right`: one path of all steps. @throws ExpressionError S0213 for a step that is a number or a constant; S0217 */
export function joined(ancestry: Ancestry, left: PackageNode, right: PackageNode): PackageNode {
  const path: PackageNode = left.type === 'path' ? left : { type: 'path', steps: [left] };
  const steps = part(path.steps);
  if (left.type === 'parent') path.seekingParent = [part(left.slot)];
  if (right.type === 'path') steps.push(...part(right.steps));
  else {
    predicateToStages(right);
    steps.push(right);
  }
  for (const step of steps) {
    if (step.type !== 'number' && step.type !== 'value') continue;
    throw new ExpressionError('S0213', { value: step.value, ...(step.position === undefined ? {} : { position: step.position }) });
  }
  for (const step of steps) if (step.type === 'string') step.type = 'name';
  if (steps.some((step) => step.keepArray === true)) path.keepSingletonArray = true;
  for (const step of [part(steps[0]), part(steps.at(-1))]) if (step.type === 'unary' && step.value === '[') step.consarray = true;
  resolveAncestry(ancestry, path);
  return path;
}

function predicateToStages(step: PackageNode): void {
  if (step.predicate === undefined) return;
  step.stages = step.predicate as NonNullable<Node['stages']>;
  delete step.predicate;
}

/** The step that a filter, focus or index after `target` belongs to. */
const lastStep = (target: PackageNode): PackageNode => (target.type === 'path' ? part(target.steps?.at(-1)) : target);

/** `target[condition]` @throws ExpressionError S0209 after a grouping; S0217 */
export function filtered(ancestry: Ancestry, target: PackageNode, conditionOf: () => PackageNode, position: number): PackageNode {
  const step = lastStep(target);
  if (step.group !== undefined) throw new ExpressionError('S0209', { position });
  const condition = conditionOf();
  if (condition.seekingParent !== undefined) {
    for (const slot of condition.seekingParent) {
      if (slot.level === 1) seekParent(ancestry, step, slot);
      else slot.level--;
    }
    pushAncestry(step, condition);
  }
  const filter = { type: 'filter' as const, expr: condition, position };
  if (target.type === 'path') (step.stages ??= []).push(filter as unknown as NonNullable<Node['stages']>[number]);
  else (step.predicate ??= []).push(filter);
  return target;
}

/** `target{key: value}` @throws ExpressionError S0210 when there is a grouping already */
export function grouped(target: PackageNode, pairsOf: () => [Node, Node][], position: number): PackageNode {
  if (target.group !== undefined) throw new ExpressionError('S0210', { position });
  target.group = { lhs: pairsOf(), position };
  return target;
}

/** `target^(term, …)`: one more step of the path. @throws ExpressionError S0217 */
export function sorted(ancestry: Ancestry, target: PackageNode, termsOf: () => Term[], position: number): PackageNode {
  const path: PackageNode = target.type === 'path' ? target : { type: 'path', steps: [target] };
  const step: PackageNode = { type: 'sort', position };
  const terms = termsOf();
  for (const term of terms) pushAncestry(step, term.expression);
  step.terms = terms;
  part(path.steps).push(step);
  resolveAncestry(ancestry, path);
  return path;
}

/** `target@$name` @throws ExpressionError S0215 after a filter, S0216 after a sort */
export function focused(target: PackageNode, name: string, kept: boolean, position: number): PackageNode {
  const step = lastStep(target);
  if (step.stages !== undefined || step.predicate !== undefined) throw new ExpressionError('S0215', { position });
  if (step.type === 'sort') throw new ExpressionError('S0216', { position });
  if (kept) step.keepArray = true;
  step.focus = name;
  step.tuple = true;
  return target;
}

/** `target#$name` */
export function indexed(target: PackageNode, name: string, position: number): PackageNode {
  const step = lastStep(target);
  const path: PackageNode = target.type === 'path' ? target : { type: 'path', steps: [target] };
  if (path !== target) predicateToStages(step);
  if (step.stages === undefined) step.index = name;
  else step.stages.push({ type: 'index', value: name, position } as NonNullable<Node['stages']>[number]);
  step.tuple = true;
  return path;
}
