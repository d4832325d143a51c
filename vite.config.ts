import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The studio: client/ → dist/client, served by the server. */
export default defineConfig({
  root: 'client',
  plugins: [react()],
  build: { outDir: '../dist/client', emptyOutDir: true, target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 900 },
});
