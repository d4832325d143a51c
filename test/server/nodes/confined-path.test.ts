import { existsSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { confinedPath, pathProblem } from '#server/nodes/confined-path.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-files-')));
});

describe('a path in the files folder', () => {
  it('may name folders, which are made', () => {
    expect(confinedPath(folder, 'erp/2026/orders.csv')).toBe(join(folder, 'erp/2026/orders.csv'));
    expect(existsSync(join(folder, 'erp/2026'))).toBe(true);
    expect(pathProblem('..orders...csv')).toBeUndefined();
  });

  it.each(['/etc/passwd', '../x', 'a/../../x', 'a\\..\\x', 'C:x', 'x/', '', ' ', 'a\u0000b', './x', '..'])('may not be %j', (path) => {
    expect(pathProblem(path)).toBeDefined();
    expect(() => confinedPath(folder, path)).toThrow();
  });

  it('may not go through links that lead out, of folders or files, and makes nothing behind them', () => {
    const outside = mkdtempSync(join(tmpdir(), 'millrace-outside-'));
    writeFileSync(join(outside, 'secret.jsonl'), 'x');
    symlinkSync(outside, join(folder, 'link'));
    symlinkSync(join(outside, 'secret.jsonl'), join(folder, 'file.jsonl'));
    expect(() => confinedPath(folder, 'link/new/o.jsonl')).toThrow('leads out of the files folder');
    expect(() => confinedPath(folder, 'file.jsonl')).toThrow('leads out of the files folder');
    expect(existsSync(join(outside, 'new'))).toBe(false);
  });

  it('may go through a link that stays inside', () => {
    confinedPath(folder, 'real/x');
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    expect(confinedPath(folder, 'link/o.jsonl')).toBe(join(folder, 'real/o.jsonl'));
  });
});
