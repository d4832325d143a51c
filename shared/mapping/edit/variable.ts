import { childrenOf, type Span, type SyntaxNode, type VariableNode } from '../../jsonata/syntax/tree.ts';
import type { ScopeRule, Variable } from '../rule.ts';
import { allRules } from '../rule.ts';
import { type OpenView, ruleById } from '../view.ts';
import { type Edited, edited, refused } from './edit.ts';
import { fragmentOf } from './fragment.ts';
import { beginsLine, indentAt, removed } from './layout.ts';

const names = /^[A-Za-z_]\w*$/;

/**
 * Adds a variable (or a helper, where `code` is a function) for the whole mapping, or in the scope with the id `at`.
 * The first one wraps the mapping once; the old text stands in the brackets as it was.
 */
export function addVariable(view: OpenView, name: string, code: string, at?: string): Edited {
  const read = fragmentOf(code);
  if (!read.ok) return read;
  if (!names.test(name)) return badName(name);
  const { text } = view;
  const scope = at === undefined ? view.root : ruleById(view, at);
  const bind = `$${name} := ${code}`;
  if (scope?.kind === 'scope') {
    if (scope.variables.some((variable) => variable.name === name)) return refused('name', `There is a variable $${name} already.`);
    const before = scope.body.span.start;
    const gap = beginsLine(text, before) ? `;\n${indentAt(text, before)}` : '; ';
    // Directly before the body, below the remarks that head it, and after all variables that it may use.
    return edited(text, [{ start: before, end: before, insert: bind + gap }]);
  }
  if (at !== undefined) return refused('row', 'Variables can be added to the mapping or to a scope.');
  const lines = text.includes('\n');
  const { start, end } = view.syntax.root;
  return edited(text, [
    { start, end: start, insert: lines ? `(\n  ${bind};\n` : `( ${bind}; ` },
    { start: end, end, insert: lines ? '\n)' : ' )' },
  ]);
}

/** Gives a variable another name, here and wherever it is used. `id` is that of the variable's rule. */
export function renameVariable(view: OpenView, id: string, name: string): Edited {
  const found = variableOf(view, id);
  if (found === undefined) return refused('row', 'There is no such variable any more.');
  if (!names.test(name)) return badName(name);
  const { scope, variable } = found;
  const all = namesIn(view, scope.span);
  if (name !== variable.name && all.some((one) => one.name === name)) return refused('name', `$${name} is in use already.`);
  const spans = usesOf(view, scope, variable).map(({ start, end }) => ({ start, end, insert: `$${name}` }));
  return edited(view.text, spans);
}

/** Takes away a variable that nothing uses. */
export function removeVariable(view: OpenView, id: string): Edited {
  const found = variableOf(view, id);
  if (found === undefined) return refused('row', 'There is no such variable any more.');
  const { scope, variable } = found;
  const own = usesOf(view, scope, variable).filter(({ start }) => start < variable.span.start || start >= variable.span.end);
  if (own.length > 0) return refused('used', `$${variable.name} is used in ${own.length} ${own.length === 1 ? 'place' : 'places'}.`);
  return edited(
    view.text,
    removed(
      view,
      scope.variables.map(({ span }) => span),
      scope.variables.indexOf(variable),
    ),
  );
}

function variableOf(view: OpenView, id: string): { scope: ScopeRule; variable: Variable } | undefined {
  for (const scope of allRules(view.root)) {
    if (scope.kind !== 'scope') continue;
    const variable = scope.variables.find(({ rule }) => rule.id === id);
    if (variable !== undefined) return { scope, variable };
  }
  return undefined;
}

/** All places of a scope where the variable stands, its own among them; a name that a block or function takes again does not count. */
function usesOf(view: OpenView, scope: ScopeRule, { name }: Variable): Span[] {
  return namedIn(scope.node, name).filter(({ start }) => view.text[start] === '$');
}

/** Where a variable of a block or of a function stands in it. */
export function namedIn(owner: SyntaxNode, name: string): Span[] {
  const found: Span[] = [];
  const walk = (node: SyntaxNode) => {
    if (node !== owner && takesAgain(node, name)) return;
    if (node.kind === 'variable' && node.name === name) found.push({ start: node.start, end: node.end });
    for (const child of childrenOf(node)) walk(child);
  };
  walk(owner);
  return found;
}

function takesAgain(node: SyntaxNode, name: string): boolean {
  if (node.kind === 'lambda') return node.parameters.some((one) => one.kind === 'variable' && one.name === name);
  return node.kind === 'block' && node.expressions.some((one) => one.kind === 'bind' && isNamed(one.variable, name));
}

const isNamed = (node: SyntaxNode, name: string): boolean => node.kind === 'variable' && node.name === name;

function namesIn(view: OpenView, span: Span): VariableNode[] {
  const found: VariableNode[] = [];
  const walk = (node: SyntaxNode) => {
    if (node.kind === 'variable' && node.start >= span.start && node.end <= span.end) found.push(node);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(view.syntax.root);
  return found;
}

const badName = (name: string): Edited => refused('name', `"${name}" cannot name a variable: letters, digits and _ only, no digit first.`);
