import { type Node, part } from '../ast.ts';
import { ExpressionError } from '../error.ts';
import { type Ancestry, type PackageNode, parentNode, pushAncestry } from './package-ancestry.ts';
import { filtered, focused, grouped, indexed, joined, sorted } from './package-path.ts';
import type { Syntax } from './parse.ts';
import { positionOf } from './position.ts';
import type { ConditionNode, Expression, SyntaxNode } from './tree.ts';

/**
 * The tree that the `jsonata` package makes of the same text, as `parse` of `ast.ts` gives it: with its paths, stages,
 * tail calls and parent slots. A signature has its definition alone. A chain of `??` or `?:` on the left side of each
 * other doubles at each level, here as there.
 * @throws ExpressionError S0209, S0210, S0213, S0215, S0216 or S0217: what the package finds wrong in a text of right form
 */
export function toPackageTree(syntax: Syntax): Node {
  const root = convert([], syntax.root, false);
  if (root.type === 'parent' || root.seekingParent !== undefined) {
    throw new ExpressionError('S0217', { token: root.type, ...(root.position === undefined ? {} : { position: root.position }) });
  }
  return root;
}

/** Converts a node; `kept` says that a `[]` follows, perhaps behind filters. */
function convert(ancestry: Ancestry, node: SyntaxNode, kept: boolean): PackageNode {
  switch (node.kind) {
    case 'keep':
      return convert(ancestry, node.target, true);
    case 'filter':
      // The package marks what stands before all filters, so the mark goes further in.
      return filtered(ancestry, convert(ancestry, node.target, kept), () => convert(ancestry, node.condition, false), node.open + 1);
    case 'name':
      return nameTree(node.value, node.end, kept);
    case 'focus': {
      const focus = focused(convert(ancestry, node.target, false), node.variable.name, kept, positionOf(node));
      return marked(focus, kept);
    }
    default:
      return marked(plain(ancestry, node), kept);
  }
}

function marked(node: PackageNode, kept: boolean): PackageNode {
  if (kept) node.keepArray = true;
  return node;
}

function nameTree(value: string, position: number, kept: boolean): PackageNode {
  const keep = kept ? { keepArray: true } : {};
  return { type: 'path', steps: [{ type: 'name', value, position, ...keep }], ...(kept ? { keepSingletonArray: true } : {}), ...keep };
}

type Plain = Exclude<SyntaxNode, { kind: 'keep' | 'filter' | 'name' | 'focus' }>;

