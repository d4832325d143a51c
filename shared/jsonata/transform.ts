import { type Node, part } from './ast.ts';
import { ExpressionError } from './error.ts';
import { applyFunction, functionValue } from './function-value.ts';
import { compileNode } from './node.ts';
import { charge } from './run.ts';
import { type Evaluator, type Frame, lookup, type Scope } from './scope.ts';
import { compileSignature } from './signature.ts';
import { fieldSteps, isFunction, isObject, isStrings, keysOf, setField } from './value.ts';

const signature = compileSignature('<(oa):o>');

/** Compiles `| pattern | update, delete |`: a function that answers a changed copy of its argument. */
export function compileTransform(node: Node, scope: Scope): Evaluator {
  const pattern = compileNode(part(node.pattern), scope);
  const update = compileNode(part(node.update), scope);
  const remove = node.delete === undefined ? undefined : compileNode(node.delete, scope);
  const clone = lookup(scope, 'clone');
  const updateAt = node.update?.position ?? 0;
  const deleteAt = node.delete?.position ?? 0;

  const change = (match: unknown, frame: Frame): void => {
    charge(1);
    const made = update(match, frame);
    if (made !== undefined) {
      if (!isObject(made)) throw new ExpressionError('T2011', { position: updateAt, value: made });
      if (isObject(match) || Array.isArray(match)) {
        const names = keysOf(made);
        charge(names.length * fieldSteps);
        for (const key of names) setField(match as Record<string, unknown>, key, made[key]);
      }
    }
    if (remove === undefined) return;
    const unwanted = remove(match, frame);
    if (unwanted === undefined) return;
    const keys = Array.isArray(unwanted) ? unwanted : [unwanted];
    if (!isStrings(keys)) throw new ExpressionError('T2012', { position: deleteAt, value: unwanted });
    charge(keys.length);
    if (typeof match === 'object' && match !== null) for (const key of keys) delete (match as Record<string, unknown>)[key];
  };

  return (_input, frame) =>
    functionValue({
      arity: 1,
      signature,
      invoke: ([target]) => {
        if (target === undefined) return undefined;
        const copy = clone(frame);
        if (!isFunction(copy)) throw new ExpressionError('T2013', { position: node.position ?? 0 });
        const result = applyFunction(copy, [target], null, undefined, frame);
        const matches = pattern(result, frame);
        if (matches !== undefined) for (const match of Array.isArray(matches) ? matches : [matches]) change(match, frame);
        return result;
      },
    });
}
