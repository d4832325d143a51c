import type { Absence } from '../chip.ts';
import { conversionFor, type ValueType } from '../conversion.ts';
import { isPathLike } from '../project/path.ts';
import type { Rule } from '../rule.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, refused } from './edit.ts';
import { codeFor, type Fragment, fragmentOf, type Place, replacePart } from './fragment.ts';
import { keepOnly, noRow } from './rule.ts';

/** Lets a value stand in where the row's is absent. On a row that has a default already, mode and stand-in change. */
export function setDefault(view: OpenView, id: string, mode: Absence, fallback: string): Edited {
  const read = fragmentOf(fallback);
  if (!read.ok) return read;
  return rewrite(view, id, (rule) => {
    const value = rule.kind === 'default' ? rule.value : rule;
    const old = textOf(view, value);
    if (mode !== 'missingOrNull') return `${codeFor(old, 'operand')} ${mode === 'missing' ? '??' : '?:'} ${fallback}`;
    // What is more than a field is computed once.
    if (isPathLike(old.root)) return `${old.code} != null ? ${old.code} : ${fallback}`;
    return `($value := ${old.code}; $value != null ? $value : ${fallback})`;
  });
}

/** Lets a row count only under a condition; without `otherwise` there is no value when it does not hold. */
export function addCondition(view: OpenView, id: string, condition: string, otherwise?: string): Edited {
  const read = fragmentOf(condition);
  if (!read.ok) return read;
  const other = otherwise === undefined ? undefined : fragmentOf(otherwise);
  if (other?.ok === false) return other;
  return rewrite(view, id, (rule) => {
    const old = textOf(view, rule);
    const value = codeFor(old, 'branch');
    return `${codeFor(read.fragment, 'test')} ? ${value}${otherwise === undefined ? '' : ` : ${otherwise}`}`;
  });
}

/** Adds a branch to a choice, after the others and before "otherwise". */
export function addBranch(view: OpenView, id: string, condition: string, code: string): Edited {
  const [test, value] = [fragmentOf(condition), fragmentOf(code)];
  if (!test.ok) return test;
  if (!value.ok) return value;
  const rule = ruleById(view, id);
  if (rule?.kind !== 'choice') return refused('row', 'This row has no branches.');
  const branch = `${codeFor(test.fragment, 'test')} ? ${codeFor(value.fragment, 'branch')}`;
  const at = rule.otherwise?.span.start ?? rule.branches.at(-1)?.value.span.end ?? rule.span.end;
  return edited(view.text, [{ start: at, end: at, insert: rule.otherwise ? `${branch} : ` : ` : ${branch}` }]);
}

/** Puts a row's value into a function, before its other arguments: a conversion, a rounding, a change of case. */
export function wrapFunction(view: OpenView, id: string, name: string, others: readonly string[] = []): Edited {
  for (const one of others) {
    const read = fragmentOf(one);
    if (!read.ok) return read;
  }
  return rewrite(view, id, (rule) => `$${name}(${[textOf(view, rule).code, ...others].join(', ')})`);
}

/** Turns a row's value from one type into another. */
export function wrapConversion(view: OpenView, id: string, from: ValueType, to: ValueType): Edited {
  const conversion = conversionFor(from, to);
  if (conversion === undefined) return refused('row', `Nothing needs to be done to turn a ${from} into a ${to}.`);
  return rewrite(view, id, (rule) => conversion.code(operand(textOf(view, rule))));
}

/** Adds a text or field behind a row's value, with a separator (a text, not code) between them. */
export function joinText(view: OpenView, id: string, code: string, separator = ' '): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  const between = separator === '' ? '' : `${JSON.stringify(separator)} & `;
  return rewrite(view, id, (rule) => {
    const old = rule.kind === 'template' ? textOf(view, rule).code : operand(textOf(view, rule));
    return `${old} & ${between}${operand(read.fragment)}`;
  });
}

const operand = (fragment: Fragment, place: Place = 'operand'): string => codeFor(fragment, place);

/** Takes the outermost layer off a row: the default, the condition, the table, the last function, the `[…]`. */
export function unwrap(view: OpenView, id: string): Edited {
  const rule = ruleById(view, id);
  switch (rule?.kind) {
    case undefined:
      return noRow(id);
    case 'default':
      return keepOnly(view, rule.span, rule.value.span);
    case 'choice':
      return keepOnly(view, rule.span, (rule.branches[0]?.value ?? rule).span);
    case 'table':
      return keepOnly(view, rule.span, rule.input);
    case 'aggregate':
      return rule.chip.each === undefined ? keepOnly(view, rule.span, rule.chip.list) : nothingToTake();
    case 'function': {
      const { stages, input } = rule.chip;
      const inner = stages.length > 1 ? firstArgument(rule) : input;
      return inner === undefined ? nothingToTake() : keepOnly(view, rule.span, inner);
    }
    case 'copy':
    case 'pick':
    case 'lookup':
    case 'each':
      return rule.list ? keepOnly(view, rule.span, rule.chip) : nothingToTake();
    default:
      return nothingToTake();
  }
}

/** What goes into the last function of a pipeline. */
function firstArgument({ node }: Rule) {
  if (node.kind === 'apply') return node.left;
  return node.kind === 'call' ? node.arguments[0] : undefined;
}

const nothingToTake = (): Edited => refused('row', 'There is nothing around this row that could be taken off.');

function textOf(view: OpenView, { span }: Rule): Fragment {
  const read = fragmentOf(view.text.slice(span.start, span.end));
  if (!read.ok) throw new Error('A rule of the view is no expression by itself.');
  return read.fragment;
}

function rewrite(view: OpenView, id: string, write: (rule: Rule) => string): Edited {
  const rule = ruleById(view, id);
  return rule === undefined ? noRow(id) : replacePart(view, rule.span, write(rule));
}
