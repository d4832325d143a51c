import { parseJson } from '../json.ts';
import { reconcileLimits } from '../reconcile.ts';
import { csvReader, delimiterOf } from './csv.ts';
import { atPath, idText } from './path.ts';

/** One thing of a list. */
export interface ListRow {
  id: string;
  /** Its full record as JSON text, where the list has more than ids. JSON comes byte for byte as it was. */
  row?: string;
}

/** A list cannot be read: one sentence with the place. */
export class ListError extends Error {
  override readonly name = 'ListError';
}

export interface ListReader {
  push(text: string): void;
  end(): void;
  /** Things that had no id. */
  without(): number;
}

/**
 * Reads a list as it comes in, in memory for one thing at a time: JSON (a list), JSON lines, CSV with a first line of names, or
 * ids alone, line by line. Which of these it is shows at its beginning.
 * @param idField path of the id in a thing of JSON, name of the column of CSV; empty: each line or text is an id
 * @throws ListError
 */
export function listReader(idField: string, found: (row: ListRow) => void): ListReader {
  let begun: { push(text: string): void; end(): void } | undefined;
  let head = '';
  let without = 0;
  const give = (id: string | undefined, row: string | undefined): void => {
    if (id === undefined) without++;
    else found(row === undefined ? { id } : { id, row });
  };
  const begin = (): void => {
    const text = head.replace(/^\uFEFF/, '');
    const first = text.trimStart()[0];
    begun = first === '[' || first === '{' ? jsonReader(idField, give) : tableReader(idField, text, give);
    begun.push(text);
    head = '';
  };
  return {
    push(text) {
      if (begun) return begun.push(text);
      head += text;
      // A first line tells columns and what separates them.
      if (head.length > 64 * 1024 || head.trimStart().includes('\n')) begin();
    },
    end() {
      if (!begun) begin();
      begun?.end();
    },
    without: () => without,
  };
}

type Give = (id: string | undefined, row: string | undefined) => void;

/** Cuts the things of a list, or things that follow one another, out of JSON text without parsing around them. */
function jsonReader(idField: string, give: Give): { push(text: string): void; end(): void } {
  let part = '';
  let depth = 0;
  let inText = false;
  let escaped = false;
  let listed: boolean | undefined;
  let count = 0;

  const take = (): void => {
    const text = part.trim();
    part = '';
    if (text === '') return;
    count++;
    let value: unknown;
    try {
      value = parseJson(text);
    } catch (cause) {
      throw new ListError(`Thing ${count} of the list is not JSON: ${text.slice(0, 60)}`, { cause });
    }
    const isRecord = typeof value === 'object' && value !== null;
    give(idText(isRecord ? atPath(value, idField) : value), isRecord ? text : undefined);
  };

  return {
    push(text) {
      for (const char of text) {
        if (inText) {
          part += char;
          if (escaped) escaped = false;
          else if (char === '\\') escaped = true;
          else if (char === '"') inText = false;
          continue;
        }
        if (listed === undefined) {
          if (/\s/.test(char)) continue;
          listed = char === '[';
          if (listed) continue;
        }
        if (depth === 0 && (char === ',' || char === ']' || (!listed && char === '\n'))) {
          take();
          continue;
        }
        if (char === '"') inText = true;
        else if (char === '{' || char === '[') depth++;
        else if (char === '}' || char === ']') depth--;
        part += char;
        if (part.length > reconcileLimits.rowBytes) throw new ListError(`Thing ${count + 1} of the list is longer than 1 MB.`);
        if (depth === 0 && !listed && (char === '}' || char === ']')) take();
      }
    },
    end() {
      if (inText || depth > 0) throw new ListError('The list ends in the middle of a thing: it was cut off.');
      take();
    },
  };
}

function tableReader(idField: string, head: string, give: Give): { push(text: string): void; end(): void } {
  const delimiter = delimiterOf(head.split('\n', 1)[0] ?? '');
  let names: string[] | undefined;
  let at = 0;
  return csvReader(delimiter, (cells) => {
    if (names === undefined) {
      names = cells.map((cell) => cell.trim());
      at = idField === '' ? 0 : names.findIndex((name) => name.toLowerCase() === idField.toLowerCase());
      if (at < 0) throw new ListError(`The first line has no column “${idField}”. It has: ${names.join(', ').slice(0, 200)}.`);
      if (idField !== '') return;
    }
    const row =
      idField === '' || names.length < 2
        ? undefined
        : JSON.stringify(Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])));
    give(idText(cells[at]), row);
  });
}
