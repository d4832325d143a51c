import { isList, type Shape, type Field as ShapeField } from '../../shape/shape.ts';
import type { Chip } from '../chip.ts';
import { type Field, type Rule, rulesIn, type ScopeRule, type Variable } from '../rule.ts';
import { type TargetPath, type TargetStep, targetText } from '../target.ts';
import type { OpenView } from '../view.ts';
import type { TreeNode } from './tree.ts';

/**
 * What a row of the target is: the result itself; a field; an item of a fixed list; what a loop makes for each item where
 * that is no object; one of several objects made one; a branch, the rest, or what stands in; the heading of the
 * variables, or one of them; the place where a field (or variable) is added by name.
 */
export type TargetKind =
  | 'result'
  | 'field'
  | 'item'
  | 'items'
  | 'part'
  | 'branch'
  | 'otherwise'
  | 'stand-in'
  | 'variables'
  | 'variable'
  | 'add';

/** A row of the target: what the result should have, and what the mapping makes of it. */
export interface TargetNode extends TreeNode<TargetNode> {
  kind: TargetKind;
  /** What it is called, without the place around it. */
  label: string;
  path: TargetPath;
  /** Where it is made: `rest` leads there from the rule with this id. Nothing while the mapping is blank. */
  from: { rule: string; rest: TargetPath } | undefined;
  /** The rule that stands here. */
  rule: Rule | undefined;
  /** Of a branch. */
  condition: Chip | undefined;
  shape: Shape | undefined;
  required: boolean;
  /** It has no rule of its own, but a rule above it makes it, or may. */
  inherited: boolean;
  /** The remarks at its field. */
  notes: readonly string[];
  /** The loops it is in, by the ids of their rules, outermost first. */
  loops: readonly string[];
}

/** The rows of the target, and the row that shows each rule: that of its own, or the one it stands in. */
export interface TargetTree {
  roots: readonly TargetNode[];
  /** The result itself; where it is an object, it has no row. */
  root: TargetNode;
  /** Keys of rows by rule id. */
  homes: ReadonlyMap<string, string>;
}

interface Around {
  text: string;
  /** The rule from which missing places below are reached, and its place. */
  owner?: { rule: string; path: TargetPath };
  loops: readonly string[];
  inherited: boolean;
  taken: Set<string>;
}

/** The rows of what a mapping should make and does make. The fields of the shape come first, in its order; then all others. */
export function targetTree(view: OpenView | undefined, shape: Shape): TargetTree {
  const around: Around = { text: view?.text ?? '', loops: [], inherited: false, taken: new Set() };
  const scopes: ScopeRule[] = [];
  let body = view?.root;
  while (body?.kind === 'scope') {
    scopes.push(body);
    body = body.body;
  }
  const known = shape.kinds.length > 0 ? shape : undefined;
  const root = node(around, {
    kind: 'result',
    label: 'Result',
    path: [],
    ...(view ? { rule: view.root } : {}),
    ...(known ? { shape: known } : {}),
  });
  // Variables of the whole mapping have a place of their own.
  const within = root.children.filter(({ kind }) => kind !== 'variable');
  const plain = body?.kind === 'object' || (body === undefined && known?.fields !== undefined);
  const roots = plain ? within : [{ ...root, children: within }];
  // What is no object yet can become one, or be one beside others.
  if (!plain && known === undefined && (body === undefined || joinable.has(body.kind))) roots.push(adding(around, [], body?.id));
  const variables = scopes.flatMap((scope) => variableNodes({ ...around, loops: [] }, scope));
  if (variables.length > 0) {
    const add = adding(around, [], scopes[0]?.id, '$+');
    roots.push({ ...emptyNode('variables', '$', 'Variables and own functions', []), opened: true, children: [...variables, add] });
  }
  const homes = new Map<string, string>();
  if (view !== undefined) settle(view.root, '', homes, ownRules([root, ...roots]));
  return { roots, root, homes };
}

const joinable: ReadonlySet<Rule['kind']> = new Set(['copy', 'pick', 'lookup', 'function', 'code']);

function emptyNode(kind: TargetKind, key: string, label: string, path: TargetPath): TargetNode {
  const nothing = { from: undefined, rule: undefined, condition: undefined, shape: undefined, children: none, notes: none, loops: none };
  return { kind, key, label, path, ...nothing, required: false, inherited: false, opened: false };
}

const none: readonly never[] = [];

interface Made {
  kind: TargetKind;
  label: string;
  path: TargetPath;
  rule?: Rule | undefined;
  shape?: Shape | undefined;
  required?: boolean;
  condition?: Chip;
  notes?: readonly string[];
}

function node(around: Around, made: Made): TargetNode {
  const { kind, label, path, rule, shape } = made;
  const key = keyOf(around, kind, path, rule);
  around.taken.add(key);
  const { owner, inherited, loops } = around;
  const missing = owner && { rule: owner.rule, rest: path.slice(owner.path.length) };
  return {
    kind,
    key,
    label,
    path,
    from: rule === undefined ? missing : { rule: rule.id, rest: none },
    rule,
    condition: made.condition,
    shape,
    required: made.required === true,
    inherited: rule === undefined && inherited,
    notes: made.notes ?? none,
    loops,
    opened: rule === undefined ? !inherited && path.length < 6 : opensUp(rule),
    children: rule === undefined ? shapeNodes(around, shape, path) : ruleNodes(owned(around, rule, path), rule, shape, path),
  };
}

