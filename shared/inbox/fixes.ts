import type { FixKind } from '../inbox.ts';
import type { Edited } from '../mapping/edit/edit.ts';
import { codeFor, fragmentOf, replacePart } from '../mapping/edit/fragment.ts';
import { addCondition, setDefault } from '../mapping/edit/wrap.ts';
import type { SourcePath } from '../mapping/reach.ts';
import { type FailedRow, fieldChips, isField } from './rule.ts';

/** What is known of a failing row, for suggesting how to mend it. */
export interface FixGround {
  row: FailedRow;
  message: string;
  /** Values of the failing field in some messages; undefined where it is missing. */
  values: readonly unknown[];
  /** The failing field, as the row reads it. */
  field: SourcePath | undefined;
}

/** An edit of the mapping that may mend it. */
export interface FixEdit {
  kind: FixKind;
  title: string;
  sentence: string;
  expression: string;
}

const isNumberError = (message: string): boolean =>
  /cannot be read as a number|must be a number|must hold only numbers|compares .* with/.test(message);
const isTextError = (message: string): boolean => /must be a text|must hold only texts/.test(message);

/**
 * Ways to mend a failing row, the likeliest first. Each is an edit of the mapping that leaves all other rows and remarks as
 * they are; whether it mends anything is for a run over the messages to say.
 */
export function fixesFor(ground: FixGround): FixEdit[] {
  const { row, message, values, field } = ground;
  const name = field?.join('.') ?? row.place;
  const texts = values.filter((value): value is string => typeof value === 'string');
  const found: FixEdit[] = [];
  const add = (kind: FixKind, title: string, sentence: string, edit: Edited | undefined): void => {
    if (edit?.ok && edit.text !== row.view.text && !found.some(({ expression }) => expression === edit.text))
      found.push({ kind, title, sentence, expression: edit.text });
  };

  if (isNumberError(message)) {
    const commas = texts.filter((text) => /\d,\d/.test(text));
    if (commas.length > 0) {
      const points = commas.some((text) => /\d[. ]\d{3}(,|$)/.test(text));
      const english = commas.every((text) => /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text.trim()));
      if (english) {
        add(
          'comma-decimals',
          'Leave out thousands commas',
          `\`${name}\` is read without its commas before it becomes a number.`,
          onField(ground, (code) => `$number($replace($string(${code}), ",", ""))`),
        );
      } else {
        add(
          'comma-decimals',
          'Convert comma decimals',
          points
            ? `\`${name}\` is read without the points or blanks between thousands and with a point for the comma.`
            : `\`${name}\` is read with a point for the comma before it becomes a number.`,
          onField(ground, (code) =>
            points
              ? `$number($replace($replace($string(${code}), /[. ]/, ""), ",", "."))`
              : `$number($replace($string(${code}), ",", "."))`,
          ),
        );
      }
    }
    if (texts.some((text) => text !== text.trim() && text.trim() !== '')) {
      add(
        'trim',
        'Cut off blanks around it',
        `Blanks before and behind \`${name}\` do not count.`,
        onField(ground, (code) => `$number($trim($string(${code})))`),
      );
    }
    if (texts.length > 0) {
      add(
        'to-number',
        'Read it as a number',
        `The text of \`${name}\` becomes a number.`,
        onField(ground, (code) => `$number(${code})`),
      );
    }
    if (values.some((value) => value === undefined || value === null || value === '')) {
      add(
        'default',
        'Take 0 where it is missing',
        `Where \`${name}\` is missing, null or empty, 0 stands in for it.`,
        onField(ground, (code) => `$number($string(${code}) != "" and ${code} != null ? ${code} : 0)`),
      );
    }
    add(
      'optional',
      `Leave \`${row.place}\` out where it is no number`,
      `Messages whose \`${name}\` is no number go on without \`${row.place}\`.`,
      field && onlyWhere(ground, (code) => `$contains($string(${code}), /^[+-]?[0-9]+([.][0-9]+)?$/)`),
    );
  } else if (isTextError(message)) {
    add(
      'to-text',
      'Write it as text',
      `\`${name}\` becomes a text, whatever it is.`,
      onField(ground, (code) => `$string(${code})`),
    );
    add(
      'optional',
      `Leave \`${row.place}\` out where it is no text`,
      `Messages whose \`${name}\` is no text go on without \`${row.place}\`.`,
      field && onlyWhere(ground, (code) => `$type(${code}) = "string"`),
    );
  } else if (values.some((value) => value === undefined || value === null)) {
    add(
      'default',
      'Take empty text where it is missing',
      `Where \`${name}\` is missing or null, an empty text stands in for it.`,
      setDefault(row.view, row.rule.id, 'missingOrNull', '""'),
    );
    add(
      'optional',
      `Leave \`${row.place}\` out where it is missing`,
      `Messages without \`${name}\` go on without \`${row.place}\`.`,
      field && onlyWhere(ground, (code) => `$exists(${code}) and ${code} != null`),
    );
  }
  return found;
}

/** Edits the failing field where the row reads it; a number function directly around it is taken along. */
function onField({ row, field }: FixGround, write: (code: string) => string): Edited | undefined {
  const chip = fieldChips(row).find((one) => field !== undefined && isField(one, field));
  if (chip === undefined) return undefined;
  const { text } = row.view;
  const code = text.slice(chip.start, chip.end);
  const read = fragmentOf(code);
  if (!read.ok) return undefined;
  const wanted = write(codeFor(read.fragment, 'operand'));
  // `$number(total)` becomes `$number($replace(…))`, not a number of a number.
  const before = /\$number\(\s*$/.exec(text.slice(0, chip.start));
  const after = /^\s*\)/.exec(text.slice(chip.end));
  const inner = /^\$number\((.*)\)$/s.exec(wanted)?.[1];
  if (before && after && inner !== undefined) {
    if (inner === code) return undefined;
    return replacePart(row.view, { start: chip.start, end: chip.end }, inner);
  }
  return replacePart(row.view, { start: chip.start, end: chip.end }, wanted);
}

function onlyWhere({ row, field }: FixGround, condition: (code: string) => string): Edited | undefined {
  const chip = fieldChips(row).find((one) => field !== undefined && isField(one, field));
  if (chip === undefined) return undefined;
  return addCondition(row.view, row.rule.id, condition(row.view.text.slice(chip.start, chip.end)));
}
