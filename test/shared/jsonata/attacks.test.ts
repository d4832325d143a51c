import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Attacked, attack } from './attacked.ts';
import { attacks } from './attacks.ts';

/** Milliseconds that an attack may take: about two on a free core, with room for a busy one. */
const patience = 15_000;

/** Megabytes of heap that have to do for all attacks, one after another. */
const heap = 3000;

const modes = ['on', 'off'] as const;

for (const mode of modes) {
  describe(`an expression that attacks, with speculation ${mode},`, () => {
    for (const [kind, list] of Object.entries(attacks)) {
      describe(`by ${kind}`, () => {
        for (const one of list) {
          it(`ends with ${one.outcome} when it ${one.name}`, () => {
            const { outcome, ms } = attack(one, mode);
            expect(outcome).toBe(one.outcome);
            expect(ms).toBeLessThan(patience);
          });
        }
      });
    }

    it('does not end the process it runs in', { timeout: 180_000 }, async () => {
      const script = fileURLToPath(new URL('./attacked.ts', import.meta.url));
      const args = [`--max-old-space-size=${heap}`, '--import', 'tsx', script, `--${mode}`];
      // Rejects when the process ends with anything but 0.
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: process.cwd() });
      const attacked = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Attacked);
      const fatal = Object.values(attacks)
        .flat()
        .filter((one) => one.fatal);
      expect(attacked.map(({ name, outcome }) => [name, outcome])).toEqual(fatal.map(({ name, outcome }) => [name, outcome]));
    });
  });
}
