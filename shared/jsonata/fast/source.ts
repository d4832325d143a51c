/** A value in the generated source: a name or literal that may be written any number of times, and what it may be. */
export interface Operand {
  readonly code: string;
  /** Bits of type.ts. */
  readonly type: number;
  /**
   * How many loops stand around the place from which its content comes. Content from further out is met again in
   * every turn, so putting it into a result there is charged by its size.
   */
  readonly depth: number;
  /** Not yet looked at: it may still be a list or nothing, whatever the type says; see {@link solid}. */
  readonly pending?: boolean;
  /** It is a part of the input as that came, worked out by nobody. */
  readonly given?: boolean;
}

/** An expression that the fast back end does not cover; it is left to the exact one altogether. */
export class Uncovered extends Error {
  override readonly name = 'Uncovered';
}

/**
 * The source being generated. Statements are added in order; what was worked out once is remembered for as long as
 * its name can be seen. A *guard* is a condition under which the evaluation leaves generated code, to be restarted
 * in the exact back end.
 */
export interface Source {
  /** Loops and functions around the present place. */
  readonly loops: number;
  line(text: string): void;
  /** A new name. */
  name(): string;
  /** A constant with this value; `depth` where its content comes from further out. */
  temp(code: string, type: number, depth?: number): Operand;
  /** A variable that is given its values by statements. */
  variable(type: number, start?: string): Operand;
  literal(code: string, type: number): Operand;
  /** The name of a value that the source cannot spell. */
  constant(value: unknown): string;
  /** Statements in braces after a head such as `if (x)`. */
  block(head: string, body: () => void): void;
  /** As {@link block}, where the statements may run many times. */
  loop(head: string, body: () => void): void;
  /** A function beside the main one, made once for a key; answers its name. */
  hoist(key: string, parameters: string, body: () => void): string;
  /** A function inside the present place. */
  inner(name: string, parameters: string, body: () => void): void;
  /** What `make` gave for this key, where that can still be seen. */
  once(key: string, make: () => Operand): Operand;
  /** Statements that `body` would add, without adding them; with `loop`, as statements of one. */
  capture<T>(body: () => T, loop?: 'loop'): { lines: string[]; result: T };
  /** Adds captured statements. */
  add(lines: readonly string[]): void;
  /** Leaves where the condition holds. */
  guard(condition: string): void;
  /** The value of an expression, or leaving where the condition holds. */
  guarded(condition: string, code: string): string;
  /**
   * The counter of steps left here. The main function has one of its own, which lives in a register as long as no
   * other function names it; all others share the second.
   */
  readonly counter: string;
  /** Counts work. */
  charge(steps: string): void;
  /** The whole module, for `new Function('library', 'constants', 'options', 'outside', source)`. */
  finish(): { source: string; constants: unknown[] };
}

/**
 * @param failing whether every guard first asks if it is the one that is made to fail
 * @param counting whether work is counted at all
 */
export function createSource(failing: boolean, counting: boolean, libraryNames: readonly string[]): Source {
  let lines: string[] = [];
  let known: Map<string, Operand>[] = [new Map()];
  let count = 0;
  let loops = 0;
  let counter = 'left';
  const hoisted: string[] = [];
  const hoistedNames = new Map<string, string>();
  const constants: unknown[] = [];

  const nested = (head: string, body: () => void, more: number): void => {
    lines.push(`${head} {`);
    known.push(new Map());
    loops += more;
    body();
    loops -= more;
    known.pop();
    lines.push('}');
  };

  const source: Source = {
    get loops() {
      return loops;
    },
    get counter() {
      return counter;
    },
    line(text) {
      lines.push(text);
    },
    name: () => `v${++count}`,
    temp(code, type, depth = loops) {
      const name = source.name();
      lines.push(`const ${name} = ${code};`);
      return { code: name, type, depth };
    },
    variable(type, start) {
      const name = source.name();
      lines.push(start === undefined ? `let ${name};` : `let ${name} = ${start};`);
      return { code: name, type, depth: loops };
    },
    literal: (code, type) => ({ code, type, depth: 0 }),
    constant(value) {
      const at = constants.indexOf(value);
      if (at >= 0) return `k${at}`;
      constants.push(value);
      return `k${constants.length - 1}`;
    },
    block: (head, body) => nested(head, body, 0),
    loop: (head, body) => nested(head, body, 1),
    hoist(key, parameters, body) {
      const before = hoistedNames.get(key);
      if (before !== undefined) return before;
      const name = `f${hoistedNames.size + 1}`;
      hoistedNames.set(key, name);
      const [outerLines, outerKnown, outerLoops, outerCounter] = [lines, known, loops, counter];
      [lines, known, loops, counter] = [[], [new Map()], 0, 'apart'];
      body();
      hoisted.push(`function ${name}(${parameters}) {\n${lines.join('\n')}\n}`);
      [lines, known, loops, counter] = [outerLines, outerKnown, outerLoops, outerCounter];
      return name;
    },
    inner(name, parameters, body) {
      // Called who knows how often, so all that it takes from outside may multiply.
      const outer = counter;
      counter = 'apart';
      nested(`const ${name} = (${parameters}) =>`, body, 1);
      counter = outer;
    },
    once(key, make) {
      for (const names of known) {
        const found = names.get(key);
        if (found !== undefined) return found;
      }
      const made = make();
      known.at(-1)?.set(key, made);
      return made;
    },
    capture(body, loop) {
      const outer = lines;
      lines = [];
      known.push(new Map());
      loops += loop === undefined ? 0 : 1;
      const result = body();
      loops -= loop === undefined ? 0 : 1;
      known.pop();
      const captured = lines;
      lines = outer;
      return { lines: captured, result };
    },
    add(more) {
      lines.push(...more);
    },
    guard(condition) {
      lines.push(failing ? `if (failing() || (${condition})) throw LEAVE;` : `if (${condition}) throw LEAVE;`);
    },
    guarded: (condition, code) => (failing ? `(failing() || (${condition}) ? leave() : ${code})` : `(${condition} ? leave() : ${code})`),
    charge(steps) {
      if (counting) lines.push(`if ((${counter} -= ${steps}) < 0) throw LEAVE;`);
    },
    finish() {
      const head = [
        '"use strict";',
        `const { ${libraryNames.join(', ')} } = library;`,
        'const { limits, gauge, failing, begin, end } = options;',
        'const { again, parse } = outside;',
        ...constants.map((_, i) => `const k${i} = constants[${i}];`),
        'const isArray = Array.isArray;',
        'let apart = 0;',
        'let depth = 0;',
      ];
      return { source: [...head, ...hoisted, ...lines].join('\n'), constants };
    },
  };
  return source;
}

/** A text as a literal of the source; also where it stands between a line's ends that older engines take for line breaks. */
export function quoted(text: string): string {
  return JSON.stringify(text)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}
