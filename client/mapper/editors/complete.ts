import type { Completion, CompletionSource } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { useEffect, useMemo, useRef } from 'react';
import type { SourcePath } from '#shared/mapping/reach.ts';
import { functionWords } from '#shared/shape/functions/names.ts';
import { functionHelp } from '#shared/shape/functions.ts';
import { completing } from '../../editor/code-editor/code-input.tsx';
import { hint } from '../../editor/code-editor/look.ts';
import { useEditing, useFields } from './editing.ts';
import type { FieldChoice } from './fields.ts';

const functions: Completion[] = functionHelp.map(({ name, words, help, example }) => ({
  label: `$${name}`,
  detail: functionWords(name),
  type: 'function',
  apply: `$${name}(`,
  info: () =>
    hint({ name: `$${name}`, words, help, example: `${example.expression} = ${example.result === '' ? 'no value' : example.result}` }),
}));

/** Completion in a field of code of a row: the fields that can be named there, and the functions. Stays the same extension. */
export function useCompletion(within?: SourcePath): Extension {
  const choices = useFields(within);
  const { name } = useEditing();
  const latest = useRef({ choices, name });
  useEffect(() => {
    latest.current = { choices, name };
  });
  return useMemo(() => {
    const source: CompletionSource = (context) => {
      const word = context.matchBefore(/\$?[\w.$`]*/);
      if (word === null || (word.from === word.to && !context.explicit)) return null;
      const fields = latest.current.choices.map((choice) => optionOf(choice, (naming) => latest.current.name(naming)));
      const wanted = /^\$\w*$/.test(word.text) ? [...functions, ...fields.filter(({ label }) => label.startsWith('$'))] : fields;
      return { from: word.from, options: wanted, validFor: /^[\w.$`]*$/ };
    };
    return completing([source]);
  }, []);
}

function optionOf(choice: FieldChoice, name: (naming: NonNullable<FieldChoice['naming']>) => void): Completion {
  const { code, type, example, naming, reason } = choice;
  const option: Completion = {
    label: code,
    detail: [type, example ?? ''].filter((one) => one !== '').join('  '),
    type: 'property',
    boost: reason === undefined ? 0 : 50,
  };
  if (naming === undefined) return option;
  return {
    ...option,
    apply: (editor, _, from, to) => {
      name(naming);
      editor.dispatch({ changes: { from, to, insert: code }, selection: { anchor: from + code.length }, userEvent: 'input.complete' });
    },
  };
}
