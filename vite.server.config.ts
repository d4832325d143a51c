import { defineConfig } from 'vite';

/** The server: dist/server, with an entry for each process and thread, beside each other. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'dist/server',
    target: 'node20',
    sourcemap: true,
    emptyOutDir: true,
    rolldownOptions: {
      input: {
        cli: 'server/cli.ts',
        worker: 'server/runtime/worker.ts',
        trial: 'server/try/trial-worker.ts',
        replay: 'server/replay/thread.ts',
        comparison: 'server/comparison/thread.ts',
        'ledger-audit': 'server/ledger/thread.ts',
        'trace-index': 'server/trace/index-thread.ts',
        'trace-scan': 'server/trace/scan-thread.ts',
        broker: 'server/kafka/embedded/process.ts',
        sdk: 'server/sdk.ts',
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
