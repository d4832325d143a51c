import { childrenOf, type Span, type SyntaxNode } from '../../jsonata/syntax/tree.ts';
import { isPlainPath } from '../chip.ts';
import type { Rule } from '../rule.ts';
import type { OpenView } from '../view.ts';

/** A row whose values are noted, and the loops around it, from the outside. */
export interface Probe {
  rule: string;
  loops: readonly string[];
}

/** A mapping whose rows report what they make; its value is that of the mapping. */
export interface Probed {
  text: string;
  /** By the number that a call of {@link names} names first. */
  probes: readonly Probe[];
  /** Loops and groupings in the order in which they are named by number. */
  loops: readonly Probe[];
  /** The functions that the text calls, without the dollar sign. */
  names: ProbeNames;
  /** The offset in the mapping of an offset in `text`. */
  origin(offset: number): number;
}

/** What a mapping with probes calls: for a row whose failure ends there, for one that is only noted, for each item of a loop. */
export interface ProbeNames {
  attempt: string;
  note: string;
  item: string;
}

/** Code that is written in the place of rows: null for one that failed where it could not be caught, an expression to see what it would give. */
export type Replacements = ReadonlyMap<string, string>;

/**
 * Rewrites a mapping so that every row is handed to a function that notes its value: `{"a": b}` becomes
 * `{"a": $attempt(0, function(){$note(-1, b)})}`. A failing row then gives nothing, and the others go on. Bodies of own functions
 * are left as they are, because they run as often as they are called.
 */
export function probed(view: Pick<OpenView, 'text' | 'root' | 'syntax'>, replacements: Replacements = new Map()): Probed {
  const names = freshNames(view.text);
  const writer: Writer = {
    view,
    names,
    replacements,
    pieces: [],
    length: 0,
    starts: [],
    probes: [],
    loops: [],
    parents: view.text.includes('%') ? parentsIn(view.syntax.root) : [],
  };
  const { start, end } = view.root.span;
  copy(writer, 0, start);
  write(writer, view.root, [], 'value');
  copy(writer, end, view.text.length);
  const { probes, loops, starts } = writer;
  return { text: writer.pieces.join(''), probes, loops, names, origin: (offset) => originIn(starts, offset) };
}

interface Writer {
  view: Pick<OpenView, 'text' | 'root' | 'syntax'>;
  names: ProbeNames;
  replacements: Replacements;
  pieces: string[];
  length: number;
  /** Where pieces of the mapping begin in the new text, and where they came from. */
  starts: { at: number; from: number; end: number }[];
  probes: Probe[];
  loops: Probe[];
  /** Where `%` stands: a function around it would hide its item. */
  parents: readonly Span[];
}

function freshNames(text: string): ProbeNames {
  const taken = (end: string) => ['attempt', 'note', 'item'].some((name) => text.includes(`$${name}__${end}`));
  let end = '';
  for (let n = 0; taken(end); n++) end = String(n);
  return { attempt: `attempt__${end}`, note: `note__${end}`, item: `item__${end}` };
}

function put(writer: Writer, text: string): void {
  writer.pieces.push(text);
  writer.length += text.length;
}

function copy(writer: Writer, start: number, end: number): void {
  if (start >= end) return;
  writer.starts.push({ at: writer.length, from: start, end });
  put(writer, writer.view.text.slice(start, end));
}

function originIn(starts: Writer['starts'], offset: number): number {
  let found: Writer['starts'][number] | undefined;
  for (const start of starts) {
    // An offset stands behind the token that it is about.
    if (start.at >= offset) break;
    found = start;
  }
  return found === undefined ? 0 : Math.min(found.from + offset - found.at, found.end);
}

/** What a place takes: any value, an item of a list written out (where a list is no list of its own in a call), a step. */
type Place = 'value' | 'item' | 'body';

