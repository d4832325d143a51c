import { readdirSync, readFileSync } from 'node:fs';
import { allRules, type Rule } from '#shared/mapping/rule.ts';
import { type OpenView, viewOf } from '#shared/mapping/view.ts';

const folder = new URL('./files/', import.meta.url);

/** The realistic mappings, by file name. */
export const mappingFiles: readonly { name: string; text: string }[] = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonata'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

/** The view of a text that must be readable. */
export function open(text: string): OpenView {
  const view = viewOf(text);
  if (!view.ok) throw new Error(`${view.problem.message}: ${text}`);
  return view;
}

/** The one rule that fills a place first; `lines[].sku` or `lines[].sku#1`. */
export function row(view: OpenView, id: string): Rule {
  const wanted = id.includes('#') ? id : `${id}#0`;
  const found = [...allRules(view.root)].find((rule) => rule.id === wanted);
  if (found === undefined) throw new Error(`No row ${wanted}`);
  return found;
}

/** The texts of all leaf rows apart from `gone`, in their order. */
export function leafTexts(view: OpenView, gone?: { start: number; end: number }): string[] {
  const leaves = [...allRules(view.root)].filter((rule) => 'chip' in rule);
  const kept = leaves.filter(({ span }) => gone === undefined || span.end <= gone.start || span.start >= gone.end);
  // `[a]` and `[a, b]` have the same row for a.
  const spans = kept.map((rule) => ('list' in rule && rule.list ? rule.chip : rule.span));
  return spans.map(({ start, end }) => view.text.slice(start, end));
}

/** The first of some texts that is missing among others, in their order. */
export function firstLost(texts: readonly string[], among: readonly string[]): string | undefined {
  let at = 0;
  return texts.find((text) => {
    at = among.indexOf(text, at) + 1;
    return at === 0;
  });
}

/** The comments that do not stand in any of the given places, in their order. */
export function commentTexts(view: OpenView, gone: readonly { start: number; end: number }[] = []): string[] {
  const kept = view.comments.filter(({ start, end }) => !gone.some((span) => start >= span.start && end <= span.end));
  return kept.map(({ start, end }) => view.text.slice(start, end));
}
