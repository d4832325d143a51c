import { isList, type Shape } from '#shared/shape/shape.ts';

/** How a kind of value is drawn before its name, and what it is called. */
export interface KindMark {
  mark: string;
  word: string;
}

const unknown: KindMark = { mark: '', word: '' };

/** The mark and the word for what a shape holds. */
export function kindOf(shape: Shape | undefined): KindMark {
  if (shape === undefined) return unknown;
  if (isList(shape)) return { mark: '[ ]', word: shape.item?.kinds.includes('object') ? 'list of objects' : 'list' };
  const kinds = shape.kinds.filter((kind) => kind !== 'null');
  const [only] = kinds;
  if (only === undefined) return shape.kinds.includes('null') ? { mark: 'null', word: 'null' } : unknown;
  if (kinds.length > 1) return { mark: 'mix', word: `${kinds.slice(0, -1).map(word).join(', ')} or ${word(kinds.at(-1) ?? 'text')}` };
  return { mark: marks[only], word: word(only) };
}

const marks = { text: 'abc', number: '123', boolean: 'y/n', object: '{ }', list: '[ ]', null: 'null' } as const;
const word = (kind: keyof typeof marks): string => (kind === 'boolean' ? 'yes or no' : kind);

/** What is known of a field, line by line, for its tooltip. */
export function factsOf(shape: Shape | undefined, seen?: number): string[] {
  if (shape === undefined) return [];
  const inner = isList(shape) ? shape.item : shape;
  const facts = inner?.facts;
  const lines: string[] = [];
  const say = (line: string | undefined) => line !== undefined && lines.push(line);
  say(kindOf(shape).word || undefined);
  if (isList(shape) && shape.size !== undefined) say(`${shape.size.min} to ${shape.size.max ?? 'any number of'} items`);
  if (seen !== undefined) say(`seen in ${share(seen)} of the samples`);
  if (facts?.looks !== undefined && facts.looks.length > 0) say(`looks like ${facts.looks[0]}`);
  if (facts?.maxLength !== undefined) say(`at most ${facts.maxLength} characters`);
  if (facts?.longest !== undefined) say(`longest seen: ${facts.longest} characters`);
  if (facts?.allowed !== undefined) say(`allowed: ${facts.allowed.map(String).join(', ')}`);
  else if (facts?.values !== undefined) say(`values: ${facts.values.map(String).join(', ')}`);
  if (facts?.manyDigits) say('numbers with more digits than arithmetic can keep');
  if (facts?.default !== undefined) say(`filled in when missing: ${facts.default}`);
  if (inner?.examples !== undefined && inner.examples.length > 0) say(`for example ${inner.examples.join(', ')}`);
  say(shape.doc);
  return lines;
}

/** A share as percent; only what is always there is 100 %. */
export function share(part: number): string {
  const percent = Math.round(part * 100);
  return `${part < 1 && percent === 100 ? 99 : part > 0 && percent === 0 ? 1 : percent} %`;
}
