import type { Span } from '../../jsonata/syntax/tree.ts';
import { allRules, type Rule } from '../rule.ts';
import type { OpenView } from '../view.ts';
import { type Edited, edited, refused, type Splice } from './edit.ts';
import { beginsLine, indentAt } from './layout.ts';

/** Remarks as one text, without their marks. */
export function noteText(view: OpenView, notes: readonly Span[]): string {
  return notes.map(({ start, end }) => view.text.slice(start + 2, end - 2).trim()).join(' ');
}

/** Gives a field or variable a remark: in the place of those that it has, else above it, or before it where fields share a line. An empty text takes it away. */
export function setNote(view: OpenView, id: string, text: string): Edited {
  const owner = ownerOf(view.root, id);
  if (owner === undefined) return refused('row', 'Only fields and variables can have a note.');
  const { text: all } = view;
  const { span, notes } = owner;
  // The end of a remark cannot stand in one.
  const note = text.trim().replaceAll('*/', '* /');
  const [first, ...more] = notes;
  const gone: Splice[] = more.map((one) => withGap(all, one));
  if (first === undefined) {
    if (note === '') return { ok: true, text: all, splices: [], view };
    const gap = beginsLine(all, span.start) ? `\n${indentAt(all, span.start)}` : ' ';
    return edited(all, [{ start: span.start, end: span.start, insert: `/* ${note} */${gap}` }]);
  }
  if (note === '') return edited(all, [withGap(all, first), ...gone]);
  return edited(all, [{ ...first, insert: `/* ${note} */` }, ...gone]);
}

/** A remark and the white space behind it up to what follows, or before it where it ends its line. */
function withGap(text: string, { start, end }: Span): Splice {
  const behind = /^[ \t]*(?:\r?\n[ \t]*)?/.exec(text.slice(end))?.[0] ?? '';
  const ends = behind.includes('\n') && !beginsLine(text, start);
  if (!ends) return { start, end: end + behind.length, insert: '' };
  const before = /[ \t]*$/.exec(text.slice(0, start))?.[0] ?? '';
  return { start: start - before.length, end, insert: '' };
}

/** The field or variable that a rule is the value of. */
function ownerOf(root: Rule, id: string): { span: Span; notes: readonly Span[] } | undefined {
  for (const rule of allRules(root)) {
    const owners = rule.kind === 'object' || rule.kind === 'group' ? rule.fields : rule.kind === 'scope' ? rule.variables : [];
    const found = owners.find((owner) => owner.rule.id === id || bodyOf(owner.rule).id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The sheet names what a scope makes, not the scope. */
const bodyOf = (rule: Rule): Rule => (rule.kind === 'scope' ? bodyOf(rule.body) : rule);
