import { describe, expect, test } from 'vitest';
import { type Import, type Source, sourcesOf } from './sources.ts';

const sources = ['shared', 'client', 'server'].flatMap(sourcesOf);

/**
 * Who may import what of the project, by folder; the longest folder that fits a file counts. `types` may be imported
 * as types only. A folder may always import from itself.
 */
const inside: readonly { folder: string; may: string[]; types?: string[] }[] = [
  { folder: 'shared/', may: [] },
  { folder: 'client/', may: ['shared/'] },
  { folder: 'server/sdk.ts', may: ['shared/'] },
  // A node type knows the SDK. What a few of them share (expressions, outbound calls) stands beside them.
  { folder: 'server/nodes/', may: ['shared/', 'server/sdk.ts'] },
  { folder: 'server/catalog.ts', may: ['shared/', 'server/nodes/', 'server/custom-node.ts'], types: ['server/sdk.ts'] },
  { folder: 'server/custom-node.ts', may: ['server/sdk.ts'] },
  { folder: 'server/compile.ts', may: ['shared/'], types: ['server/sdk.ts', 'server/catalog.ts'] },
  { folder: 'server/kafka/', may: ['shared/'] },
  { folder: 'server/store/', may: ['shared/'] },
  { folder: 'server/runtime/', may: ['shared/', 'server/sdk.ts', 'server/kafka/', 'server/catalog.ts', 'server/compile.ts'] },
  {
    folder: 'server/try/',
    may: ['shared/', 'server/sdk.ts', 'server/catalog.ts', 'server/compile.ts', 'server/runtime/'],
    types: ['server/kafka/port.ts'],
  },
  {
    folder: 'server/comparison/',
    may: ['shared/', 'server/sdk.ts', 'server/catalog.ts', 'server/kafka/', 'server/runtime/', 'server/try/'],
    types: ['server/store/'],
  },
  // Reads Kafka and the local index, runs versions again; what it serves is http's to say.
  {
    folder: 'server/trace/',
    may: [
      ...['shared/', 'server/kafka/', 'server/runtime/', 'server/store/', 'server/try/', 'server/compile.ts', 'server/thread-priority.ts'],
      // The name of a replay's stage, by which the ledger tells when it wrote something.
      'server/replay/run-kafka.ts',
    ],
    types: ['server/catalog.ts', 'server/sdk.ts'],
  },
  {
    folder: 'server/replay/',
    may: ['shared/', 'server/sdk.ts', 'server/catalog.ts', 'server/compile.ts', 'server/kafka/', 'server/runtime/'],
    types: ['server/store/'],
  },
  // Watches what runs and tells people: knows the store, the runtime and Kafka as types only, and what in a topic is no message.
  {
    folder: 'server/alerts/',
    may: ['shared/', 'server/runtime/sink-message.ts'],
    types: ['server/sdk.ts', 'server/store/', 'server/runtime/runtime.ts', 'server/kafka/port.ts', 'server/outside-call.ts'],
  },
  // The audit reads Kafka beside the flows and knows nothing of how they run.
  { folder: 'server/ledger/', may: ['shared/', 'server/kafka/', 'server/thread-priority.ts'], types: ['server/store/'] },
  // Reads the log as a runtime does, and asks what sinks hold by the SDK.
  {
    folder: 'server/reconcile/',
    may: ['shared/', 'server/sdk.ts', 'server/store/store-error.ts', 'server/runtime/sink-message.ts'],
    types: ['server/store/', 'server/kafka/port.ts', 'server/outside-call.ts'],
  },
  { folder: 'server/flow-tests/', may: ['shared/', 'server/try/'] },
  {
    folder: 'server/http/',
    may: [
      'server/reconcile/deps.ts',
      'shared/',
      'server/sdk.ts',
      'server/compile.ts',
      'server/store/',
      'server/comparison/verdict.ts',
      'server/flow-tests/',
      'server/replay/replays.ts',
    ],
    types: [
      'server/reconcile/reconciles.ts',
      'server/reconcile/schedules.ts',
      'server/alerts/alerts.ts',
      'server/catalog.ts',
      'server/comparison/comparisons.ts',
      'server/runtime/runtime.ts',
      'server/runtime/parked-keys.ts',
      'server/runtime/release-runs.ts',
      'server/runtime/handovers.ts',
      'server/ledger/auditor.ts',
      'server/inbox/',
      'server/kafka/port.ts',
      'server/try/',
      'server/trace/',
      'server/replay/',
    ],
  },
  // The sandbox plays applications of other people: it knows nothing of the server that hosts it.
  { folder: 'server/demo/', may: ['shared/'] },
  // The inbox follows topics, reads letters, runs them as Tries, and has them retried.
  {
    folder: 'server/inbox/',
    may: ['shared/', 'server/kafka/port.ts', 'server/runtime/', 'server/store/store-error.ts', 'server/try/'],
    types: ['server/store/', 'server/replay/retries.ts'],
  },
  // Entries and wiring: they join the parts, so they may see them all.
  { folder: 'server/', may: ['shared/', 'server/', 'package.json'] },
];

