import type { Span } from '../jsonata/syntax/tree.ts';
import type { Absence, Chip } from '../mapping/chip.ts';
import type { Rule, TableRow } from '../mapping/rule.ts';
import type { OpenView } from '../mapping/view.ts';
import { counted, cut, listed, quoted } from './change.ts';

const absences: Record<Absence, string> = { missing: 'it is missing', missingOrNull: 'it is missing or null', empty: 'it is empty' };
const sums: Record<string, string> = {
  sum: 'sum of',
  count: 'number of',
  average: 'average of',
  max: 'largest of',
  min: 'smallest of',
  join: 'texts joined of',
};

/** What a rule does, in a few words that can follow "was" or "now": `first name and last name joined`, `the fixed value “EU”`. */
export function ruleWords(view: OpenView, rule: Rule): string {
  const words = wordsOf(view, rule);
  return words.length > 160 ? cut(code(view, rule.span), 120) : words;
}

function wordsOf(view: OpenView, rule: Rule): string {
  const text = (span: Span, most = 80) => cut(code(view, span), most);
  switch (rule.kind) {
    case 'copy':
      return text(rule.chip) + (rule.list ? ' as a list' : '');
    case 'pick':
      return `${text(rule.chip)}${rule.list ? ' as a list' : ''}`;
    case 'lookup':
      return `looked up: ${text(rule.chip)}`;
    case 'constant':
      return rule.chip.value === '' ? 'an empty text' : `the fixed value ${fixed(rule.chip.value)}`;
    case 'template':
      return `${listed(rule.chip.parts.map((part) => partWords(view, part)).filter((part) => part !== ''))} joined`;
    case 'formula':
      return `computed: ${text(rule.span, 120)}`;
    case 'function': {
      const { input, stages } = rule.chip;
      if (input === undefined || stages.some((stage) => stage.arguments.length > 1)) return text(rule.span, 120);
      const names = stages.map(
        ({ name, arguments: more }) => name + (more.length === 0 ? '' : ` (${more.map((one) => text(one)).join(', ')})`),
      );
      return `${text(input)} through ${listed(names)}`;
    }
    case 'aggregate': {
      const { function: name, list, each } = rule.chip;
      return `${sums[name] ?? name} ${each ? `${text(each)} for each of ` : ''}${text(list)}`;
    }
    case 'each':
      return `${text(rule.chip.body)} for each of ${text(rule.chip.list)}`;
    case 'table':
      return `${text(rule.input)} translated by a table of ${counted(rule.rows.length, 'value')}${
        rule.otherwise ? `, otherwise ${wordsOf(view, rule.otherwise)}` : ''
      }`;
    case 'choice': {
      if (rule.branches.length > 2) return `one of ${rule.branches.length + (rule.otherwise ? 1 : 0)} rules by conditions`;
      const branches = rule.branches.map(({ condition, value }) => `${wordsOf(view, value)} when ${text(condition)}`);
      return [...branches, ...(rule.otherwise ? [`otherwise ${wordsOf(view, rule.otherwise)}`] : [])].join(', ');
    }
    case 'default':
      return `${wordsOf(view, rule.value)}, or ${wordsOf(view, rule.fallback)} when ${absences[rule.mode]}`;
    case 'loop':
      return `for each of ${text(rule.listSpan)}`;
    case 'helper':
      return `a function of ${listed(rule.parameters.map((name) => `$${name}`)) || 'nothing'}: ${text(rule.body.span)}`;
    case 'object':
      return rule.fields.length === 0 ? 'an empty object' : `an object with ${counted(rule.fields.length, 'field')}`;
    case 'list':
      return `a list of ${counted(rule.items.length, 'item')}`;
    case 'merge':
      return `${counted(rule.items.length, 'object')} made one`;
    case 'group':
      return `${text(rule.listSpan)} in groups`;
    default:
      return text(rule.span, 120);
  }
}

/** A piece of a text that is joined; one that only parts the others is no word of its own. */
function partWords(view: OpenView, part: Chip): string {
  if (part.kind !== 'literal') return cut(code(view, part), 60);
  return typeof part.value === 'string' && !/[\p{L}\p{N}]/u.test(part.value) ? '' : fixed(part.value);
}

/** A fixed value as people write it. */
export function fixed(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : cut(JSON.stringify(value) ?? 'nothing', 60);
}

/** What changed between two value tables: `“DE” was “Germany”, now “Deutschland”; new “FR”`. */
export function tableWords(before: readonly TableRow[], after: readonly TableRow[]): string {
  const old = new Map(before.map(({ from, to }) => [from, to]));
  const parts: string[] = [];
  const added: string[] = [];
  for (const { from, to } of after) {
    if (!old.has(from)) added.push(`${quoted(from)} to ${fixed(to)}`);
    else if (JSON.stringify(old.get(from)) !== JSON.stringify(to))
      parts.push(`${quoted(from)} was ${fixed(old.get(from))}, now ${fixed(to)}`);
    old.delete(from);
  }
  if (added.length > 0) parts.push(`new: ${listed(added)}`);
  if (old.size > 0) parts.push(`removed: ${listed([...old.keys()].map((from) => quoted(from)))}`);
  return parts.join('; ');
}

function code(view: OpenView, { start, end }: Span): string {
  return view.text.slice(start, end);
}
