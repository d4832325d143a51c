/** A piece of the text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

interface Of<Kind extends string> extends Span {
  kind: Kind;
}

/** A construct between two brackets; `open` and `close` are the offsets of the brackets themselves. */
interface Bracketed {
  open: number;
  close: number;
}

/** A field name; `quoted` when it stands in backticks. */
export interface NameNode extends Of<'name'> {
  value: string;
  quoted: boolean;
}
/** A string literal; `value` has its escapes resolved. */
export interface StringNode extends Of<'string'> {
  value: string;
}
export interface NumberNode extends Of<'number'> {
  value: number;
}
/** `true`, `false` or `null`. */
export interface ValueNode extends Of<'value'> {
  value: boolean | null;
}
/** A regular expression literal; `flags` are those in the text. */
export interface RegexNode extends Of<'regex'> {
  pattern: string;
  flags: string;
}
/** A variable; `name` is without the dollar sign: empty for the context `$`, `$` for the root `$$`. */
export interface VariableNode extends Of<'variable'> {
  name: string;
}
/** `*` */
export type WildcardNode = Of<'wildcard'>;
/** `**` */
export type DescendantNode = Of<'descendant'>;
/** `%` */
export type ParentNode = Of<'parent'>;

/** `a.b.c`: at least two steps, flat. A filter, grouping or sort on the way is a step that wraps what stands before it. */
export interface PathNode extends Of<'path'> {
  steps: Expression[];
  /** Offsets of the dots between the steps. */
  dots: number[];
}
/** `target[condition]`: a predicate or an index into a list. */
export interface FilterNode extends Of<'filter'>, Bracketed {
  target: Expression;
  condition: Expression;
}
/** `target[]`: one value stays a list. */
export interface KeepNode extends Of<'keep'>, Bracketed {
  target: Expression;
}
/** `target{key: value}`: group-by. */
export interface GroupNode extends Of<'group'>, Bracketed {
  target: Expression;
  pairs: PairNode[];
}
/** `target^(term, …)`; `operator` is the offset of `^`. */
export interface SortNode extends Of<'sort'>, Bracketed {
  target: Expression;
  operator: number;
  terms: TermNode[];
}
/** `target@$v`; `operator` is the offset of `@`. */
export interface FocusNode extends Of<'focus'> {
  target: Expression;
  operator: number;
  variable: VariableNode;
}
/** `target#$i`; `operator` is the offset of `#`. */
export interface IndexNode extends Of<'index'> {
  target: Expression;
  operator: number;
  variable: VariableNode;
}
/** `callee(argument, …)` */
export interface CallNode extends Of<'call'>, Bracketed {
  callee: Expression;
  arguments: Expression[];
}
/** A call with at least one `?` among its arguments. */
export interface PartialNode extends Of<'partial'>, Bracketed {
  callee: Expression;
  arguments: (Expression | PlaceholderNode)[];
}
/** `function($a, $b)<signature>{body}`; `open` and `close` are the parentheses, `bodyOpen` and `bodyClose` the braces. */
export interface LambdaNode extends Of<'lambda'>, Bracketed {
  /** The word `function` or `λ`. */
  keyword: Expression;
  /** Variables; the language also lets `$a[]` pass. */
  parameters: Expression[];
  signature?: SignatureNode;
  bodyOpen: number;
  body: Expression;
  bodyClose: number;
}
/** `left ~> right` */
export interface ApplyNode extends Of<'apply'> {
  left: Expression;
  operator: number;
  right: Expression;
}
/** `$v := value`; the variable may stand as `$v[]`. */
export interface BindNode extends Of<'bind'> {
  variable: Expression;
  operator: number;
  value: Expression;
}
/** `(a; b; c)`; a block of one expression is how parentheses group. */
export interface BlockNode extends Of<'block'>, Bracketed {
  expressions: Expression[];
}
/** `condition ? then : otherwise`; `question` and `colon` are offsets. */
export interface ConditionNode extends Of<'condition'> {
  condition: Expression;
  question: number;
  then: Expression;
  colon?: number;
  otherwise?: Expression;
}
/** `left ?: right`: the right side where the left is empty. */
export interface DefaultNode extends Of<'default'> {
  left: Expression;
  operator: number;
  right: Expression;
}
/** `left ?? right`: the right side where the left is missing. */
export interface CoalesceNode extends Of<'coalesce'> {
  left: Expression;
  operator: number;
  right: Expression;
}
/** `|pattern|update, removal|` */
export interface TransformNode extends Of<'transform'>, Bracketed {
  pattern: Expression;
  update: Expression;
  removal?: Expression;
}
/** `[item, from..to]` */
export interface ArrayNode extends Of<'array'>, Bracketed {
  items: (Expression | RangeNode)[];
}
/** `{key: value, …}` */
export interface ObjectNode extends Of<'object'>, Bracketed {
  pairs: PairNode[];
}
/** `-operand` */
export interface MinusNode extends Of<'minus'> {
  operand: Expression;
}

