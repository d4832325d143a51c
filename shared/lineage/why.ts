import type { Flow, FlowNode } from '../flow.ts';
import { parseJson } from '../json.ts';
import { type OpenView, viewOf } from '../mapping/view.ts';
import { header } from '../message.ts';
import type { TrialRecord } from '../trial.ts';
import { type Beside, type BesideMaker, besideMaker, besideValue, besideWords, settingText } from './beside.ts';
import { type Place, placeText, sameJson, spellingOf, valueAt } from './place.ts';
import { type ReadField, type RowWhy, whyRow } from './row-why.ts';

/** A field that a value was made of, with what stood there and where that comes from. */
export interface WhyField extends ReadField {
  /** JSON text with the digits that stand there. */
  value?: string;
  because?: WhyStep;
}

/** How a node made what stands at a place of what left it. */
export type WhyHow =
  /** It stood there when the message came in. */
  | 'came-in'
  /** A row of the node's expression made it. */
  | 'row'
  /** The answer of a call to the outside. */
  | 'answer'
  /** Code of the node made it. */
  | 'code'
  /** No expression made it, but a setting of the node, or Millrace itself; `sentence` says which. */
  | 'setting'
  /** It could not be followed. */
  | 'unknown';

/** Why a place of a record has its value. */
export interface WhyStep {
  node: string;
  /** The record that left the node, in the way's `records`. */
  record: number;
  place: Place;
  /** Set where it is not about the value: then the place is the whole of it. */
  beside?: Beside;
  value?: string;
  how: WhyHow;
  /** The setting of the node that the row stands in: `expression`, `value`, `key`, `headers.shop`. */
  field?: string;
  sentence?: string;
  row?: RowWhy;
  fields: WhyField[];
  /** Nodes behind this one, nearest to it last, that it passed without a change. */
  through: string[];
  doubts: string[];
}

/** The way of one message: the document that ran, and its records as they left the nodes. */
export interface WhyWay {
  flow: Pick<Flow, 'nodes'>;
  records: readonly TrialRecord[];
  /** `topic/partition/offset` where it entered. */
  origin: string;
}

/** Setting of the node types that make their value by one expression. */
const valueFields: Readonly<Record<string, string>> = { map: 'expression', 'kafka.sink': 'value' };
/** Types that let a message on as it is, or not. */
const passing: ReadonlySet<string> = new Set(['filter', 'switch', 'validate']);
const most = { steps: 120, depth: 24 };

/** Why what stands at a place of a record stands there, node by node back to the message that came in. Never throws. */
export function whyOf(way: WhyWay, record: number, place: Place): WhyStep {
  return stepOf(walkOf(way), record, place, 0);
}

/** Why the key, a header, the topic of a record is what it is, node by node back to where the message came in. Never throws. */
export function whyBeside(way: WhyWay, record: number, beside: Beside): WhyStep {
  return besideStep(walkOf(way), record, beside, 0);
}

const walkOf = (way: WhyWay): Walk => ({
  way,
  nodes: new Map(way.flow.nodes.map((node) => [node.id, node])),
  views: new Map(),
  left: most.steps,
});

/** Whether all of it is exact, back to the message that came in. */
export function isExact(step: WhyStep): boolean {
  return step.doubts.length === 0 && step.fields.every(({ because }) => because === undefined || isExact(because));
}

/** All that is not exact, node by node, each once. */
export function doubtsOf(step: WhyStep): { node: string; doubt: string }[] {
  const own = step.doubts.map((doubt) => ({ node: step.node, doubt }));
  const all = [...own, ...step.fields.flatMap(({ because }) => (because ? doubtsOf(because) : []))];
  return all.filter((one, i) => all.findIndex((other) => other.node === one.node && other.doubt === one.doubt) === i);
}

interface Walk {
  way: WhyWay;
  nodes: ReadonlyMap<string, FlowNode>;
  views: Map<string, OpenView | undefined>;
  left: number;
}

function stepOf(walk: Walk, id: number, place: Place, depth: number): WhyStep {
  const through: string[] = [];
  let record = walk.way.records.find((one) => one.id === id);
  for (let at = record; at !== undefined; at = before(walk, at)) {
    record = at;
    if (!passesOn(walk, at)) break;
    through.unshift(at.node);
  }
  if (record === undefined)
    return { node: '', record: id, place, how: 'unknown', fields: [], through, doubts: ['The message is not there any more.'] };
  const value = spellingOf(record).at(place);
  const base = { node: record.node, record: record.id, place, ...(value !== undefined && { value }), fields: [], through, doubts: [] };
  if (record.from === undefined) return { ...base, how: 'came-in' };
  if (walk.left-- <= 0 || depth > most.depth)
    return { ...base, how: 'unknown', doubts: ['It was followed no further: it comes from too many places.'] };
  return made(walk, record, base, depth);
}

