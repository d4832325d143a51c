#!/usr/bin/env node
// The command line. Builds what is missing or older than its sources, then hands over to the built server.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBuilt } from './build-stamp.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Millrace needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
if (!isBuilt(root)) {
  if (!existsSync(join(root, 'node_modules', 'vite'))) {
    console.error('Millrace is not built and its packages are not installed. Run `npm ci` first.');
    process.exit(1);
  }
  console.error('Building Millrace (once, and after each change of its code)…');
  const built = spawnSync(process.execPath, [join(root, 'server', 'build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
process.setSourceMapsEnabled?.(true);
await import(pathToFileURL(join(root, 'dist', 'server', 'cli.js')).href);
