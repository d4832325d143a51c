import { children, type Node, part } from './ast.ts';

/**
 * Variables at run time: `[enclosing frame, tuple, ...slots]`. The tuple is a record of names that a path bound
 * beside its items; the slots are numbered when the expression is compiled. In expressions that use $eval, whose
 * text can name and bind any variable, slot 0 holds a Map instead.
 */
export type Frame = [parent: Frame | null, tuple: Record<string, unknown> | null, ...slots: unknown[]];

/** A compiled node: the value for a context item and the variables around it. */
export type Evaluator = (input: unknown, frame: Frame) => unknown;

/** Under which key a tuple holds a variable; no name can then be one that objects have by themselves. */
export function tupleKey(name: string): string {
  return `$${name}`;
}

/** Marks a slot that nothing was bound to yet; then the name is looked up further out. */
export const unset = Symbol('unset');

/** The names that one kind of frame holds, at compile time. */
export interface Scope {
  parent: Scope | null;
  /** Slot numbers by name. */
  slots: Map<string, number>;
  /** How many slots a new frame has; the outermost scope, which grows with use, makes its own frames. */
  size: number;
  /** Names that the frame's tuple may hold. */
  tuple: Set<string>;
  /** True where slot 0 is a Map of all names. */
  dynamic: boolean;
  /** True where the nesting of evaluations is counted, as the `depth` option asks. */
  counted: boolean;
}

/** A scope inside another, with these names bound in it. */
export function innerScope(parent: Scope, names: Iterable<string>, tuple: Set<string> = new Set()): Scope {
  const slots = new Map<string, number>();
  if (!parent.dynamic) for (const name of names) if (!slots.has(name)) slots.set(name, slots.size + 2);
  return { parent, slots, size: slots.size, tuple, dynamic: parent.dynamic, counted: parent.counted };
}

/** A new frame for a scope, with nothing bound. */
export function newFrame(scope: Scope, parent: Frame | null, tuple: Record<string, unknown> | null): Frame {
  if (scope.dynamic) return [parent, tuple, new Map<string, unknown>()];
  // Written out, since a literal is made much faster than an array that grows.
  switch (scope.size) {
    case 0:
      return [parent, tuple];
    case 1:
      return [parent, tuple, unset];
    case 2:
      return [parent, tuple, unset, unset];
    case 3:
      return [parent, tuple, unset, unset, unset];
    default: {
      const frame: Frame = [parent, tuple];
      for (let i = scope.size; i > 0; i--) frame.push(unset);
      return frame;
    }
  }
}

/** Binds a name in a frame of the scope. */
export function binder(scope: Scope, name: string): (frame: Frame, value: unknown) => void {
  if (scope.dynamic) return (frame, value) => void (frame[2] as Map<string, unknown>).set(name, value);
  const slot = part(scope.slots.get(name));
  return (frame, value) => {
    frame[slot] = value;
  };
}

interface Place {
  hops: number;
  /** The slot, or -1 for the tuple. */
  slot: number;
}

/** Compiles the look-up of a variable; a name bound nowhere gets a slot in the outermost scope. */
export function lookup(scope: Scope, name: string): (frame: Frame) => unknown {
  if (scope.dynamic) return (frame) => lookupByName(frame, name);
  const places: Place[] = [];
  let hops = 0;
  let outermost = scope;
  for (let at: Scope | null = scope; at !== null; at = at.parent, hops++) {
    const slot = at.slots.get(name);
    if (slot !== undefined) places.push({ hops, slot });
    if (at.tuple.has(name)) places.push({ hops, slot: -1 });
    outermost = at;
  }
  if (!outermost.slots.has(name)) {
    const slot = outermost.slots.size + 2;
    outermost.slots.set(name, slot);
    places.push({ hops: hops - 1, slot });
  }
  const [only] = places;
  if (places.length === 1 && only !== undefined && only.slot >= 0) return direct(only.hops, only.slot);
  const key = tupleKey(name);
  return (frame) => {
    for (const { hops: up, slot } of places) {
      let at: Frame = frame;
      for (let i = 0; i < up; i++) at = at[0] as Frame;
      if (slot >= 0) {
        const value = at[slot];
        if (value !== unset) return value;
      } else {
        const tuple = at[1];
        if (tuple !== null && Object.hasOwn(tuple, key)) return tuple[key];
      }
    }
    return undefined;
  };
}

function direct(hops: number, slot: number): (frame: Frame) => unknown {
  if (hops === 0) {
    return (frame) => {
      const value = frame[slot];
      return value === unset ? undefined : value;
    };
  }
  if (hops === 1) {
    return (frame) => {
      const value = (frame[0] as Frame)[slot];
      return value === unset ? undefined : value;
    };
  }
  return (frame) => {
    let at = frame;
    for (let i = 0; i < hops; i++) at = at[0] as Frame;
    const value = at[slot];
    return value === unset ? undefined : value;
  };
}

function lookupByName(frame: Frame, name: string): unknown {
  for (let at: Frame | null = frame; at !== null; at = at[0]) {
    const names = at[2] as Map<string, unknown>;
    if (names.has(name)) return names.get(name);
    if (at[1] !== null && Object.hasOwn(at[1], tupleKey(name))) return at[1][tupleKey(name)];
  }
  return undefined;
}

/** The names that a node binds in the frame it is evaluated in, not in an inner one. */
export function boundNames(node: Node | undefined, into: Set<string> = new Set()): Set<string> {
  if (node === undefined) return into;
  if (node.type === 'lambda' && !node.thunk) return into;
  if (node.type === 'block' || node.type === 'transform') {
    // A block has a frame of its own; what stands after it in brackets has not.
    if (node.type === 'transform') for (const inner of [node.pattern, node.update, node.delete]) boundNames(inner, into);
  } else {
    if (node.type === 'bind') into.add(String((node.lhs as Node).value));
    for (const inner of children(node)) boundNames(inner, into);
  }
  for (const filter of node.predicate ?? []) boundNames(filter.expr, into);
  for (const stage of node.stages ?? []) boundNames(stage.expr, into);
  for (const pair of node.group?.lhs ?? []) for (const side of pair) boundNames(side, into);
  return into;
}
