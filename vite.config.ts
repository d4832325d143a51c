import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = `http://127.0.0.1:${process.env.MILLRACE_PORT ?? '3400'}`;

/** The studio: client/ → dist/client, served by the server. In development Vite passes the server's routes on to it. */
export default defineConfig({
  root: 'client',
  plugins: [react()],
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    // The tokens use light-dark(), which these understand; without this it would be rewritten for older ones.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    chunkSizeWarningLimit: 900,
  },
  // The server compares the origin of a change with the host that it was sent to, so the host stays.
  server: { proxy: { '^/((api|hooks|sandbox)/|docs|openapi\\.json)': { target: server, changeOrigin: false } } },
});
