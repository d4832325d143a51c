import type { Span } from '../jsonata/syntax/tree.ts';
import type { Field, Rule } from '../mapping/rule.ts';
import { type TargetPath, targetText } from '../mapping/target.ts';
import type { OpenView } from '../mapping/view.ts';

/** One row of a mapping, to be compared with the row of another text that fills the same place. */
export interface MappingRow {
  /** The place that it fills and its number among those that fill the same: equal for the same row of two texts. */
  key: string;
  /** `customer.name`, `lines[]` for what a list goes through, `$vat` for a variable. */
  target: string;
  path: TargetPath;
  rule: Rule;
  /** True for the row that says what a list goes through. */
  loop: boolean;
  /** True when a gesture can write it: nothing of its place is computed. */
  writable: boolean;
  /** Its code as people read it. */
  code: string;
  /** Its code without white space and remarks: equal for rules that are written differently but are the same. */
  tokens: string;
  /** The remarks of its field, without their marks. */
  note: string;
}

/** The rows of a mapping in the order of its text: each field, list, variable and branch-free rule is one. */
export function rowsOf(view: OpenView): MappingRow[] {
  const rows: MappingRow[] = [];
  const seen = new Map<string, number>();
  const add = (rule: Rule, loop: boolean, field: Pick<Field, 'notes'> & Partial<Field> = { notes: [] }) => {
    const target = targetText(rule.target) + (loop ? '[]' : '');
    const nth = seen.get(target) ?? 0;
    seen.set(target, nth + 1);
    const computed = field.key === undefined && field.keySpan !== undefined ? field.keySpan : undefined;
    rows.push({
      key: `${target}#${nth}`,
      target: computed === undefined ? target : view.text.slice(computed.start, computed.end),
      path: rule.target,
      rule,
      loop,
      writable: nth === 0 && rule.target.every((step) => step === null || typeof step !== 'object' || 'variable' in step),
      code:
        loop && rule.kind === 'loop'
          ? view.text.slice(rule.listSpan.start, rule.listSpan.end)
          : outdented(view.text.slice(rule.span.start, rule.span.end)),
      tokens: (computed ? `${tokensIn(view, computed)}:` : '') + ruleTokens(view, rule, loop),
      note: field.notes.map(({ start, end }) => view.text.slice(start + 2, end - 2).trim()).join(' '),
    });
  };
  const walk = (rule: Rule, field?: Pick<Field, 'notes'> & Partial<Field>): void => {
    switch (rule.kind) {
      case 'object':
        if (rule.fields.length === 0) add(rule, false, field);
        for (const one of rule.fields) walk(one.rule, one);
        return;
      case 'list':
      case 'merge':
        for (const item of rule.items) walk(item);
        return;
      case 'scope':
        for (const variable of rule.variables) walk(variable.rule, { notes: variable.notes });
        walk(rule.body, field);
        return;
      case 'loop':
        add(rule, true, field);
        walk(rule.body);
        return;
      default:
        add(rule, false, field);
    }
  };
  walk(view.root);
  return rows;
}

/** Code without the indent that its lines have in the mapping. */
function outdented(text: string): string {
  if (!text.includes('\n')) return text;
  const lines = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');
  const least = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return Number.isFinite(least) && least > 0 ? text.replaceAll(new RegExp(`\\n[ \\t]{${least}}`, 'g'), '\n') : text;
}

function ruleTokens(view: OpenView, rule: Rule, loop: boolean): string {
  if (!loop || rule.kind !== 'loop') return tokensIn(view, rule.span);
  const { form, array, itemName, indexName, listSpan } = rule;
  // A list without a function names its item by a variable, which is a row of its own.
  return [form, array, form === 'dot' ? '' : (itemName ?? ''), indexName ?? '', tokensIn(view, listSpan)].join(' ');
}

/** The code of a part without white space and remarks; each token is parted from the next. */
export function tokensIn({ text, syntax }: OpenView, { start, end }: Span): string {
  const { tokens } = syntax;
  let low = 0;
  for (let high = tokens.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  const parts: string[] = [];
  for (let at = low; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.end > end || token.kind === 'end') break;
    parts.push(text.slice(token.start, token.end));
  }
  return parts.join('\u0001');
}

/** The remarks of a mapping, without their marks, in the order of the text. */
export function remarksOf({ text, comments }: OpenView): string[] {
  return comments.map(({ start, end }) => text.slice(start + 2, end - 2).trim());
}

/**
 * What a mapping does, as text: equal for two texts that differ only in white space, remarks and the order of the
 * fields of their objects.
 */
export function meaningOf(view: OpenView): string {
  const write = (rule: Rule): string => {
    switch (rule.kind) {
      case 'object': {
        const fields = rule.fields.map(({ key, keySpan, rule: inner }) => [
          key === undefined ? tokensIn(view, keySpan) : JSON.stringify(key),
          write(inner),
        ]);
        return `{${fields
          .map((pair) => pair.join(':'))
          .sort()
          .join(',')}}`;
      }
      case 'list':
        return `[${rule.items.map(write).join(',')}]`;
      case 'merge':
        return `merge(${rule.items.map(write).join(',')})`;
      case 'scope':
        return `(${rule.variables.map(({ name, rule: inner }) => `$${name}:=${write(inner)};`).join('')}${write(rule.body)})`;
      case 'loop':
        return `for(${ruleTokens(view, rule, true)})${write(rule.body)}`;
      default:
        return tokensIn(view, rule.span);
    }
  };
  return write(view.root);
}
