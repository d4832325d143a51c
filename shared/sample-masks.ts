import { editText, type JsonNode, JsonTextError, readJsonTree, type TextEdit } from './json-tree.ts';
import type { SampleBytes, SampleMessage } from './sample.ts';

/**
 * Masking of samples. What it promises: in a message whose value is JSON, every field that a mask names is changed
 * before anything is stored, at any place in lists, also where a name stands twice; every other character stays as it
 * came, so that all digits survive. Names are compared without letter case, dashes and underscores.
 *
 * What it does not promise: it knows names, not meanings. A secret in a field of another name, in the name of a field,
 * in a text that itself holds JSON, or in a format that is not text (Avro, Protobuf, compressed bytes) is stored as it
 * is. In text that is not JSON, broken JSON among it, it finds `name: value` and `name=value` as well as it can. It
 * keeps nothing from those who may read the topic itself.
 */
export interface Mask {
  /** Fields of the value, headers, or the key. */
  in: 'value' | 'header' | 'key';
  /**
   * Fields by their way through objects, lists passed through: `customer.email`, `items.card`. `*` in a name stands for
   * any letters, `**` as a step for any way: `**.password`. A name with dots stands in backticks. Empty: all of it.
   * For headers: the header's name.
   */
  path: string;
  /**
   * `hide`: texts become •••, numbers 0, booleans false. `email`: as long as it was, at example.com. `last-4`: all but the
   * last four letters and digits; nothing stays of less than eight. Null and empty text stay.
   */
  kind: MaskKind;
}

export const maskKinds = ['hide', 'email', 'last-4'] as const;
export type MaskKind = (typeof maskKinds)[number];

const hidden = (path: string): Mask => ({ in: 'value', path, kind: 'hide' });

/** What a flow masks until somebody sets its masks: names that look like secrets, and card numbers. */
export const defaultMasks: readonly Mask[] = [
  ...['*password*', '*passwd', 'pwd', '*passphrase', '*secret', 'secretkey', '*token', '*apikey', '*privatekey', '*accesskey'].map((name) =>
    hidden(`**.${name}`),
  ),
  ...['*authorization', 'credential*', 'cookie*', 'cvv*', 'cvc*', 'cardpin', '*securitycode'].map((name) => hidden(`**.${name}`)),
  ...['*cardnumber', '*cardno', '*creditcard', 'pan'].map((name): Mask => ({ in: 'value', path: `**.${name}`, kind: 'last-4' })),
  ...['*authorization', 'cookie', 'set-cookie', '*apikey', '*token', '*secret', '*password*', '*signature'].map(
    (path): Mask => ({ in: 'header', path, kind: 'hide' }),
  ),
];

/** The steps of a path; undefined when it is none. */
export function maskSteps(path: string): string[] | undefined {
  if (path.trim() === '') return [];
  const steps: string[] = [];
  const step = /\s*(?:`([^`]+)`|([^.`[\]]+))\s*(?:\[[\d*]*\])*\s*(\.|$)/y;
  for (;;) {
    const found = step.exec(path);
    if (!found) return undefined;
    const name = (found[1] ?? found[2] ?? '').trim();
    if (name === '') return undefined;
    steps.push(name);
    if (found[3] === '') break;
  }
  // "all below a" is a itself, since what a mask names is masked with all that is in it.
  while (steps.at(-1) === '**') steps.pop();
  return steps;
}

/** Masks made ready; make it once for many messages. */
export type Masker = (message: SampleMessage) => { message: SampleMessage; masked: number };

/** Makes what masks a message. Masking twice changes nothing more. Masks whose path is none are passed over. */
export function createMasker(masks: readonly Mask[]): Masker {
  const rulesOf = (where: Mask['in']): Rule[] =>
    masks.flatMap((mask) => {
      const steps = mask.in === where ? maskSteps(mask.path) : undefined;
      return steps ? [{ steps: steps.map(matcher), kind: mask.kind }] : [];
    });
  const [values, keys] = [createWalk(rulesOf('value')), createWalk(rulesOf('key'))];
  const headers = rulesOf('header').map((rule) => ({ ...rule, whole: createWalk([{ steps: [], kind: rule.kind }]) }));
  return (message) => {
    let masked = 0;
    const take = <Content extends SampleBytes | null>(content: Content, walk: Walk): Content | SampleBytes => {
      if (content === null || walk.rules.length === 0) return content;
      const result = maskBytes(content, walk);
      masked += result.masked;
      return result.content;
    };
    const value = take(message.value, values);
    const key = take(message.key, keys);
    const kept = Object.entries(message.headers).map(([name, content]): [string, SampleBytes] => {
      const rule = headers.find(({ steps }) => steps.length === 0 || (steps.length === 1 && steps[0] !== any && steps[0]?.(name)));
      return [name, rule ? take(content, rule.whole) : content];
    });
    return { message: { key, headers: Object.fromEntries(kept), timestamp: message.timestamp, value }, masked };
  };
}