function plain(ancestry: Ancestry, node: Plain): PackageNode {
  const position = positionOf(node);
  const of = (child: SyntaxNode): PackageNode => convert(ancestry, child, false);
  /** A node made of parts that hand on their open `%`. */
  const whole = (type: string, value: unknown): PackageNode => ({ type, value, position });
  switch (node.kind) {
    case 'string':
    case 'number':
    case 'value':
      return whole(node.kind, node.value);
    case 'regex':
      return whole('regex', new RegExp(node.pattern, `${node.flags}g`));
    case 'variable':
      return whole('variable', node.name);
    case 'wildcard':
      return whole('wildcard', '*');
    case 'descendant':
      return whole('descendant', '**');
    case 'placeholder':
      return whole('operator', '?');
    case 'parent':
      return parentNode(ancestry);
    case 'path': {
      const [first, ...rest] = node.steps;
      return rest.reduce((left, step) => joined(ancestry, left, of(step)), of(part(first)));
    }
    case 'group':
      return grouped(of(node.target), () => node.pairs.map((pair) => [of(pair.key), of(pair.value)]), position);
    case 'sort':
      return sorted(
        ancestry,
        of(node.target),
        () => node.terms.map((t) => ({ descending: t.mark === '>', expression: of(t.expression) })),
        position,
      );
    case 'index':
      return indexed(of(node.target), node.variable.name, position);
    case 'call':
    case 'partial': {
      const call = whole(node.kind === 'call' ? 'function' : 'partial', '(');
      call.arguments = node.arguments.map((argument) => handingOn(call, of(argument)));
      call.procedure = of(node.callee);
      return call;
    }
    case 'lambda': {
      const parameters = node.parameters.map(of);
      const signature = node.signature === undefined ? {} : { signature: { definition: node.signature.definition } };
      return { type: 'lambda', arguments: parameters, ...signature, position, body: tailCalls(of(node.body)) };
    }
    case 'apply': {
      const lhs = of(node.left);
      const rhs = of(node.right);
      const keepArray = lhs.keepArray || rhs.keepArray;
      return { ...whole('apply', '~>'), lhs, rhs, ...(keepArray === undefined ? {} : { keepArray }) };
    }
    case 'bind': {
      const bind = whole('bind', ':=');
      bind.lhs = of(node.variable);
      bind.rhs = handingOn(bind, of(node.value));
      return bind;
    }
    case 'block':
      return block(node.expressions.map(of), position);
    case 'condition':
    case 'default':
    case 'coalesce':
      return condition(ancestry, node, position);
    case 'transform': {
      const tree: PackageNode = { type: 'transform', position, pattern: of(node.pattern), update: of(node.update) };
      if (node.removal) tree.delete = of(node.removal);
      return tree;
    }
    case 'array': {
      const array = whole('unary', '[');
      array.expressions = node.items.map((item) => handingOn(array, of(item)));
      return array;
    }
    case 'object': {
      const object = whole('unary', '{');
      object.lhs = node.pairs.map((pair) => {
        const key = handingOn(object, of(pair.key));
        return [key, handingOn(object, of(pair.value))];
      });
      return object;
    }
    case 'minus': {
      const operand = of(node.operand);
      if (operand.type === 'number') return Object.assign(operand, { value: -Number(operand.value) });
      const minus = whole('unary', '-');
      minus.expression = handingOn(minus, operand);
      return minus;
    }
    case 'range':
    case 'binary': {
      const binary = whole('binary', node.kind === 'range' ? '..' : node.operator);
      const [lhs, rhs] = node.kind === 'range' ? [of(node.from), of(node.to)] : [of(node.left), of(node.right)];
      binary.lhs = handingOn(binary, lhs);
      binary.rhs = handingOn(binary, rhs);
      return binary;
    }
    default:
      throw new Error(`A ${node.kind} is not converted by itself.`);
  }
}

function handingOn(whole: PackageNode, from: PackageNode): PackageNode {
  pushAncestry(whole, from);
  return from;
}

function block(expressions: PackageNode[], position: number): PackageNode {
  const tree: PackageNode = { type: 'block', position, expressions };
  for (const one of expressions) {
    pushAncestry(tree, one);
    if (one.consarray || (one.type === 'path' && one.steps?.[0]?.consarray)) tree.consarray = true;
  }
  return tree;
}

type Choice = ConditionNode | Extract<Expression, { kind: 'default' | 'coalesce' }>;

/** The package makes a condition of `?:` and `??` too, with the left side in it twice. */
function condition(ancestry: Ancestry, node: Choice, position: number): PackageNode {
  const tree: PackageNode = { type: 'condition', position };
  const of = (child: Expression): PackageNode => handingOn(tree, convert(ancestry, child, false));
  if (node.kind === 'condition') {
    tree.condition = of(node.condition);
    const then = of(node.then);
    return Object.assign(tree, { then }, node.otherwise ? { else: of(node.otherwise) } : {});
  }
  if (node.kind === 'default') tree.condition = of(node.left);
  else {
    const exists: PackageNode = { type: 'function', value: '(' };
    exists.arguments = [handingOn(exists, convert(ancestry, node.left, false))];
    exists.procedure = { type: 'variable', value: 'exists' };
    tree.condition = handingOn(tree, exists);
  }
  const then = of(node.left);
  return Object.assign(tree, { then, else: of(node.right) });
}

/** Wraps what a function's body ends in into a thunk where that is a call, so that tail calls do not grow the stack. */
function tailCalls(node: Node): Node {
  if (node.type === 'function' && !node.predicate) {
    return { type: 'lambda', thunk: true, arguments: [], ...(node.position === undefined ? {} : { position: node.position }), body: node };
  }
  if (node.type === 'condition') {
    const then = tailCalls(part(node.then));
    Object.assign(node, { then });
    if (node.else !== undefined) node.else = tailCalls(node.else);
  } else if (node.type === 'block') {
    const expressions = part(node.expressions);
    const last = expressions.pop();
    if (last !== undefined) expressions.push(tailCalls(last));
  }
  return node;
}
