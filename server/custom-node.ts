import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import * as sdk from './sdk.ts';

/** Custom node types import this name, wherever their file stands. */
export const sdkName = 'millrace/sdk';

/**
 * The SDK that custom nodes get is the running one itself, so that the errors they throw are the classes the runtime
 * knows. Each thread has its own.
 */
const slot = Symbol.for('millrace.sdk');
Object.defineProperty(globalThis, slot, { value: sdk, configurable: true, writable: true });

/** Where the SDK's source stands, seen from the sources and from a build, for custom nodes that import it by a relative path. */
const sdkFiles = new Set(
  ['./sdk.ts', '../../server/sdk.ts', '../../../server/sdk.ts']
    .map((name) => fileURLToPath(new URL(name, import.meta.url)))
    .filter((file) => existsSync(file)),
);

let loading = 0;

/**
 * Ends the compiler's process when nothing is being loaded: a thread loads its types once, at its start, and should
 * not keep a second process for it. The next load starts it again.
 */
export async function releaseCompiler(): Promise<void> {
  const { stop } = await import('esbuild');
  if (loading === 0) await stop();
}

/**
 * Loads one `.ts`, `.js` or `.mjs` file and returns its default export. The file and what it imports by relative path
 * become one module; packages are looked up from the file's own folder and stay outside.
 * Works in the main thread and in workers, from source and from a build, with no loader registered.
 * @throws Error in one sentence when the file cannot be read, compiled or run.
 */
export async function importCustomNode(file: string): Promise<unknown> {
  const { build } = await import('esbuild');
  loading++;
  const output = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    tsconfigRaw: {},
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
    plugins: [resolveSdk, keepPackagesOutside],
  })
    .catch((error: unknown) => {
      throw new Error(firstFault(error));
    })
    .finally(() => {
      loading--;
    });
  const text = output.outputFiles[0]?.text ?? '';
  const module = (await import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as {
    default?: unknown;
  };
  return module.default;
}

const resolveSdk: Plugin = {
  name: 'millrace-sdk',
  setup(build) {
    build.onResolve({ filter: /^millrace\/sdk$/ }, () => ({ path: sdkName, namespace: sdkName }));
    build.onLoad({ filter: /.*/, namespace: sdkName }, () => {
      const names = Object.keys(sdk).map((name) => `export const ${name} = sdk.${name};`);
      return { contents: [`const sdk = globalThis[Symbol.for(${JSON.stringify(slot.description)})];`, ...names].join('\n'), loader: 'js' };
    });
  },
};

const keepPackagesOutside: Plugin = {
  name: 'packages-outside',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async ({ path, kind, pluginData, ...where }) => {
      if (kind === 'entry-point' || pluginData === keepPackagesOutside) return undefined;
      const found = await build.resolve(path, {
        kind,
        importer: where.importer,
        resolveDir: where.resolveDir,
        pluginData: keepPackagesOutside,
      });
      if (found.errors.length > 0 || found.external) return found;
      if (sdkFiles.has(found.path)) return { path: sdkName, namespace: sdkName };
      // A module without a place of its own can only import by full address.
      if (!/^\.{0,2}\//.test(path)) return { path: pathToFileURL(found.path).href, external: true };
      return found;
    });
  },
};

/** The first fault of a failed build, with file, line and what is wrong. */
function firstFault(error: unknown): string {
  const faults = (error as { errors?: { text: string; location?: { line: number; column: number } | null }[] }).errors;
  const first = faults?.[0];
  if (first === undefined) return error instanceof Error ? error.message : String(error);
  return first.location ? `line ${first.location.line}, column ${first.location.column + 1}: ${first.text}` : first.text;
}