/** The same with a rule from which what is missing is reached. A rule without rows below needs none. */
function owned(around: Around, rule: Rule, path: TargetPath): Around {
  const { text, loops, inherited, taken } = around;
  return { text, loops, inherited, taken, owner: { rule: rule.id, path } };
}

/** The place as text where that tells the row from all others; else the id of its rule, or of the rule it is in. */
function keyOf({ taken, owner }: Around, kind: TargetKind, path: TargetPath, rule: Rule | undefined): string {
  if (rule !== undefined) {
    // The id of a rule is its place as text and a number.
    const end = rule.id.lastIndexOf('#');
    const place = rule.id.slice(0, end);
    return rule.id.endsWith('#0') && !taken.has(place) ? place : rule.id;
  }
  const place = targetText(path);
  const key = kind === 'add' ? `${place}+` : place;
  return taken.has(key) ? `${owner?.rule ?? ''}/${key}` : key;
}

/** Whether a rule is worth opening: what it holds does not stand in its own row. */
function opensUp(rule: Rule): boolean {
  switch (rule.kind) {
    case 'object':
    case 'list':
    case 'merge':
    case 'loop':
    case 'group':
      return true;
    case 'scope':
    case 'helper':
      return opensUp(rule.body);
    case 'choice':
    case 'default':
      return rulesIn(rule).some(opensUp);
    case 'table':
      return rule.otherwise !== undefined && opensUp(rule.otherwise);
    default:
      return false;
  }
}

function ruleNodes(around: Around, rule: Rule, shape: Shape | undefined, path: TargetPath): TargetNode[] {
  switch (rule.kind) {
    case 'scope':
      return [...variableNodes(around, rule), ...ruleNodes(around, rule.body, shape, path)];
    case 'helper':
      return opensUp(rule.body) ? ruleNodes(around, rule.body, undefined, path) : [];
    case 'object':
      return [...fieldNodes(around, rule.fields, shape, path), ...room(around, shape, path)];
    case 'group':
      return fieldNodes(around, rule.fields, undefined, path);
    case 'list':
      return rule.items.map((item, i) =>
        node(around, { kind: 'item', label: `Item ${i + 1}`, path: [...path, i], rule: item, shape: shape?.item }),
      );
    case 'merge':
      return mergeNodes(around, rule.items, shape, path);
    case 'loop':
      return loopNodes(around, rule, shape, path);
    case 'choice':
      return [
        ...rule.branches.map(({ condition, value }) =>
          node(around, { kind: 'branch', label: 'When', path, rule: value, condition, shape }),
        ),
        ...(rule.otherwise ? [node(around, { kind: 'otherwise', label: 'Otherwise', path, rule: rule.otherwise, shape })] : []),
      ];
    case 'default':
      return [
        ...(opensUp(rule.value)
          ? ruleNodes(around, rule.value, shape, path)
          : [node(around, { kind: 'part', label: 'Value', path, rule: rule.value })]),
        node(around, { kind: 'stand-in', label: absences[rule.mode], path, rule: rule.fallback, shape }),
      ];
    case 'table':
      return rule.otherwise ? [node(around, { kind: 'otherwise', label: 'Otherwise', path, rule: rule.otherwise })] : [];
    default:
      return shapeNodes({ ...around, inherited: true }, shape, path);
  }
}

const absences = { missing: 'If missing', missingOrNull: 'If missing or null', empty: 'If empty' } as const;

function loopNodes(around: Around, rule: Extract<Rule, { kind: 'loop' }>, shape: Shape | undefined, path: TargetPath): TargetNode[] {
  const inner: Around = { ...around, loops: [...around.loops, rule.id] };
  const { body } = rule;
  // A loop in a loop whose items go into the same list fills the same place.
  const place = runsOn(rule) ? path : [...path, null];
  const item = runsOn(rule) ? shape : shape?.item;
  if (makesFields(body)) return ruleNodes(owned(inner, body, place), body, item, place);
  return [node(inner, { kind: 'items', label: 'Each item', path: place, rule: body, shape: item })];
}

const runsOn = (rule: Extract<Rule, { kind: 'loop' }>): boolean => rule.body.target.length === rule.target.length;

function makesFields(rule: Rule): boolean {
  if (rule.kind === 'scope') return makesFields(rule.body);
  return rule.kind === 'object' || rule.kind === 'merge' || (rule.kind === 'loop' && runsOn(rule) && makesFields(rule.body));
}

