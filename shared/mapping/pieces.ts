import { functionWords } from '../shape/functions/names.ts';
import { helpOf } from '../shape/functions.ts';
import type { Absence, Aggregate, Chip, PathChip, SortTerm, Stage } from './chip.ts';
import type { Rule } from './rule.ts';

/** A piece of a rule as it stands in its row, in the order of reading. */
export type Piece =
  /** A word between chips; a sign stands for itself. */
  | { kind: 'word' | 'sign'; text: string }
  /** What comes before goes into what comes behind. */
  | { kind: 'arrow' }
  /** A field of the message, a variable or an item by its name; `more` tells where it begins, where the text does not. */
  | { kind: 'field'; text: string; more?: string }
  | { kind: 'literal'; text: string; value: unknown }
  | { kind: 'function'; text: string; name: string; help?: string }
  | { kind: 'table'; text: string }
  /** The mark of a loop. */
  | { kind: 'loop' }
  /** What cannot be drawn: its text, and why. */
  | { kind: 'code'; text: string; reason: string };

/** The pieces as a sentence for a screen reader or a tooltip. */
export function piecesText(pieces: readonly Piece[]): string {
  const words = pieces.map((piece) => (piece.kind === 'arrow' ? 'then' : piece.kind === 'loop' ? '' : piece.text));
  return words
    .filter((text) => text !== '')
    .join(' ')
    .replaceAll(/\( | (?=[),])/g, (found) => found.trim());
}

const codeLength = 60;

const word = (text: string): Piece => ({ kind: 'word', text });
const sign = (text: string): Piece => ({ kind: 'sign', text });
const arrow: Piece = { kind: 'arrow' };

const absences: Record<Absence, string> = { missing: 'if missing', missingOrNull: 'if missing or null', empty: 'if empty' };

/** A rule in one line. Rows below it are only hinted at. `text` is the whole mapping. */
export function piecesOf(rule: Rule, text: string): Piece[] {
  const inside = (inner: Rule) => insideOf(inner, text);
  switch (rule.kind) {
    case 'object':
      return rule.fields.length === 0 ? [word('empty object')] : [];
    case 'list':
      return [word(rule.items.length === 1 ? 'list of 1 item' : `list of ${rule.items.length} items`)];
    case 'merge':
      return rule.items.flatMap((item, i) => {
        if (item.kind === 'object') return [word(i === 0 ? 'the fields below' : ', then the fields below')];
        return [word(i === 0 ? 'everything of' : ', then everything of'), ...piecesOf(item, text)];
      });
    case 'loop':
      return loopPieces(rule, text);
    case 'group':
      return [word('group'), ...within(rule.list, text), ...rule.fields.flatMap(({ keyChip }) => [word('by'), ...within(keyChip, text)])];
    case 'choice':
      return [
        ...rule.branches.flatMap(({ condition, value }, i) => [
          word(i === 0 ? 'when' : 'or when'),
          ...piecesOfChip(condition, text),
          arrow,
          ...inside(value),
        ]),
        ...(rule.otherwise ? [word('else'), ...inside(rule.otherwise)] : []),
      ];
    case 'default':
      return [...inside(rule.value), word(absences[rule.mode]), ...inside(rule.fallback)];
    case 'table':
      return [
        ...within(rule.input, text),
        arrow,
        { kind: 'table', text: `value table · ${rule.rows.length}` },
        ...(rule.otherwise ? [word('otherwise'), ...inside(rule.otherwise)] : []),
      ];
    case 'scope':
      return piecesOf(rule.body, text);
    case 'helper': {
      const names = rule.parameters.map((name) => `$${name}`).join(', ');
      return [word(names === '' ? 'own function:' : `own function of ${names}:`), ...inside(rule.body)];
    }
    default:
      return [...(rule.list ? [word('list of')] : []), ...piecesOfChip(rule.chip, text)];
  }
}

/** A rule inside another: what has rows of its own is only named. */
function insideOf(rule: Rule, text: string): Piece[] {
  if (rule.kind === 'object') return [word(rule.fields.length === 0 ? 'empty object' : 'the fields below')];
  return piecesOf(rule, text);
}

