import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSyntax } from '#shared/jsonata/syntax/parse.ts';
import { reworded, rewordRule } from '#shared/mapping/edit/reword.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { suite } from '../../jsonata/suite.ts';
import { commentTexts, firstLost, leafTexts, mappingFiles, open, row } from '../files.ts';

const readable = (text: string): boolean => {
  try {
    parseSyntax(text);
    return true;
  } catch {
    return false;
  }
};
const words = (text: string): string[] => parseSyntax(text).tokens.map(({ start, end }) => text.slice(start, end));
const remarks = (text: string): string[] => parseSyntax(text).comments.map(({ start, end }) => text.slice(start, end));

/** Expressions of the suite and of the rows of real mappings. */
const texts = [
  ...Object.values(suite.groups).flatMap((group) => group.map(({ expr }) => expr)),
  ...mappingFiles.flatMap(({ text }) => [...allRules(open(text).root)].map(({ span }) => text.slice(span.start, span.end))),
].filter((text) => text.length < 600 && readable(text));

describe('the words of a new rule in the form of the old one', () => {
  it('are those of the new rule, and every remark of the old one is still there', () => {
    const any = fc.constantFrom(...texts);
    fc.assert(
      fc.property(any, any, (old, code) => {
        const made = reworded(old, code);
        expect(words(made)).toEqual(words(code));
        for (const remark of remarks(old)) expect(remarks(made)).toContain(remark);
      }),
      { numRuns: 400 },
    );
  });

  it('leave a rule that says the same as it is, byte for byte', () => {
    for (const text of texts) {
      const plain = words(text).join(' ').trim();
      if (readable(plain)) expect(reworded(text, plain), text).toBe(text);
    }
  });

  it('keep lines and remarks beside a word that changes', () => {
    const old = 'paid /* in full */\n  ? "yes"\n  : "no" /* else */';
    expect(reworded(old, 'paid ? "yes" : "never"')).toBe('paid /* in full */\n  ? "yes"\n  : "never" /* else */');
    expect(reworded('a & /* gap */ " " & b', 'a & b')).toBe('a & /* gap */ b');
    expect(reworded('$trim(a)', '$uppercase($trim(a))')).toBe('$uppercase($trim(a))');
  });
});

describe('a row with another rule', () => {
  it('leaves all other rows and every remark of a mapping as they are', () => {
    for (const { name, text } of mappingFiles.filter((_, i) => i % 4 === 0)) {
      const view = open(text);
      for (const rule of allRules(view.root)) {
        const code = text.slice(rule.span.start, rule.span.end);
        const edit = rewordRule(view, rule.id, `$fresh(${code})`);
        if (!edit.ok) throw new Error(`${name} ${rule.id}: ${edit.refusal.message}`);
        expect(commentTexts(edit.view), rule.id).toEqual(commentTexts(view));
        const { start } = rule.span;
        const set = { start, end: rule.span.end + edit.text.length - text.length };
        expect(firstLost(leafTexts(view, rule.span), leafTexts(edit.view, set)), rule.id).toBeUndefined();
      }
    }
  });

  it('keeps the brackets around it, and gets them where its place needs them', () => {
    const bracketed = open('{ "a": (b & c) }');
    expect(rewordRule(bracketed, row(bracketed, 'a').id, 'b & d')).toMatchObject({ ok: true, text: '{ "a": (b & d) }' });
    const inTest = open('{ "a": b ? c : d }');
    expect(rewordRule(inTest, 'a#1', 'x ? y')).toMatchObject({ ok: true, text: '{ "a": b ? (x ? y) : d }' });
  });

  it('refuses what is no expression, with the place in what was typed', () => {
    const view = open('{ "a": b }');
    expect(rewordRule(view, 'a#0', 'b &')).toMatchObject({ ok: false, refusal: { code: 'syntax' } });
  });
});