function mergeNodes(around: Around, items: readonly Rule[], shape: Shape | undefined, path: TargetPath): TargetNode[] {
  const nodes: TargetNode[] = [];
  let brought = false;
  const made = new Set<string>();
  for (const item of items) {
    if (item.kind === 'object') {
      for (const { key } of item.fields) if (key !== undefined) made.add(key);
      nodes.push(...fieldNodes({ ...around, owner: { rule: item.id, path } }, item.fields, undefined, path, shape));
    } else {
      brought = true;
      nodes.push(node(around, { kind: 'part', label: 'Everything of', path, rule: item }));
    }
  }
  const rest = (shape?.fields ?? []).filter(({ name }) => !made.has(name));
  return [
    ...nodes,
    ...rest.map((field) => shapeNode({ ...around, inherited: brought || around.inherited }, field, path)),
    ...room(around, shape, path),
  ];
}

/** The fields of the shape with their rules, then the rules that the shape does not know. `about` only tells what is known of them. */
function fieldNodes(around: Around, fields: readonly Field[], shape: Shape | undefined, path: TargetPath, about = shape): TargetNode[] {
  const known = shape?.fields ?? [];
  const nodes: TargetNode[] = [];
  const used = new Set<Field>();
  for (const wanted of known) {
    const field = fields.find(({ key }) => key === wanted.name);
    if (field !== undefined) used.add(field);
    nodes.push(field === undefined ? shapeNode(around, wanted, path) : fieldNode(around, field, wanted, path));
  }
  for (const field of fields)
    if (!used.has(field))
      nodes.push(
        fieldNode(
          around,
          field,
          about?.fields?.find(({ name }) => name === field.key),
          path,
          about,
        ),
      );
  return nodes;
}

function fieldNode(around: Around, field: Field, wanted: ShapeField | undefined, path: TargetPath, about?: Shape): TargetNode {
  const { rule, key, keySpan, notes } = field;
  const step: TargetStep = key ?? (rule.target[path.length] as TargetStep);
  const shape = wanted?.shape ?? (key === undefined ? undefined : about?.others);
  return node(around, {
    kind: 'field',
    label: key ?? around.text.slice(keySpan.start, keySpan.end),
    path: [...path, step],
    rule,
    shape,
    required: wanted?.required === true,
    notes: notesOf(around, notes),
  });
}

/** Remarks without their marks. */
function notesOf({ text }: Around, spans: readonly { start: number; end: number }[]): string[] {
  return spans.map(({ start, end }) =>
    text
      .slice(start, end)
      .replace(/^\/\*+/, '')
      .replace(/\*+\/$/, '')
      .trim(),
  );
}

function shapeNodes(around: Around, shape: Shape | undefined, path: TargetPath): TargetNode[] {
  if (shape === undefined || shape.recursive) return [];
  if (shape.fields !== undefined) {
    const open = around.inherited ? [] : room(around, shape, path);
    return [...shape.fields.map((field) => shapeNode(around, field, path)), ...open];
  }
  return isList(shape) ? shapeNodes(around, shape.item, [...path, null]) : [];
}

function shapeNode(around: Around, { name, required, shape }: ShapeField, path: TargetPath): TargetNode {
  return node(around, { kind: 'field', label: name, path: [...path, name], shape, required });
}

/** The place to add a field, at the end of the whole result and of each object whose fields nobody has laid down. */
function room(around: Around, shape: Shape | undefined, path: TargetPath): TargetNode[] {
  if (path.some((step) => typeof step === 'object' && step !== null)) return [];
  const laidDown = shape?.fields !== undefined && shape.fields.length > 0;
  return [{ ...adding(around, path, around.owner?.rule), inherited: laidDown && path.length > 0 }];
}

function adding(around: Around, path: TargetPath, rule: string | undefined, key?: string): TargetNode {
  const place = key ?? keyOf(around, 'add', path, undefined);
  around.taken.add(place);
  const rest = around.owner === undefined ? [] : path.slice(around.owner.path.length);
  return {
    ...emptyNode('add', place, key === undefined ? 'New field' : 'New variable', path),
    ...(rule === undefined ? {} : { from: { rule, rest } }),
    loops: around.loops,
  };
}

function variableNodes(around: Around, scope: ScopeRule): TargetNode[] {
  return scope.variables
    .filter((variable) => !namesItem(variable))
    .map(({ name, rule, notes }) =>
      node(around, { kind: 'variable', label: `$${name}`, path: rule.target, rule, notes: notesOf(around, notes) }),
    );
}

/** `$item := $` is told by its loop. */
function namesItem({ rule }: Variable): boolean {
  return rule.kind === 'copy' && rule.chip.root.from === 'item' && rule.chip.steps.length === 0;
}

function ownRules(nodes: readonly TargetNode[]): Map<string, string> {
  const own = new Map<string, string>();
  const walk = (one: TargetNode): void => {
    if (one.rule !== undefined) own.set(one.rule.id, one.key);
    one.children.forEach(walk);
  };
  nodes.forEach(walk);
  return own;
}

function settle(rule: Rule, above: string, homes: Map<string, string>, own: ReadonlyMap<string, string>): void {
  const home = own.get(rule.id) ?? above;
  homes.set(rule.id, home);
  for (const inner of rulesIn(rule)) settle(inner, home, homes, own);
}