function loopPieces(loop: Extract<Rule, { kind: 'loop' }>, text: string): Piece[] {
  let inner = loop.body;
  while (inner.kind === 'scope') inner = inner.body;
  // A loop in a loop that fills the same list.
  const more = inner.kind === 'loop' && inner.body.target.length === inner.target.length ? loopPieces(inner, text) : [];
  return [{ kind: 'loop' }, word('for each'), ...piecesOfChip(loop.list, text), ...more];
}

/** A chip inside others, with its brackets. */
function within(chip: Chip, text: string): Piece[] {
  const pieces = piecesOfChip(chip, text);
  const inBrackets = chip.bracketed === true && chip.kind !== 'path' && chip.kind !== 'literal';
  return inBrackets ? [sign('('), ...pieces, sign(')')] : pieces;
}

/** What stands behind a sign: a value that goes through functions there would seem to take all before it along. */
function behind(chip: Chip, text: string): Piece[] {
  const flows = chip.kind === 'pipeline' && chip.input !== undefined && chip.bracketed !== true;
  return flows ? [sign('('), ...within(chip, text), sign(')')] : within(chip, text);
}

/** A condition, a key or any other chip in one line. */
export function piecesOfChip(chip: Chip, text: string): Piece[] {
  const of = (inner: Chip) => within(inner, text);
  const code = (reason: string): Piece[] => [{ kind: 'code', text: cut(text.slice(chip.start, chip.end)), reason }];
  switch (chip.kind) {
    case 'path':
      return pathPieces(chip, text);
    case 'literal':
      // Numbers as they are written: a double may have fewer digits.
      return [
        {
          kind: 'literal',
          text: typeof chip.value === 'string' ? `“${chip.value}”` : cut(text.slice(chip.start, chip.end)),
          value: chip.value,
        },
      ];
    case 'template':
      return joined(chip.parts, sign('+'), text);
    case 'operation':
      return [
        ...of(chip.left),
        chip.operator === 'in' ? word('is one of') : sign(signs[chip.operator] ?? chip.operator),
        ...behind(chip.right, text),
      ];
    case 'logic':
      return joined(chip.parts, word(chip.operator), text);
    case 'negative':
      return [sign('−'), ...of(chip.operand)];
    case 'pipeline':
      return pipelinePieces(chip, text);
    case 'aggregate':
      return [
        word(aggregateWords[chip.function]),
        ...(chip.each ? [...piecesOfChip(chip.each, text), word('for each')] : []),
        ...of(chip.list),
        ...(chip.separator ? [word('with'), ...of(chip.separator)] : []),
      ];
    case 'each':
      return [...piecesOfChip(chip.body, text), word('for each'), ...of(chip.list)];
    case 'choice':
      return [
        word('when'),
        ...piecesOfChip(chip.condition, text),
        arrow,
        ...of(chip.value),
        ...(chip.otherwise ? [word('else'), ...of(chip.otherwise)] : []),
      ];
    case 'default':
      return [...of(chip.value), word(absences[chip.mode]), ...of(chip.fallback)];
    case 'list':
      return [word('list of'), ...joined(chip.items, sign(','), text)];
    case 'range':
      return [...of(chip.low), word('to'), ...of(chip.high)];
    case 'lambda':
      return [word(chip.parameters.map((name) => `$${name}`).join(', ')), arrow, ...of(chip.body)];
    case 'pattern':
      return [{ kind: 'literal', text: `/${chip.pattern}/${chip.flags}`, value: undefined }];
    case 'object':
      return code('makes an object in place');
    case 'scope':
      return code('uses names of its own');
    case 'code':
      return code(chip.reason);
  }
}

function joined(chips: readonly Chip[], between: Piece, text: string): Piece[] {
  return chips.flatMap((chip, i) => (i === 0 ? within(chip, text) : [between, ...behind(chip, text)]));
}

const signs: Readonly<Record<string, string>> = { '*': '×', '/': '÷', '-': '−', '!=': '≠', '<=': '≤', '>=': '≥', '%': 'mod' };

const aggregateWords: Record<Aggregate, string> = {
  sum: 'sum of',
  count: 'count of',
  average: 'average of',
  max: 'largest of',
  min: 'smallest of',
  join: 'join',
};