/** Folders or files that may import a package. Packages that are not named here may be imported nowhere. */
const doors: Readonly<Record<string, string[]>> = {
  zod: ['shared/', 'server/', 'client/'],
  jsonata: ['shared/jsonata/'],
  re2js: ['shared/jsonata/'],
  '@cfworker/json-schema': ['shared/check/', 'shared/flow-test/', 'client/'],
  kafkajs: ['server/kafka/'],
  'kafkajs-snappy': ['server/kafka/'],
  lz4js: ['server/kafka/'],
  '@bokuweb/zstd-wasm': ['server/kafka/'],
  express: ['server/http/'],
  helmet: ['server/http/'],
  'pino-http': ['server/http/'],
  'swagger-ui-express': ['server/http/'],
  'prom-client': ['server/http/', 'server/runtime/'],
  pino: ['server/log.ts', 'server/http/'],
  kysely: ['server/store/', 'server/nodes/'],
  'better-sqlite3': ['server/store/', 'server/nodes/', 'server/demo/'],
  pg: ['server/store/', 'server/nodes/'],
  undici: ['server/nodes/', 'server/outside-call.ts'],
  nodemailer: ['server/alerts/senders.ts'],
  'ipaddr.js': ['server/nodes/'],
  croner: ['shared/ticks.ts', 'client/'],
  'csv-stringify': ['server/nodes/'],
  ajv: ['server/nodes/validate.ts'],
  'ajv-formats': ['server/nodes/validate.ts'],
  esbuild: ['server/custom-node.ts'],
  vite: ['server/build.mjs', 'server/dev.mjs'],
  tsx: ['server/dev.mjs', 'server/runtime/boot.mjs'],
  react: ['client/'],
  'react-dom': ['client/'],
  'react-router': ['client/'],
  reactflow: ['client/'],
  zustand: ['client/'],
  'lucide-react': ['client/'],
  '@mantine/core': ['client/'],
  '@mantine/hooks': ['client/'],
  '@mantine/notifications': ['client/'],
  '@fontsource-variable/inter': ['client/'],
  '@fontsource-variable/jetbrains-mono': ['client/'],
  // Sheets and archives that people exchange outside the studio.
  fflate: ['client/'],
  'read-excel-file': ['client/mapper/'],
  'write-excel-file': ['client/mapper/'],
  '@codemirror/autocomplete': ['client/'],
  '@codemirror/commands': ['client/'],
  '@codemirror/language': ['client/'],
  '@codemirror/lint': ['client/'],
  '@codemirror/state': ['client/'],
  '@codemirror/view': ['client/'],
  '@lezer/highlight': ['client/'],
};

function faults(of: (source: Source, one: Import) => string | undefined): string[] {
  return sources.flatMap((source) => source.imports.flatMap((one) => of(source, one) ?? []));
}

const covers = (folders: readonly string[], file: string) =>
  folders.some((folder) => (folder.endsWith('/') ? file.startsWith(folder) : file === folder));

function ruleFor(path: string): (typeof inside)[number] | undefined {
  return inside.filter(({ folder }) => path.startsWith(folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
}

describe('imports', () => {
  test('every file imports only what its folder may', () => {
    const wrong = faults((source, { file, typeOnly }) => {
      if (file === undefined || !/\.(ts|tsx|mjs|js|json)$/.test(file)) return undefined;
      const rule = ruleFor(source.path);
      if (rule === undefined) return `${source.path} stands in no folder of the table`;
      const may = [rule.folder, ...rule.may, ...(typeOnly ? (rule.types ?? []) : [])];
      return covers(may, file) ? undefined : `${source.path} imports ${file}${typeOnly ? ' (types)' : ''}`;
    });
    expect(wrong).toEqual([]);
  });

  test('every package has its doors', () => {
    const wrong = faults((source, one) => {
      if (one.package === undefined || one.package.startsWith('node:')) return undefined;
      return covers(doors[one.package] ?? [], source.path) ? undefined : `${source.path} imports ${one.package}`;
    });
    expect(wrong).toEqual([]);
  });

  test('what both sides share and what runs in the browser use nothing of Node', () => {
    const wrong = faults((source, one) =>
      one.package?.startsWith('node:') && !source.path.startsWith('server/') ? `${source.path} imports ${one.package}` : undefined,
    );
    expect(wrong).toEqual([]);
    const globals = /\b(process\.|Buffer\b|__dirname|require\()/;
    const code = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '');
    expect(sources.filter(({ path, text }) => /^(shared|client)\//.test(path) && globals.test(code(text))).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test('modules inside a file of Node are named with node:', () => {
    const bare = new Set([
      'fs',
      'path',
      'crypto',
      'http',
      'https',
      'net',
      'os',
      'url',
      'util',
      'stream',
      'events',
      'zlib',
      'worker_threads',
      'child_process',
    ]);
    expect(faults((source, one) => (one.package && bare.has(one.package) ? `${source.path} imports ${one.package}` : undefined))).toEqual(
      [],
    );
  });

  test('runtime, http, store, kafka and nodes do not run in a circle', () => {
    const parts = ['server/runtime', 'server/http', 'server/store', 'server/kafka', 'server/nodes', 'server/demo'];
    const partOf = (path: string) => parts.find((part) => path.startsWith(`${part}/`));
    const next = new Map<string, Set<string>>(parts.map((part) => [part, new Set<string>()]));
    for (const source of sources) {
      const from = partOf(source.path);
      // The types of runtime.ts are the one door between those who serve and those who run.
      for (const { file } of source.imports.filter((one) => one.file !== 'server/runtime/runtime.ts' || !one.typeOnly)) {
        const to = partOf(file ?? '');
        if (from && to && from !== to) next.get(from)?.add(to);
      }
    }
    const reach = (start: string) => {
      const seen = new Set<string>();
      const stack = [...(next.get(start) ?? [])];
      for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
        if (seen.has(part)) continue;
        seen.add(part);
        stack.push(...(next.get(part) ?? []));
      }
      return seen;
    };
    expect(parts.filter((part) => reach(part).has(part))).toEqual([]);
  });

  test('every import of the project ends in its extension and leads to a file', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const wrong = faults((source, { file }) => {
      if (file === undefined || /\.(css|svg|json|wasm|html)$/.test(file) || /\?/.test(file)) return undefined;
      return paths.has(file) ? undefined : `${source.path} imports ${file}`;
    });
    expect(wrong).toEqual([]);
  });
});
