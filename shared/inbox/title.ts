import { placeWithoutOrdinals, withoutDetails } from './fingerprint.ts';

/** Where and how a message failed, as its dead letter says. */
export interface Failed {
  code: string;
  message: string;
  /** Place that the failing row fills, or JSON pointer into the message; '' where neither is known. */
  place: string;
}

/** What a text is that could not be read as a number, in two words. */
export function textKind(text: string): string {
  if (text.trim() === '') return 'empty text';
  if (/^[+-]?[\d. ]*,\d+$/.test(text.trim())) return 'text with comma';
  if (/^[+-]?\d[\d,]*(\.\d+)?$/.test(text.trim()) && text.includes(',')) return 'text with thousands commas';
  if (text !== text.trim() && Number.isFinite(Number(text))) return 'text with blanks around it';
  if (/\d/.test(text)) return 'text with other characters';
  return 'text without digits';
}

/** The value that a sentence is about: `The text "12,50" cannot be read…`. Undefined where it names none. */
export function quotedValue(message: string): string | undefined {
  const found = /\btext ("(?:[^"\\]|\\.)*")/.exec(message)?.[1];
  if (found === undefined) return undefined;
  try {
    return JSON.parse(found) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The error in a few words, to stand beside the row: `not a number`. */
export function shortError({ code, message }: Omit<Failed, 'place'>): string {
  if (/cannot be read as a number|must be a number/.test(message)) return 'not a number';
  if (/must be a text/.test(message)) return 'not a text';
  if (code === 'map/nothing') return 'gave nothing';
  const first = clause(withoutDetails(message));
  return first.length > 60 ? `${first.slice(0, 59)}…` : first;
}

/**
 * The cause in one plain line. Places and fields stand in backticks. No value of a message stands in it, so that it can be
 * shown where masks hide values.
 */
export function titleOf(failed: Failed): string {
  const { code, message } = failed;
  const place = placeWithoutOrdinals(failed.place);
  const named = place.startsWith('/') ? place.slice(1).replaceAll('/*', '[]').replaceAll('/', '.') : place;
  const it = named === '' ? '' : `\`${named}\``;
  if (it !== '' && /cannot be read as a number/.test(message)) {
    const value = quotedValue(message);
    return `${it} could not be turned into a number${value === undefined ? '' : `: ${textKind(value)}`}`;
  }
  const other = /must be (a number|a text|true or false), but is (?:the )?(text|number|object|array|boolean|null|missing)?/.exec(message);
  if (it !== '' && other) return `${it} needs ${other[1]}${other[2] === undefined ? '' : `, but gets ${withArticle(other[2])}`}`;
  if (code === 'map/nothing') return 'The mapping gave nothing: a field that it reads is missing';
  if (code === 'quarantined') return 'It ended the worker again and again, so it was set aside';
  if (code === 'decode/json') {
    if (/Unterminated|Unexpected end/.test(message)) return 'Not valid JSON: the text ends in the middle';
    const fault = clause(withoutDetails(message)).replace(/^The message is not JSON: /, '');
    return `Not valid JSON: ${fault.replace(/ in JSON at position #.*$/, '')}`;
  }
  if (code === 'validate/invalid') {
    const required = /must have required property '([^']+)'/.exec(message)?.[1];
    if (required !== undefined) return `\`${named === '' ? required : `${named}.${required}`}\` is required but missing`;
    const fault = /schema: (?:\S+ )(.*?)(?:;|, and \d+ more|\.$|$)/.exec(message)?.[1];
    if (it !== '' && fault !== undefined) return `${it} ${withoutDetails(fault)}`;
  }
  const first = clause(withoutDetails(message));
  const line = it === '' ? first : `${it}: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

/** Up to the first semicolon or full stop. */
function clause(sentence: string): string {
  return (/^(.*?)(?:;|\.(?= |$))/.exec(sentence)?.[1] ?? sentence).trim();
}

function withArticle(word: string): string {
  if (word === 'null') return 'null';
  if (word === 'missing') return 'nothing';
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}
