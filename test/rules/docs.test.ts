import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');

describe('the documents', () => {
  it('README opens with the picture and the two commands', () => {
    const text = read('README.md');
    expect(text.indexOf('![')).toBeLessThan(text.indexOf('npm ci && npm start'));
    expect(text.indexOf('npm ci && npm start')).toBeLessThan(text.indexOf('npm ci && npm test'));
  });

  it('every file and folder that ARCHITECTURE names in its file map exists', () => {
    const map = read('ARCHITECTURE.md').split('## File map')[1]?.split('\n## ')[0] ?? '';
    const first = [...map.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) => {
      let folder = '';
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
        // The first name of a list is whole; the ones behind it may leave out its folder.
        if (/^(client|server|shared|test)\//.test(name)) folder = name.replace(/[^/]*\/?$/, '');
        return [name, folder + name];
      });
    });
    expect(first.length).toBeGreaterThan(20);
    for (const [name = '', inFolder = ''] of first)
      expect(existsSync(new URL(name, root)) || existsSync(new URL(inFolder, root)), name).toBe(true);
  });

  it('every setting that the server reads stands in the README', () => {
    const names = new Set(
      [...`${read('server/settings.ts')}${read('server/kafka/settings.ts')}`.matchAll(/'((?:MILLRACE|KAFKA|DATABASE)_[A-Z_]+)'/g)].map(
        ([, name]) => name,
      ),
    );
    const text = read('README.md');
    for (const name of names) expect(text, `README lacks ${name}`).toContain(name);
  });
});
