// Builds the studio (dist/client) and the server (dist/server).
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { markBuilt } from './build-stamp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// Vite goes by NODE_ENV: with `test` or `development` of the caller the studio would be React's slow build, which mounts everything twice.
process.env.NODE_ENV = 'production';
rmSync(join(root, 'dist', 'stamp'), { force: true });
await build({ root: join(root, 'client'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
await build({ root, configFile: join(root, 'vite.server.config.ts'), logLevel: 'warn' });
markBuilt(root);