const before = ({ way }: Walk, record: TrialRecord): TrialRecord | undefined => way.records.find(({ id }) => id === record.from);

function passesOn({ nodes }: Walk, record: TrialRecord): boolean {
  if (record.from === undefined) return false;
  const node = nodes.get(record.node);
  if (node === undefined) return false;
  if (node.mode !== undefined || record.port === 'error' || passing.has(node.type)) return true;
  // A sink without an expression of its own keeps what came.
  return record.port === 'in' && settingText(node, valueFields[node.type]) === undefined;
}

type Base = Omit<WhyStep, 'how'>;

function made(walk: Walk, record: TrialRecord, base: Base, depth: number): WhyStep {
  const node = walk.nodes.get(record.node);
  const came = before(walk, record);
  if (node === undefined || came === undefined) return { ...base, how: 'unknown', doubts: ['What came to the node is not known.'] };
  if (came.truncated !== undefined || came.encoding !== undefined)
    return { ...base, how: 'unknown', doubts: ['The message is too large, or no JSON, so its fields cannot be told apart.'] };
  const field = valueFields[node.type];
  if (field !== undefined) return byRow(walk, node, field, came, base, base.place, depth);
  if (node.type === 'split') {
    const index = Number(/^(\d+)\//.exec(record.headers[header.split] ?? '')?.[1] ?? '1') - 1;
    return byRow(walk, node, 'expression', came, base, [index, ...base.place], depth);
  }
  if (node.type === 'http-lookup') return byAnswer(walk, node, came, base, depth);
  return byCode(walk, node, came, base, depth);
}

function byRow(walk: Walk, node: FlowNode, field: string, came: TrialRecord, base: Base, place: Place, depth: number): WhyStep {
  const view = viewIn(walk, node, field);
  if (view === undefined) return { ...base, how: 'unknown', doubts: ['The expression of this version does not parse.'] };
  const { key, headers, timestamp } = came;
  const parent = node.type === 'split' ? { parent: came.value } : {};
  const message = { value: came.value, bindings: { key, headers, timestamp, origin: walk.way.origin, ...parent } };
  const record = walk.way.records.find(({ id }) => id === base.record);
  const row = whyRow(view, message, place, record && valueAt(record.value, base.place));
  return { ...base, how: 'row', field, row, fields: fieldsOf(walk, came, row.fields, depth), doubts: row.doubts };
}

/** @param parent the message that was split, where `came` is a part of it */
function fieldsOf(walk: Walk, came: TrialRecord, fields: readonly ReadField[], depth: number, parent = came): WhyField[] {
  return fields.map((field) => {
    const { beside } = field;
    if (beside !== undefined) {
      const value = besideValue(came, beside, walk.way.origin);
      const isFollowed = beside.of === 'key' || beside.header !== undefined;
      const missing = value === undefined ? { missing: true as const } : { value };
      return { ...field, ...missing, ...(isFollowed && { because: besideStep(walk, parent.id, beside, depth + 1) }) };
    }
    const of = field.parent ? parent : came;
    const value = field.missing ? undefined : spellingOf(of).at(field.place);
    // What came in explains itself; what is missing was missing before, or a row left it out.
    const because = stepOf(walk, of.id, field.place, depth + 1);
    return { ...field, ...(value !== undefined && { value }), because };
  });
}

/** Goes back to the node that wrote the key, header or topic; what it read for that is followed on. */
function besideStep(walk: Walk, id: number, beside: Beside, depth: number): WhyStep {
  const through: string[] = [];
  const doubts: string[] = [];
  let record = walk.way.records.find((one) => one.id === id);
  for (; record !== undefined; record = before(walk, record)) {
    const value = besideValue(record, beside, walk.way.origin);
    const base = {
      node: record.node,
      record: record.id,
      place: [],
      beside,
      ...(value !== undefined && { value }),
      fields: [],
      through,
      doubts,
    };
    if (record.from === undefined) return { ...base, how: 'came-in' };
    if (walk.left-- <= 0 || depth > most.depth)
      return { ...base, how: 'unknown', doubts: ['It was followed no further: it comes from too many places.'] };
    const [node, came] = [walk.nodes.get(record.node), before(walk, record)];
    if (node === undefined || came === undefined) break;
    const made = besideMaker(node, record, came, beside, node.label || node.type);
    if (made.how === 'passed') {
      if (made.doubt !== undefined) doubts.push(made.doubt);
      through.unshift(record.node);
    } else if (made.how === 'setting') {
      const { how, sentence, setting } = made;
      return { ...base, how, sentence, ...(setting !== undefined && { field: setting }) };
    } else if (made.how === 'code')
      return {
        ...base,
        how: 'code',
        doubts: [...doubts, 'The node is code of its own: it may have used any of the message that came to it.'],
      };
    else return besideRow(walk, node, made, { record, came, base, depth });
  }
  return { node: '', record: id, place: [], beside, how: 'unknown', fields: [], through, doubts: ['What came to the node is not known.'] };
}

/** The expression of a node that made a key, a header or a partition. Of a split it sees the part that leaves, and `$parent`. */
function besideRow(
  walk: Walk,
  node: FlowNode,
  { setting, of }: Extract<BesideMaker, { how: 'row' }>,
  { record, came, base, depth }: { record: TrialRecord; came: TrialRecord; base: Base; depth: number },
): WhyStep {
  const seen = of === 'part' ? record : came;
  const view = viewIn(walk, node, setting);
  if (view === undefined) return { ...base, how: 'unknown', doubts: ['The expression of this version does not parse.'] };
  if (seen.truncated !== undefined || seen.encoding !== undefined)
    return { ...base, how: 'unknown', doubts: ['The message is too large, or no JSON, so its fields cannot be told apart.'] };
  const { headers, timestamp } = seen;
  const [index, count] = (headers[header.split] ?? '').split('/').map(Number);
  const part = of === 'part' ? { parent: came.value, index, count } : {};
  const message = { value: seen.value, bindings: { key: came.key, headers, timestamp, origin: walk.way.origin, ...part } };
  const row = whyRow(view, message, [], undefined);
  const doubts = [...base.doubts, ...row.doubts];
  if (asText(row.again) !== (base.value === undefined ? undefined : String(JSON.parse(base.value))))
    doubts.push(
      'Running the expression again by itself gives something else: a mask may hide what it read, or it depends on the time or on chance.',
    );
  return { ...base, how: 'row', field: setting, row, fields: fieldsOf(walk, seen, row.fields, depth, came), doubts };
}

/** A result as the text of a key or header, as nodes write it; undefined for nothing. */
function asText(json: string | undefined): string | undefined {
  const value = json === undefined ? null : parseJson(json);
  if (value === null) return undefined;
  return typeof value === 'string' ? value : json;
}

/** A look-up puts its answer under one field; all others pass. */
function byAnswer(walk: Walk, node: FlowNode, came: TrialRecord, base: Base, depth: number): WhyStep {
  const under = String(node.config.field ?? 'lookup').split('.');
  const inside = under.every((name, i) => base.place[i] === name);
  if (!inside && base.place.length >= under.length) return passed(walk, came, base, depth);
  const view = viewIn(walk, node, 'url');
  const fields: ReadField[] = (view?.lines ?? []).map(({ path }) => ({ place: path, path, role: 'condition' }));
  return {
    ...base,
    how: 'answer',
    field: 'url',
    fields: fieldsOf(walk, came, fields, depth),
    doubts: ['It is what another system answered when it was asked; these fields made up the question.'],
  };
}

function byCode(walk: Walk, node: FlowNode, came: TrialRecord, base: Base, depth: number): WhyStep {
  const record = walk.way.records.find(({ id }) => id === base.record);
  const [old, now] = [valueAt(came.value, base.place), record && valueAt(record.value, base.place)];
  if (old !== undefined && sameJson(old, now)) {
    const step = passed(walk, came, base, depth);
    return {
      ...step,
      doubts: [...step.doubts, `The code of “${node.label || node.type}” may have made it anew; the same value stood there before it.`],
    };
  }
  return {
    ...base,
    how: 'code',
    fields: fieldsOf(walk, came, [{ place: [], path: [], role: 'value' }], depth).map(({ because: _because, ...field }) => field),
    doubts: ['The node is code of its own: it may have used any field of the message that came to it.'],
  };
}

/** The node left what stands there as it was. */
function passed(walk: Walk, came: TrialRecord, base: Base, depth: number): WhyStep {
  const step = stepOf(walk, came.id, base.place, depth + 1);
  return { ...step, through: [...step.through, base.node, ...base.through] };
}

function viewIn({ views }: Walk, node: FlowNode, field: string): OpenView | undefined {
  const id = `${node.id}\n${field}`;
  if (views.has(id)) return views.get(id);
  const text = settingText(node, field);
  const view = text === undefined ? undefined : viewOf(text);
  const open = view?.ok ? view : undefined;
  views.set(id, open);
  return open;
}

/** A step in one line: `total = 102.50`. */
export function stepText({ place, beside, value }: Pick<WhyStep, 'place' | 'beside' | 'value'>): string {
  const name = beside ? besideWords(beside) : placeText(place) || 'the value';
  return `${name} ${value === undefined ? 'is not there' : `= ${value}`}`;
}
