// Development: the server restarts on change, the studio is served by Vite with hot reload and proxies to it.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const server = spawn(process.execPath, ['--watch', '--import', 'tsx', join(root, 'server', 'cli.ts'), 'start'], {
  cwd: root,
  stdio: 'inherit',
});
const studio = await createServer({ root: join(root, 'client'), configFile: join(root, 'vite.config.ts') });
await studio.listen();
studio.printUrls();

const stop = () => {
  server.kill('SIGTERM');
  void studio.close();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
server.on('exit', (code) => {
  void studio.close().then(() => process.exit(code ?? 0));
});