function write(writer: Writer, rule: Rule, loops: readonly string[], place: Place): void {
  const replacement = writer.replacements.get(rule.id);
  if (replacement !== undefined) {
    wrapped(writer, rule, loops, false, () => put(writer, `(${replacement})`));
    return;
  }
  const inside = () => writeParts(writer, rule, loops);
  if (rule.kind === 'helper') copy(writer, rule.span.start, rule.span.end);
  else if (!isNoted(writer, rule, place)) inside();
  else wrapped(writer, rule, loops, cannotFail(rule) || holdsParent(writer, rule), inside);
}

function wrapped(writer: Writer, rule: Rule, loops: readonly string[], plain: boolean, inside: () => void): void {
  const number = writer.probes.push({ rule: rule.id, loops }) - 1;
  const { attempt, note } = writer.names;
  // Inside the function the rule is an argument: as its last act, a call would lose the item that it is made on.
  put(writer, plain ? `$${note}(${number}, ` : `$${attempt}(${number}, function(){$${note}(-1, `);
  inside();
  put(writer, plain ? ')' : ')})');
}

/** Objects say nothing that their fields do not say. */
function isNoted({ view }: Writer, { kind, node, span }: Rule, place: Place): boolean {
  if (place === 'body' || kind === 'helper' || node.kind === 'bind' || node.kind === 'lambda') return false;
  if (kind === 'object') return node.kind === 'object' && node.pairs.some(({ key }) => key.kind !== 'string');
  // A list in a list is one item of it only where it is written out there.
  return place !== 'item' || view.text[span.start] !== '[';
}

/** Copies, fixed values and texts joined of these: most rows, which need nobody to catch their failure. */
function cannotFail(rule: Rule): boolean {
  if (rule.kind === 'copy' || rule.kind === 'constant') return true;
  return rule.kind === 'template' && rule.chip.parts.every((part) => part.kind === 'literal' || isPlainPath(part));
}

const holdsParent = ({ parents }: Writer, { span }: Rule): boolean => parents.some(({ start }) => start >= span.start && start < span.end);

function parentsIn(root: SyntaxNode): Span[] {
  const found: Span[] = [];
  const walk = (node: SyntaxNode) => {
    if (node.kind === 'parent') found.push(node);
    for (const child of childrenOf(node)) walk(child);
  };
  walk(root);
  return found;
}

/** A rule below another, in the place where it stands. */
interface Part {
  rule: Rule;
  place: Place;
  /** Is run for each item of its parent. */
  each?: true;
}

function partsOf(rule: Rule): Part[] {
  switch (rule.kind) {
    case 'object':
      return rule.fields.map((field) => ({ rule: field.rule, place: 'value' }));
    case 'group':
      return rule.fields.map((field) => ({ rule: field.rule, place: 'value', each: true }));
    case 'list':
    case 'merge':
      return rule.items.map((item) => ({ rule: item, place: 'item' }));
    case 'loop':
      return [{ rule: rule.body, place: 'body', each: true }];
    case 'choice': {
      const values = rule.branches.map(({ value }) => value);
      return [...values, ...(rule.otherwise ? [rule.otherwise] : [])].map((value) => ({ rule: value, place: 'value' }));
    }
    case 'default':
      return [rule.value, rule.fallback].map((value) => ({ rule: value, place: 'value' }));
    case 'table':
      return rule.otherwise ? [{ rule: rule.otherwise, place: 'value' }] : [];
    case 'scope':
      return [...rule.variables.map((variable) => variable.rule), rule.body].map((value) => ({ rule: value, place: 'value' }));
    default:
      return [];
  }
}

function writeParts(writer: Writer, rule: Rule, loops: readonly string[]): void {
  const parts = partsOf(rule);
  const each = parts.some((part) => part.each);
  const inner = each ? [...loops, rule.id] : loops;
  const number = each ? writer.loops.push({ rule: rule.id, loops }) - 1 : -1;
  let at = rule.span.start;
  for (const part of parts) {
    const { start, end } = part.rule.span;
    copy(writer, at, start);
    if (part.each) put(writer, `($${writer.names.item}(${number}); `);
    write(writer, part.rule, inner, part.place);
    if (part.each) put(writer, ')');
    at = end;
  }
  copy(writer, at, rule.span.end);
}
