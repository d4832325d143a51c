import type { Completion, CompletionSource } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { pathCode } from '#shared/mapping/code.ts';
import type { FunctionHelp } from '#shared/shape/functions/help.ts';
import { functionWords } from '#shared/shape/functions/names.ts';
import { functionHelp, helpOf } from '#shared/shape/functions.ts';
import type { Field, Shape } from '#shared/shape/shape.ts';
import { hint } from '../../editor/code-editor/look.ts';
import { typeWords } from '../editors/fields.ts';
import { argumentsFor } from '../editors/pipeline.ts';
import type { RowResult } from '../mapper-store.ts';
import { cursorPlace, fieldsIn } from './cursor.ts';

/** What completion and hints know of the message. */
export interface Knowledge {
  shape: Shape;
  /** What an expression gives on the current message; absent where there is none. */
  evaluate?: (expression: string) => Promise<RowResult>;
}

/** Completion of a mapping: the fields at the cursor's place, variables and helpers in scope, functions with an example. */
export function completeMapping(know: () => Knowledge): CompletionSource {
  return (context) => {
    const text = context.state.doc.toString();
    const place = cursorPlace(text, context.pos);
    if (place === undefined) return null;
    const { word, from, step } = place;
    if (word === '' && !step && !context.explicit) return null;
    const fields = fieldsIn(know().shape, place.contexts).map(fieldOption);
    const names = place.names.map(
      ({ name, helper }): Completion => ({
        label: `$${name}`,
        type: 'variable',
        detail: helper ? 'own function' : 'variable',
        boost: 10,
        ...(helper ? { apply: `$${name}(` } : {}),
      }),
    );
    const functions = step ? [] : functionHelp.map((help) => functionOption(help, know));
    const options = word.startsWith('$')
      ? [...names, ...functions]
      : step
        ? fields
        : [...fields, ...(context.explicit || word === '' ? [...names, ...functions] : [])];
    return options.length === 0 ? null : { from, options, validFor: word.startsWith('$') ? /^\$\w*$/ : /^`?\w*$/ };
  };
}

function fieldOption(field: Field): Completion {
  const { name, shape } = field;
  return {
    label: name,
    apply: pathCode([name]),
    detail: [typeWords(shape), shape.examples?.[0] ?? ''].filter((one) => one !== '').join('  '),
    type: 'property',
    boost: 20,
    info: () => fieldHint(field),
  };
}

function fieldHint({ name, shape, seen }: Field): HTMLElement {
  const seenIn = seen === undefined ? '' : `Seen in ${Math.round(seen * 100)} % of the samples.`;
  return hint({
    name,
    words: typeWords(shape),
    help: [shape.doc ?? '', seenIn].filter((one) => one !== '').join(' '),
    example: (shape.examples ?? []).join(', '),
  });
}

function functionOption(help: FunctionHelp, know: () => Knowledge): Completion {
  return {
    label: `$${help.name}`,
    detail: functionWords(help.name),
    type: 'function',
    apply: `$${help.name}(`,
    info: () => functionHint(help, know()),
  };
}

/** The help on a function, with what it makes of a field of the current message where it takes just one value. */
async function functionHint(help: FunctionHelp, { shape, evaluate }: Knowledge): Promise<HTMLElement> {
  const { name, words, help: sentence, example } = help;
  const general = `${example.expression} = ${example.result === '' ? 'no value' : example.result}`;
  const field = argumentsFor(name).every(({ optional }) => optional) ? fieldFor(help, shape) : undefined;
  if (field === undefined || evaluate === undefined) return hint({ name: `$${name}`, words, help: sentence, example: general });
  const expression = `$${name}(${pathCode([field])})`;
  const result = await evaluate(expression);
  return hint({
    name: `$${name}`,
    words,
    help: sentence,
    example: result.kind === 'value' ? `${expression} = ${result.json.slice(0, 120)} (this sample)` : general,
  });
}

/** A field at the top of the message of the kind that a function takes. */
function fieldFor({ category, words }: FunctionHelp, shape: Shape): string | undefined {
  const wanted = words.startsWith('list')
    ? 'list'
    : words.startsWith('number')
      ? 'number'
      : words.startsWith('text')
        ? 'text'
        : category === 'object'
          ? 'object'
          : undefined;
  return wanted === undefined
    ? undefined
    : shape.fields?.find((field) => field.shape.kinds.length === 1 && field.shape.kinds[0] === wanted)?.name;
}

/** Hints on the function or field under the mouse. */
export function mappingHints(know: () => Knowledge): Extension {
  return hoverTooltip(
    async (view, offset) => {
      const line = view.state.doc.lineAt(offset);
      const [left = ''] = /(?:\$?\w*|`[^`]*)$/.exec(line.text.slice(0, offset - line.from)) ?? [];
      const [right = ''] = /^[\w`]*/.exec(line.text.slice(offset - line.from)) ?? [];
      const word = left + right;
      if (word.trim() === '') return null;
      const start = offset - left.length;
      const dom = word.startsWith('$') ? await functionAt(word, know()) : fieldAt(view.state.doc.toString(), start, word, know());
      return dom === undefined ? null : { pos: start, end: offset + right.length, create: () => ({ dom }) };
    },
    { hoverTime: 350 },
  );
}

async function functionAt(word: string, know: Knowledge): Promise<HTMLElement | undefined> {
  const help = helpOf(word);
  return help === undefined ? undefined : functionHint(help, know);
}

function fieldAt(text: string, start: number, word: string, { shape }: Knowledge): HTMLElement | undefined {
  const place = cursorPlace(text, start);
  const name = word.replaceAll('`', '');
  const field = place && fieldsIn(shape, place.contexts).find((one) => one.name === name);
  return field && fieldHint(field);
}
