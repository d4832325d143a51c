import { describe, expect, it } from 'vitest';
import { allRules, rulesIn } from '#shared/mapping/rule.ts';
import { opaqueReason, viewOf } from '#shared/mapping/view.ts';
import { mappingFiles, open } from './files.ts';

describe('the realistic mappings', () => {
  it('are at least thirty, and shown as rows in the share that the mapper promises', () => {
    let leaves = 0;
    let drawn = 0;
    let whole = 0;
    for (const { text } of mappingFiles) {
      const rules = [...allRules(open(text).root)];
      const rows = rules.filter((rule) => rulesIn(rule).length === 0);
      leaves += rows.length;
      drawn += rows.filter((rule) => opaqueReason(rule) === undefined).length;
      if (rules.every((rule) => opaqueReason(rule) === undefined)) whole++;
    }
    const share = (part: number, all: number) => `${part} of ${all} (${((100 * part) / all).toFixed(1)} %)`;
    console.info(`visual leaf rows: ${share(drawn, leaves)}; files wholly visual: ${share(whole, mappingFiles.length)}`);
    expect(mappingFiles.length).toBeGreaterThanOrEqual(30);
    expect(drawn / leaves).toBeGreaterThanOrEqual(0.97);
    expect(whole / mappingFiles.length).toBeGreaterThanOrEqual(0.6);
  });

  it('are projected fast enough for every keystroke, 500 rows of them together', () => {
    const parts: string[] = [];
    let rows = 0;
    for (const { name, text } of mappingFiles) {
      if (rows >= 500) break;
      rows += [...allRules(open(text).root)].filter((rule) => rulesIn(rule).length === 0).length;
      parts.push(`${JSON.stringify(name)}: ${text.trim()}`);
    }
    const text = `{\n${parts.join(',\n')}\n}`;
    const times = Array.from({ length: 40 }, () => {
      const start = performance.now();
      const view = viewOf(text);
      expect(view.ok).toBe(true);
      return performance.now() - start;
    }).sort((a, b) => a - b);
    console.info(`view of ${rows} rows: least ${times[0]?.toFixed(1)} ms, median ${times[20]?.toFixed(1)} ms`);
    expect(rows).toBeGreaterThanOrEqual(500);
  });
});
