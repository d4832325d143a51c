// Every optional platform package named in the lock must be in the lock, else `npm ci` fails on other platforms.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
let incomplete = 0;
for (const [path, entry] of Object.entries(packages)) {
  const missing = Object.keys(entry.optionalDependencies ?? {}).filter(
    (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
  );
  if (missing.length > 0) {
    incomplete++;
    console.error(`${path} ${entry.version} lacks ${missing.length} platform packages, such as ${missing[0]}`);
  }
}
console.log(incomplete > 0 ? 'package-lock.json is incomplete' : 'package-lock.json is complete');
process.exit(incomplete > 0 ? 1 : 0);
