import { ExpressionError } from '#shared/jsonata/error.ts';
import { pathOfNodes } from '#shared/jsonata/syntax/locate.ts';
import { parseSyntax, type Syntax } from '#shared/jsonata/syntax/parse.ts';
import { childrenOf, type Expression, isExpression, type SyntaxNode } from '#shared/jsonata/syntax/tree.ts';
import { reachesOf, type SourcePath } from '#shared/mapping/reach.ts';
import { resolve } from '#shared/shape/checks/row.ts';
import type { Field, Shape } from '#shared/shape/shape.ts';

/** What can be named where a cursor stands in a mapping. */
export interface CursorPlace {
  /** Where the word under the cursor begins, and it as far as it is written. */
  from: number;
  word: string;
  /** The places of the message whose fields can be named here. */
  contexts: readonly SourcePath[];
  /** The variables and helpers that are known here, the innermost first. */
  names: readonly { name: string; helper: boolean }[];
  /** A name after a dot: only a field can stand here. */
  step: boolean;
}

const here = 'here__cursor';

/**
 * What can be named at an offset of a text, which need not be an expression yet: what stands there is taken for a field,
 * and where the text still does not read, it is closed behind the cursor. Nothing inside texts, remarks and names of
 * fields that are made.
 */
export function cursorPlace(text: string, offset: number): CursorPlace | undefined {
  const word = /(?:\$\$?\w*|`[^`\n]*|[A-Za-z_]\w*)?$/.exec(text.slice(0, offset))?.[0] ?? '';
  const from = offset - word.length;
  const rest = /^[\w`]*/.exec(text.slice(offset))?.[0].length ?? 0;
  const [before, after] = [text.slice(0, from), text.slice(offset + rest)];
  const syntax = read(`${before}${here}${after}`) ?? read(`${before}${here} ${closing(before)}`);
  if (syntax === undefined) return undefined;
  const path = pathOfNodes(syntax, from);
  const node = path.find((one) => one.kind === 'name' && one.value === here);
  if (node === undefined || !isExpression(node) || node.start !== from) return undefined;
  const reach = reachesOf(syntax.root, new Set<Expression>([node])).get(node);
  const contexts = (reach?.paths ?? []).filter((one) => one.at(-1) === here).map((one) => one.slice(0, -1));
  return { from, word, contexts, names: namesAt(path), step: /\.\s*$/.test(before) && !/\.\.\s*$/.test(before) };
}

function read(text: string): Syntax | undefined {
  try {
    return parseSyntax(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return undefined;
  }
}

const partners: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The brackets that are open at the end of a text, closed. Brackets in texts, names, remarks and patterns do not count. */
function closing(text: string): string {
  const open: string[] = [];
  const pieces = /\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|`[^`]*(?:`|$)|[()[\]{}]/g;
  for (const [piece] of text.matchAll(pieces)) {
    const partner = partners[piece];
    if (partner !== undefined) open.unshift(partner);
    else if (')]}'.includes(piece)) open.shift();
  }
  return open.join('');
}

function namesAt(path: readonly SyntaxNode[]): CursorPlace['names'] {
  const found = new Map<string, boolean>();
  const add = (name: string, helper = false): void => {
    if (name !== '' && name !== '$' && !found.has(name)) found.set(name, helper);
  };
  for (let i = path.length - 1; i >= 0; i--) {
    const [outer, inner] = [path[i], path[i + 1]];
    if (outer?.kind === 'block') {
      const before = outer.expressions.slice(0, outer.expressions.indexOf(inner as Expression));
      for (const one of before.reverse())
        if (one.kind === 'bind' && one.variable.kind === 'variable') add(one.variable.name, one.value.kind === 'lambda');
    } else if (outer?.kind === 'lambda') {
      for (const one of outer.parameters) if (one.kind === 'variable') add(one.name);
    } else if (outer?.kind === 'path') {
      // Names that a join or a position gives on the way hold for what comes behind.
      const at = outer.steps.indexOf(inner as Expression);
      for (const one of outer.steps.slice(0, Math.max(0, at)).reverse()) marksIn(one, add);
    }
  }
  return [...found].map(([name, helper]) => ({ name, helper }));
}

function marksIn(node: SyntaxNode, add: (name: string) => void): void {
  if (node.kind === 'focus' || node.kind === 'index') add(node.variable.name);
  if (node.kind === 'filter' || node.kind === 'sort' || node.kind === 'focus' || node.kind === 'index' || node.kind === 'keep') {
    const [target] = childrenOf(node);
    if (target !== undefined) marksIn(target, add);
  }
}

/** The fields at some places of a message, each once, in the order of the shape. */
export function fieldsIn(shape: Shape, contexts: readonly SourcePath[]): Field[] {
  const found = new Map<string, Field>();
  for (const path of contexts) {
    let at = resolve(shape, path).shape;
    while (at !== undefined && at.fields === undefined && at.item !== undefined) at = at.item;
    for (const field of [...(at?.fields ?? []), ...(at?.item?.fields ?? [])]) if (!found.has(field.name)) found.set(field.name, field);
  }
  return [...found.values()];
}