/** The operators of a {@link BinaryNode}. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '&' | '=' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or' | 'in';

/** `left + right` and its like; `at` is the offset of the operator. */
export interface BinaryNode extends Of<'binary'> {
  operator: BinaryOperator;
  left: Expression;
  at: number;
  right: Expression;
}

/** `from..to` as an item of an array; no expression of its own. */
export interface RangeNode extends Of<'range'> {
  from: Expression;
  operator: number;
  to: Expression;
}
/** `key: value` of an object or a grouping; `colon` is an offset. */
export interface PairNode extends Of<'pair'> {
  key: Expression;
  colon: number;
  value: Expression;
}
/** A term of a sort; `mark` is what is written before it. */
export interface TermNode extends Of<'term'> {
  mark: '' | '<' | '>';
  expression: Expression;
}
/** `?` in a call that is applied in part. */
export type PlaceholderNode = Of<'placeholder'>;
/** `<n-n:n>` of a lambda; `definition` is without white space and comments. */
export interface SignatureNode extends Of<'signature'> {
  definition: string;
}

/** A node whose text is an expression by itself. */
export type Expression =
  | (NameNode | StringNode | NumberNode | ValueNode | RegexNode | VariableNode | WildcardNode | DescendantNode | ParentNode)
  | (PathNode | FilterNode | KeepNode | GroupNode | SortNode | FocusNode | IndexNode)
  | (CallNode | PartialNode | LambdaNode | ApplyNode | BindNode | BlockNode | TransformNode)
  | (ConditionNode | DefaultNode | CoalesceNode | ArrayNode | ObjectNode | MinusNode | BinaryNode);

/** Any node: an expression or a part of one. */
export type SyntaxNode = Expression | RangeNode | PairNode | TermNode | PlaceholderNode | SignatureNode;

/** The nodes directly below a node, in the order of the text. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  switch (node.kind) {
    case 'path':
      return node.steps;
    case 'filter':
      return [node.target, node.condition];
    case 'keep':
      return [node.target];
    case 'group':
      return [node.target, ...node.pairs];
    case 'sort':
      return [node.target, ...node.terms];
    case 'focus':
    case 'index':
      return [node.target, node.variable];
    case 'call':
    case 'partial':
      return [node.callee, ...node.arguments];
    case 'lambda':
      return [node.keyword, ...node.parameters, ...(node.signature ? [node.signature] : []), node.body];
    case 'apply':
    case 'default':
    case 'coalesce':
    case 'binary':
      return [node.left, node.right];
    case 'bind':
      return [node.variable, node.value];
    case 'block':
      return node.expressions;
    case 'condition':
      return node.otherwise ? [node.condition, node.then, node.otherwise] : [node.condition, node.then];
    case 'transform':
      return node.removal ? [node.pattern, node.update, node.removal] : [node.pattern, node.update];
    case 'array':
      return node.items;
    case 'object':
      return node.pairs;
    case 'minus':
      return [node.operand];
    case 'range':
      return [node.from, node.to];
    case 'pair':
      return [node.key, node.value];
    case 'term':
      return [node.expression];
    default:
      return [];
  }
}

/** Whether the text of a node is an expression by itself. */
export function isExpression(node: SyntaxNode): node is Expression {
  return !['range', 'pair', 'term', 'placeholder', 'signature'].includes(node.kind);
}

/** The node below any `[]` that keep its value a list. */
export function withoutKeep(node: Expression): Expression {
  let inner = node;
  while (inner.kind === 'keep') inner = inner.target;
  return inner;
}
