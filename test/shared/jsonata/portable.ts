import { build } from 'vite';
import { inputOf, type SuiteCase, suite } from './suite.ts';

/** An expression and what it is evaluated on, as JSON can carry it. */
export interface PortableCase {
  expr: string;
  input?: unknown;
  bindings?: SuiteCase['bindings'] | undefined;
}

/** The cases of the suite that come out the same wherever and whenever they run. */
export const portableCases: PortableCase[] = Object.values(suite.groups)
  .flat()
  .filter((one) => one.timelimit === undefined && !/\$(now|millis|random|shuffle)/.test(one.expr))
  .map((one) => ({ expr: one.expr, bindings: one.bindings, input: inputOf(one) }));

/**
 * The text of a function `drive(compile, json, options)` that evaluates cases and tells, as JSON, the value of each or the
 * code and sentence of its error. It runs in pages, workers and realms that have nothing but the engine.
 */
export const driver = `
function drive(compile, text, options) {
  return JSON.stringify(JSON.parse(text).map((one) => {
    try {
      const value = compile(one.expr, options).evaluate(one.input, one.bindings);
      return value === undefined ? 'nothing' : { value };
    } catch (error) {
      return { code: error.code, sentence: error.sentence };
    }
  }));
}`;

/** The engine as one file, by the builder of the studio. */
export async function bundled(external: string[], format: 'iife' | 'es'): Promise<string> {
  const entry = 'virtual-engine';
  const files = ['compile', 'asynchronous'].map((name) => new URL(`../../../shared/jsonata/${name}.ts`, import.meta.url).pathname);
  const plugin = {
    name: 'engine',
    resolveId: (id: string) => (id.endsWith(entry) ? `\0${entry}` : undefined),
    load: (id: string) => (id === `\0${entry}` ? files.map((file) => `export * from '${file}';`).join('\n') : undefined),
  };
  const lib = { entry, formats: [format], name: 'engine', fileName: 'engine' };
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [plugin],
    build: { write: false, target: 'es2022', lib, rolldownOptions: { external } },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  const [only, ...others] = outputs;
  if (only?.type !== 'chunk' || others.length > 0) throw new Error('The engine is not one file.');
  return only.code;
}
