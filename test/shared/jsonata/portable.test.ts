import { createContext, Script } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { parseAst } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundled, driver, type PortableCase, portableCases } from './portable.ts';

/** What every JavaScript has, with nothing of Node or the DOM. */
const language = new Set([
  ...Object.getOwnPropertyNames(new Script('globalThis').runInContext(createContext(Object.create(null)))),
  'arguments',
  'undefined',
]);

/** The names that a program uses and nowhere declares. */
function freeNames(code: string): string[] {
  const declared = new Set<string>();
  const used = new Set<string>();
  const visit = (node: unknown, role: 'use' | 'bind' | 'none'): void => {
    if (Array.isArray(node)) for (const each of node) visit(each, role);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const one = node as Record<string, unknown> & { type?: string };
    if (one.type === 'Identifier') {
      if (role !== 'none') (role === 'bind' ? declared : used).add(one.name as string);
      return;
    }
    for (const [key, child] of Object.entries(one)) visit(child, roleOf(one, key, role));
  };
  visit(parseAst(code), 'use');
  return [...used].filter((name) => !declared.has(name)).sort();
}

type Role = 'use' | 'bind' | 'none';

/** What an identifier at this place of the tree does. */
function roleOf(node: Record<string, unknown> & { type?: string }, key: string, role: Role): Role {
  const { type = '' } = node;
  if (type === 'MemberExpression') return key === 'property' && !node.computed ? 'none' : 'use';
  if (type === 'Property') return key === 'key' ? (node.computed ? 'use' : 'none') : role;
  if (type === 'MethodDefinition' || type === 'PropertyDefinition') return key === 'key' && !node.computed ? 'none' : 'use';
  if (type === 'VariableDeclarator') return key === 'id' ? 'bind' : 'use';
  if (type.startsWith('Function') || type === 'ArrowFunctionExpression') return key === 'id' || key === 'params' ? 'bind' : 'use';
  if (type.startsWith('Class') && key === 'id') return 'bind';
  if (type.startsWith('Import')) return key === 'local' ? 'bind' : key === 'imported' ? 'none' : 'use';
  if (type === 'ExportSpecifier') return key === 'exported' ? 'none' : 'use';
  if (type === 'CatchClause') return key === 'param' ? 'bind' : 'use';
  if (type === 'AssignmentPattern') return key === 'left' ? role : 'use';
  if (type === 'LabeledStatement' || type === 'BreakStatement' || type === 'ContinueStatement') return key === 'label' ? 'none' : 'use';
  return role === 'bind' && (type.endsWith('Pattern') || type === 'RestElement') ? 'bind' : 'use';
}

/** Every tenth case of the suite whose input is JSON, and some that make use of all parts of the engine. */
const cases: PortableCase[] = [
  ...portableCases.filter((_, i) => i % 10 === 0),
  { expr: '$replace("a1b22", /[0-9]+/, function($m){ $string($length($m.match)) })' },
  { expr: '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)' },
  { expr: '$fromMillis(0, "[Y0001]-[M01]-[D01] [FNn]") & $toMillis("2026-01-31T12:00:00Z")' },
  { expr: '$eval("[1..3].($ * 2)")' },
  { expr: '$base64decode($base64encode("hello")) & $encodeUrlComponent("a b")' },
  { expr: '($f := function($n){ $n = 0 ? "done" : $f($n - 1) }; $f(1000))' },
  { expr: '1 + "a"' },
  { expr: '{"a": ' },
];

const given = JSON.stringify(cases);
let bundle = '';
let expected: unknown;

beforeAll(async () => {
  bundle = await bundled([], 'iife');
  const { compile } = await import('#shared/jsonata/compile.ts');
  const drive = new Function(`${driver}; return drive;`)() as (made: typeof compile, text: string) => string;
  expected = JSON.parse(drive(compile, given));
});

/** A realm with the language alone, in which no text becomes code: what a page without 'unsafe-eval' is to the engine. */
function strictRealm(): (code: string) => unknown {
  const context = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  return (code) => new Script(code).runInContext(context);
}

describe('the engine, bundled for browsers', () => {
  it('uses nothing but the language: no module and no global of Node or the DOM', async () => {
    expect(bundle).not.toContain('vite-browser-external');
    const ours = await bundled(['jsonata', 're2js'], 'es');
    expect(freeNames(ours).filter((name) => !language.has(name))).toEqual([]);
    // The packages ask for these and go on without them, as the realm without any shows below.
    const asked = ['TextDecoder', 'TextEncoder', 'define', 'global', 'require', 'self', 'window'];
    expect(asked).toEqual(expect.arrayContaining(freeNames(bundle).filter((name) => !language.has(name))));
    // The test itself sees what it looks for.
    expect(freeNames('const a = { b: 1 }; for (const c of a.b) process.exit(c, window)')).toEqual(['process', 'window']);
  });

  it('evaluates where no code may be generated, with the same values and errors', () => {
    const run = strictRealm();
    expect(() => run('new Function("return 1")')).toThrow(/Code generation from strings disallowed/);
    run(`${bundle}\n${driver}`);
    expect(cases.length).toBeGreaterThan(90);
    expect(JSON.parse(run(`drive(engine.compile, ${JSON.stringify(given)})`) as string)).toEqual(expected);
  });

  it('evaluates asynchronous functions there', async () => {
    const run = strictRealm();
    run(bundle);
    const functions = '{ later: { call: async (n) => n + 1, asynchronous: true } }';
    expect(await run(`engine.compileAsync('$sum([1..3].$later($))', { functions: ${functions} }).evaluate()`)).toBe(9);
  });

  it('evaluates in a worker thread', async () => {
    const report = `require('node:worker_threads').parentPort.postMessage(drive(engine.compile, ${JSON.stringify(given)}));`;
    const worker = new Worker(`${bundle}\n${driver}\n${report}`, { eval: true });
    try {
      const answer = await new Promise<string>((resolve, reject) => worker.once('message', resolve).once('error', reject));
      expect(JSON.parse(answer)).toEqual(expected);
    } finally {
      await worker.terminate();
    }
  });
});