/** What is computed before it goes on: a sign in it would seem to end there. */
const computed: ReadonlySet<Chip['kind']> = new Set(['operation', 'logic', 'template', 'choice', 'default']);
const bracketed = (chip: Chip, text: string): Piece[] => [sign('('), ...piecesOfChip(chip, text), sign(')')];

function pipelinePieces({ input, stages }: Extract<Chip, { kind: 'pipeline' }>, text: string): Piece[] {
  return [
    ...(input === undefined ? [] : computed.has(input.kind) ? bracketed(input, text) : within(input, text)),
    ...stages.flatMap(({ name, arguments: given }, i): Piece[] => {
      const help = helpOf(name);
      return [
        ...(i > 0 || input !== undefined ? [arrow] : []),
        { kind: 'function', text: functionWords(name), name, ...(help ? { help: help.help } : {}) },
        ...(given.length === 0 ? [] : [sign('('), ...joined(given, sign(','), text), sign(')')]),
      ];
    }),
  ];
}

function pathPieces(chip: PathChip, text: string): Piece[] {
  const { root, steps } = chip;
  const last = steps.at(-1)?.stages ?? chip.stages;
  const end = last.find((stage) => stage.kind === 'position');
  const ends = end === undefined ? undefined : positionWord(end);
  const names = namesOf(steps, text, ends === undefined ? undefined : end);
  const stages = [...chip.stages, ...steps.flatMap((step) => step.stages)];
  return [
    ...(ends === undefined ? [] : [word(ends)]),
    ...(root.from === 'value'
      ? [...within(root.chip, text), ...(steps.length > 0 ? [{ kind: 'field', text: `.${names}` } as const] : [])]
      : [fieldPiece(root, names)]),
    ...stages.flatMap((stage) => stagePieces(stage, text)),
  ];
}

function fieldPiece(root: Exclude<PathChip['root'], { from: 'value' }>, names: string): Piece {
  const below = names === '' ? '' : `.${names}`;
  switch (root.from) {
    case 'item':
      return { kind: 'field', text: names || 'this item' };
    case 'message':
      return { kind: 'field', text: names || 'whole message', ...(names === '' ? {} : { more: 'of the whole message' }) };
    case 'variable':
      return { kind: 'field', text: `$${root.name}${below}` };
    case 'parent':
      return { kind: 'field', text: names || 'parent', more: 'of the item around' };
  }
}

/** The names of a path, with the positions that are not said in words. */
function namesOf(steps: PathChip['steps'], text: string, said: Stage | undefined): string {
  const marks = { field: '', any: 'any field', deep: 'any depth' };
  return steps
    .map(({ kind, name, stages }) => {
      const at = stages.filter((stage) => stage.kind === 'position' && stage !== said).map(({ start, end }) => text.slice(start, end));
      return (kind === 'field' ? name : marks[kind]) + at.join('');
    })
    .join('.');
}

/** What a position is called, where it has a name. */
function positionWord({ index }: Extract<Stage, { kind: 'position' }>): string | undefined {
  if (index.kind === 'literal') return index.value === 0 ? 'first of' : index.value === -1 ? 'last of' : undefined;
  return index.kind === 'negative' && index.operand.kind === 'literal' && index.operand.value === 1 ? 'last of' : undefined;
}

function stagePieces(stage: Stage, text: string): Piece[] {
  switch (stage.kind) {
    case 'where':
      return [word('where'), ...piecesOfChip(stage.condition, text)];
    case 'sort':
      return sortPieces(stage.terms, text);
    case 'name':
      return [word(`as $${stage.variable}`)];
    case 'number':
      return [word(`numbered $${stage.variable}`)];
    default:
      return [];
  }
}

function sortPieces(terms: readonly SortTerm[], text: string): Piece[] {
  return terms.flatMap(({ descending, by }, i) => [
    word(i === 0 ? 'sorted by' : ', then by'),
    ...within(by, text),
    ...(descending ? [word('descending')] : []),
  ]);
}

/** One line, and no more than fits. */
function cut(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > codeLength ? `${line.slice(0, codeLength - 1)}…` : line;
}