type Step = ((name: string) => boolean) | typeof any;
/** The step `**`. */
const any = Symbol('any way');

interface Rule {
  steps: Step[];
  kind: MaskKind;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, '');

function matcher(step: string): Step {
  if (step === '**') return any;
  const parts = plain(step).split(/\*+/);
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (name) => plain(name) === first;
  // By hand: as a regular expression many stars would take for ever on a long name.
  return (name) => {
    const text = plain(name);
    let at = first.length;
    const end = text.length - last.length;
    if (end < at || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

function maskBytes(content: SampleBytes, walk: Walk): { content: SampleBytes; masked: number } {
  // Bytes that are not UTF-8 may still be JSON in another encoding, whose structure is ASCII: each byte is one character.
  const bytes = content.encoding === 'base64';
  const text = bytes ? atob(content.text) : content.text;
  const { text: result, masked } = maskText(text, walk, bytes);
  return masked === 0 ? { content, masked } : { content: { text: bytes ? btoa(result) : result, encoding: content.encoding }, masked };
}

function maskText(text: string, walk: Walk, ascii: boolean): { text: string; masked: number } {
  const begin = text.startsWith('\uFEFF') ? 1 : 0;
  let tree: JsonNode;
  try {
    tree = readJsonTree(text.slice(begin));
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return maskLoosely(text, walk.rules, ascii);
  }
  const json = text.slice(begin);
  const edits = jsonEdits(json, tree, walk, ascii);
  return { text: text.slice(0, begin) + editText(json, edits), masked: edits.length };
}

/** Where the walk through a value stands: the steps of every rule that lead on from here. */
interface Place {
  /** Ordinal of a rule and how many of its steps are behind; in the order of the rules, none twice. */
  ways: readonly (readonly [rule: number, at: number])[];
  /** Set where a rule has come to its end: everything from here on is masked. */
  kind: MaskKind | undefined;
  /** Undefined for a name below which nothing is masked. Messages of one topic have the same names again and again. */
  next: Map<string, Place | undefined>;
}

/** How many places and names of a place are remembered, so that a message of a million names takes no memory. */
const remembered = 2000;

interface Walk {
  rules: readonly Rule[];
  start: Place;
  places: Map<string, Place>;
}

function createWalk(rules: readonly Rule[]): Walk {
  const places = new Map<string, Place>();
  return {
    rules,
    places,
    start: placeOf(
      rules,
      places,
      rules.map((_, rule) => [rule, 0] as const),
    ),
  };
}

function placeOf(rules: readonly Rule[], places: Map<string, Place>, ways: Place['ways']): Place {
  // Two ways of one rule to one place are one: with several `**` there would be ever more of them.
  const distinct = new Map(ways.map((way) => [way.join('.'), way]));
  const id = [...distinct.keys()].join();
  const known = places.get(id);
  if (known) return known;
  const ended = ways.find(([rule, at]) => rules[rule]?.steps.length === at);
  const kind = ended && rules[ended[0]]?.kind;
  const place: Place = { ways: [...distinct.values()], kind, next: new Map() };
  if (places.size < remembered) places.set(id, place);
  return place;
}

function goOn({ rules, places }: Walk, place: Place, name: string): Place | undefined {
  if (place.kind) return place;
  if (place.next.has(name)) return place.next.get(name);
  const ways = place.ways.flatMap(([rule, at]) => follow(rules[rule]?.steps ?? [], at, name).map((next) => [rule, next] as const));
  const next = ways.length === 0 ? undefined : placeOf(rules, places, ways);
  if (place.next.size < remembered) place.next.set(name, next);
  return next;
}

function follow(steps: readonly Step[], at: number, name: string): number[] {
  const step = steps[at];
  if (step === undefined) return [];
  if (step !== any) return step(name) ? [at + 1] : [];
  return [at, ...follow(steps, at + 1, name)];
}

function jsonEdits(json: string, tree: JsonNode, walk: Walk, ascii: boolean): TextEdit[] {
  const edits: TextEdit[] = [];
  const open: { node: JsonNode; place: Place }[] = [{ node: tree, place: walk.start }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { node, place } = part;
    if (node.kind === 'object') {
      for (const field of node.fields) {
        const next = goOn(walk, place, field.name);
        if (next) open.push({ node: field.value, place: next });
      }
    } else if (node.kind === 'list') {
      for (const item of node.items) open.push({ node: item, place });
    } else if (place.kind) {
      const text = maskLeaf(json.slice(node.start, node.end), node.kind, place.kind, ascii);
      if (text !== undefined) edits.push({ start: node.start, end: node.end, text });
    }
  }
  return edits;
}

/** The new text of a leaf; undefined where it stays. */
function maskLeaf(token: string, type: 'text' | 'number' | 'boolean' | 'null', kind: MaskKind, ascii: boolean): string | undefined {
  let result = token;
  if (type === 'boolean') result = 'false';
  else if (type === 'number') result = kind === 'last-4' ? lastDigits(token) : '0';
  else if (type === 'text') {
    const text = JSON.stringify(maskWords(JSON.parse(token) as string, kind));
    result = ascii ? text.replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`) : text;
    if (JSON.parse(result) === JSON.parse(token)) return undefined;
  }
  return result === token ? undefined : result;
}

/** As many digits as before, ones before the last four; 0 where that would show too much, or for a fraction. */
function lastDigits(token: string): string {
  const digits = /^-?(\d+)$/.exec(token)?.[1];
  if (digits === undefined || digits.length < 8) return '0';
  return '1'.repeat(digits.length - 4) + digits.slice(-4);
}

function maskWords(text: string, kind: MaskKind): string {
  if (text === '') return text;
  if (kind === 'email') {
    const at = text.lastIndexOf('@');
    if (at > 0) return `${text.slice(0, at).replaceAll(/[\p{L}\p{N}]/gu, 'x')}@example.com`;
  }
  if (kind === 'last-4') {
    const counted = [...text.matchAll(/[\p{L}\p{N}•]/gu)];
    const last = counted.at(-4);
    if (counted.length >= 8 && last) return text.slice(0, last.index).replaceAll(/[\p{L}\p{N}]/gu, '•') + text.slice(last.index);
  }
  return '•••';
}

const pair = /(["']?)(?<![\w.$-])([\w.$-]{1,80})\1\s{0,20}[:=]\s{0,20}(?:"([^"\\]*(?:\\.[^"\\]*)*)|'([^'\n]*)|([^\s"'{[][^\n,;&}\])<]*))/gs;

/** Text that is not JSON: `name: value` and `name=value`, by the last step of each path. */
function maskLoosely(text: string, rules: readonly Rule[], ascii: boolean): { text: string; masked: number } {
  const dot = ascii ? '*' : '•';
  const cover = (words: string, kind: MaskKind): string => maskWords(words, kind).replaceAll('•', dot);
  const whole = rules.find(({ steps }) => steps.length === 0);
  if (whole) {
    const result = cover(text, whole.kind);
    return { text: result, masked: result === text ? 0 : 1 };
  }
  let masked = 0;
  const result = text.replaceAll(pair, (all: string, _quote: string, name: string, double?: string, single?: string, bare?: string) => {
    const last = name.split('.').at(-1) ?? name;
    const rule = rules.find(({ steps }) => {
      const step = steps.at(-1);
      return step !== undefined && step !== any && step(last);
    });
    const value = double ?? single ?? bare?.trimEnd() ?? '';
    if (!rule || value === '') return all;
    const mask = cover(value, rule.kind);
    if (mask === value) return all;
    masked++;
    const end = bare === undefined ? '' : bare.slice(value.length);
    return all.slice(0, all.length - value.length - end.length) + mask + end;
  });
  return { text: result, masked };
}
