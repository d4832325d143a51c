import type { Flow, FlowNode } from '../flow.ts';
import { allRules, rulesIn } from '../mapping/rule.ts';
import { targetText } from '../mapping/target.ts';
import { type OpenView, viewOf } from '../mapping/view.ts';
import { nodeName } from '../node-name.ts';
import type { ConfigSchema, NodeTypeInfo } from '../node-type.ts';
import { type Certainty, meets, type ReachedRow, reachedRows, type Trail } from './goes.ts';

/** A flow as it runs. */
export interface DeployedFlow {
  flow: Flow;
  version: number;
}

/** Where a field begins: a place of what leaves a node; without a node, of what comes in at every source. */
export interface FieldStart {
  flow: string;
  node?: string;
  /** Names with dots, through lists without naming them: `customer.email`. */
  field: string;
}

/** Something that a node does with the field. */
export interface FieldUse {
  flow: string;
  flowName: string;
  version: number;
  node: string;
  nodeName: string;
  type: string;
  /** `row`: a row of a mapping. `decides`: which way a message takes, or whether it goes on. `asks`: it is part of a question to the outside. `key`, `header`. */
  what: 'row' | 'decides' | 'asks' | 'key' | 'header';
  /** The field as the node sees it. */
  from: string;
  /** The place of the result that it reaches, the setting, or the header's name. */
  to: string;
  /** The rule as it is written. */
  text: string;
  how: 'copy' | 'made' | 'decides';
  certainty: Certainty;
  why?: string;
}

/** A system, or a topic, that gets the field. */
export interface FieldEnd {
  flow: string;
  flowName: string;
  version: number;
  node: string;
  nodeName: string;
  /** Name of the sink's type, and where it writes to: an address, a table, a topic. */
  type: string;
  target: string;
  /** True for what is no topic of Kafka. */
  outside: boolean;
  /** Where in what is written the field stands, or what was made of it. */
  places: { place: string; kind: Trail['kind'] | 'asked'; certainty: Certainty; why?: string }[];
  certainty: Certainty;
  /** Flows that read the topic. */
  readBy: { flow: string; flowName: string; node: string }[];
}

/** Everywhere a field goes, from the flow that it enters to the systems outside. */
export interface FieldGoes {
  start: FieldStart;
  uses: FieldUse[];
  ends: FieldEnd[];
  /** Topics that hold it, those of Millrace's own too. */
  topics: { topic: string; flow: string; certainty: Certainty }[];
  /** What could not be followed, as sentences. */
  notes: string[];
}

/** The key of a message, where one was made of the field; no field of a value can stand for it. */
const keyPath = ['\u0000key'] as const;
const isKey = (path: readonly string[]): boolean => path[0] === keyPath[0];

const most = { trails: 2000, flows: 200 };
const passing: ReadonlySet<string> = new Set(['filter', 'switch', 'validate']);
const valueFields: Readonly<Record<string, string>> = { map: 'expression', 'kafka.sink': 'value' };
/** Settings of sinks that choose what is written of the message; left empty, all of it is. */
const chosenFields: Readonly<Record<string, string>> = {
  http: 'body',
  postgres: 'columns',
  sqlite: 'columns',
  file: 'columns',
  log: 'text',
};
/** Settings that say where a sink writes to. */
const targetFields = ['url', 'topic', 'table', 'path', 'file'];

interface Walk {
  types: ReadonlyMap<string, NodeTypeInfo>;
  flows: readonly DeployedFlow[];
  goes: FieldGoes;
  seen: Set<string>;
  left: number;
}

/** Follows a field through its flow and through all flows behind it. Pure; never too little: what is not sure is named as such. */
export function whereGoes(start: FieldStart, flows: readonly DeployedFlow[], types: ReadonlyMap<string, NodeTypeInfo>): FieldGoes {
  const goes: FieldGoes = { start, uses: [], ends: [], topics: [], notes: [] };
  const walk: Walk = { types, flows, goes, seen: new Set(), left: most.trails };
  const begin = flows.find(({ flow }) => flow.id === start.flow);
  if (begin === undefined) {
    goes.notes.push('The flow is not deployed, so nothing goes through it now.');
    return goes;
  }
  const nodes =
    start.node === undefined
      ? begin.flow.nodes.filter((node) => types.get(node.type)?.kind === 'source')
      : begin.flow.nodes.filter(({ id }) => id === start.node);
  const trail: Trail = { path: start.field === '' ? [] : start.field.split('.'), certainty: 'sure', kind: 'copy' };
  for (const node of nodes) {
    noteTopic(walk, begin, node, trail);
    if (types.get(node.type)?.kind === 'sink') end(walk, begin, node, trail);
    else leave(walk, begin, node, trail);
  }
  if (walk.left <= 0) goes.notes.push('It goes to so many places that not all of them were followed.');
  return goes;
}

function noteTopic({ goes, types }: Walk, { flow }: DeployedFlow, node: FlowNode, trail: Trail): void {
  const type = types.get(node.type);
  if (type === undefined || type.kind === 'transform') return;
  const topic = type.topic === undefined ? `millrace.${flow.id}.${node.id}` : String(node.config[type.topic.field] ?? '');
  const known = goes.topics.find((one) => one.topic === topic);
  if (known === undefined) goes.topics.push({ topic, flow: flow.id, certainty: trail.certainty });
  else if (trail.certainty === 'sure') known.certainty = 'sure';
}

function leave(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail): void {
  for (const edge of at.flow.edges) {
    if (edge.from.node !== node.id) continue;
    const next = at.flow.nodes.find(({ id }) => id === edge.to.node);
    if (next) come(walk, at, next, trail);
  }
}

function come(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail): void {
  const id = `${at.flow.id}\n${node.id}\n${trail.path.join('\u0000')}\n${trail.certainty}\n${trail.kind}`;
  if (walk.seen.has(id) || walk.left <= 0) return;
  walk.seen.add(id);
  walk.left--;
  if (node.mode === 'disabled') return;
  const type = walk.types.get(node.type);
  if (type?.kind === 'sink') {
    noteTopic(walk, at, node, trail);
    end(walk, at, node, trail);
    return;
  }
  if (node.mode === 'bypassed') {
    leave(walk, at, node, trail);
    return;
  }
  // A message that fails leaves as it came.
  if (at.flow.edges.some((edge) => edge.from.node === node.id && edge.from.port === 'error')) {
    for (const edge of at.flow.edges) {
      const next =
        edge.from.node === node.id && edge.from.port === 'error' ? at.flow.nodes.find((one) => one.id === edge.to.node) : undefined;
      if (next) come(walk, at, next, trail);
    }
  }
  const value = valueFields[node.type];
  for (const { setting, text } of expressionsOf(node, type)) {
    if (setting === value || node.type === 'split') continue;
    const what = /^headers\./.test(setting) ? 'header' : setting === 'key' ? 'key' : node.type === 'http-lookup' ? 'asks' : 'decides';
    if (beside(walk, at, node, trail, setting, text, what) && what === 'key')
      onward(walk, at, node, { ...trail, path: keyPath, kind: 'made' });
  }
  // The key stays as it is, unless the node makes its own.
  if (isKey(trail.path) && (typeof node.config.key !== 'string' || node.config.key.trim() === '')) onward(walk, at, node, trail);
  if (value !== undefined || node.type === 'split') {
    for (const next of rows(walk, at, node, trail, value ?? 'expression')) {
      onward(walk, at, node, next);
      // The key of a part is made of the part.
      const key = node.type === 'split' && typeof node.config.key === 'string' ? node.config.key : '';
      if (key.trim() !== '' && beside(walk, at, node, next, 'key', key, 'key'))
        onward(walk, at, node, { ...next, path: keyPath, kind: 'made' });
    }
    return;
  }
  if (passing.has(node.type)) {
    onward(walk, at, node, trail);
    return;
  }
  if (node.type === 'http-lookup') {
    onward(walk, at, node, trail);
    asked(walk, at, node, trail);
    return;
  }
  const why = `the code of “${nameOf(walk, node)}” may put it anywhere`;
  note(walk, `“${nameOf(walk, node)}” in “${at.flow.name}” is code of its own: from there on every field may hold it.`);
  onward(walk, at, node, { path: [], certainty: 'may', why, kind: 'made' });
}

/** By all ports but the error port, which was done before. */
function onward(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail): void {
  for (const edge of at.flow.edges) {
    if (edge.from.node !== node.id || edge.from.port === 'error') continue;
    const next = at.flow.nodes.find(({ id }) => id === edge.to.node);
    if (next) come(walk, at, next, trail);
  }
}

const note = ({ goes }: Walk, text: string): void => {
  if (!goes.notes.includes(text)) goes.notes.push(text);
};
const nameOf = ({ types }: Walk, node: FlowNode): string => nodeName(node, types);
function placeOf(path: readonly string[]): string {
  if (isKey(path)) return 'the key';
  return path.length === 0 ? 'the whole message' : path.join('.');
}

function use(
  walk: Walk,
  at: DeployedFlow,
  node: FlowNode,
  one: Omit<FieldUse, 'flow' | 'flowName' | 'version' | 'node' | 'nodeName' | 'type'>,
): void {
  const { goes } = walk;
  const full: FieldUse = {
    flow: at.flow.id,
    flowName: at.flow.name,
    version: at.version,
    node: node.id,
    nodeName: nameOf(walk, node),
    type: node.type,
    ...one,
  };
  const same = goes.uses.some(
    (other) =>
      other.flow === full.flow && other.node === full.node && other.to === full.to && other.from === full.from && other.text === full.text,
  );
  if (!same) goes.uses.push(full);
}

/** The rows of a node's mapping that the field reaches, and what leaves because of them. */
function rows(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail, setting: string): Trail[] {
  const text = node.config[setting];
  if (typeof text !== 'string' || text.trim() === '') return [trail];
  const view = viewOf(text);
  if (!view.ok) {
    note(walk, `The mapping of “${nameOf(walk, node)}” in “${at.flow.name}” does not parse.`);
    return [{ path: [], certainty: 'may', why: 'its mapping does not parse', kind: 'made' }];
  }
  const made = isKey(trail.path) ? keyRows(view, trail) : reachedRows(view, trail);
  // What the parts of a split are made with beside their list: the message that they were part of.
  if (node.type === 'split' && /\$parent\b/.test(text))
    made.push({
      row: '',
      text,
      how: 'made',
      reads: '$parent',
      trail: { path: [], certainty: 'may', why: 'the parts are made with the whole message', kind: 'made' },
    });
  return made.map((row) => {
    use(walk, at, node, {
      what: 'row',
      from: placeOf(trail.path),
      to: row.row,
      text: row.text,
      how: row.how,
      certainty: row.trail.certainty,
      ...(row.trail.why !== undefined && { why: row.trail.why }),
    });
    return row.trail;
  });
}

/** The rows that name the key. */
function keyRows(view: OpenView, trail: Trail): ReachedRow[] {
  const rows = [...allRules(view.root)].filter((rule) => rulesIn(rule).length === 0 && /\$key\b/.test(textIn(view, rule.span)));
  return rows.map((rule) => ({
    row: targetText(rule.target),
    text: textIn(view, rule.span),
    how: 'made' as const,
    reads: '$key',
    trail: {
      ...trail,
      path: rule.target.filter((step): step is string => typeof step === 'string'),
      certainty: 'may' as const,
      why: 'it uses the key of the message',
    },
  }));
}

const textIn = (view: OpenView, { start, end }: { start: number; end: number }): string => view.text.slice(start, end);

/** Expressions beside the one that makes the value: conditions, keys, headers, addresses. */
function beside(
  walk: Walk,
  at: DeployedFlow,
  node: FlowNode,
  trail: Trail,
  setting: string,
  text: string,
  what: FieldUse['what'],
): boolean {
  const read = isKey(trail.path) ? /\$key\b/.test(text) : readsIn(text).some((path) => meets(path, trail.path)) || /\$parent\b/.test(text);
  if (!read) return false;
  use(walk, at, node, {
    what,
    from: placeOf(trail.path),
    to: setting,
    text,
    how: what === 'decides' ? 'decides' : 'made',
    certainty: trail.certainty,
    ...(trail.why !== undefined && { why: trail.why }),
  });
  return true;
}

function readsIn(text: string): (readonly string[])[] {
  const view = viewOf(text);
  return view.ok ? view.lines.map(({ path }) => path) : [[]];
}

/** A look-up that asks with the field sends it out, and its answer may say something of it. */
function asked(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail): void {
  const url = String(node.config.url ?? '');
  if (!readsIn(url).some((path) => meets(path, trail.path))) return;
  addEnd(walk, at, node, { place: 'the address that is asked', kind: 'asked', certainty: trail.certainty }, true);
  const under = String(node.config.field ?? 'lookup').split('.');
  onward(walk, at, node, { path: under, certainty: 'may', why: 'it is an answer to a question with this field', kind: 'made' });
}

/** All expressions of a node's settings, by the path of the setting. */
function expressionsOf(node: FlowNode, type: NodeTypeInfo | undefined): { setting: string; text: string }[] {
  const found: { setting: string; text: string }[] = [];
  const visit = (schema: ConfigSchema | undefined, value: unknown, path: string): void => {
    if (schema === undefined || value === undefined || value === null) return;
    if (typeof value === 'string') {
      if (schema.widget === 'jsonata' && value.trim() !== '') found.push({ setting: path, text: value });
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(schema.items, item, `${path}.${i}`);
    } else if (typeof value === 'object') {
      const more = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const inner = more ?? (schema.widget === 'headers' ? { widget: 'jsonata' as const } : undefined);
      for (const [name, item] of Object.entries(value))
        visit(schema.properties?.[name] ?? (inner && { ...inner, widget: 'jsonata' }), item, path === '' ? name : `${path}.${name}`);
    }
  };
  visit(type?.config, node.config, '');
  return found;
}

/** The field has come to a sink: what of it is written, where to, and who reads that. */
function end(walk: Walk, at: DeployedFlow, node: FlowNode, trail: Trail): void {
  const type = walk.types.get(node.type);
  const chosen = chosenFields[node.type];
  const settings = expressionsOf(node, type);
  const value = valueFields[node.type];
  for (const { setting, text } of settings) {
    if (setting === value || setting === chosen || (chosen !== undefined && setting.startsWith(`${chosen}.`))) continue;
    const what = /^headers\./.test(setting) ? 'header' : setting === 'key' ? 'key' : 'asks';
    if (!beside(walk, at, node, trail, setting, text, what)) continue;
    addEnd(walk, at, node, {
      place: setting,
      kind: 'made',
      certainty: trail.certainty,
      ...(trail.why !== undefined && { why: trail.why }),
    });
  }
  if (value !== undefined) {
    if (isKey(trail.path)) {
      addEnd(walk, at, node, entryOf(trail));
      further(walk, node, trail);
    }
    for (const written of rows(walk, at, node, trail, value)) {
      addEnd(walk, at, node, entryOf(written));
      further(walk, node, written);
    }
    return;
  }
  if (isKey(trail.path)) {
    if (type?.topic !== undefined || type === undefined) addEnd(walk, at, node, entryOf(trail));
    return;
  }
  const columns = chosen === undefined ? [] : settings.filter(({ setting }) => setting === chosen || setting.startsWith(`${chosen}.`));
  if (columns.length === 0) {
    addEnd(walk, at, node, entryOf(trail));
    if (type === undefined)
      note(walk, `“${nameOf(walk, node)}” in “${at.flow.name}” is of a type that is not installed: what it writes is not known.`);
    return;
  }
  for (const { setting, text } of columns) {
    if (!beside(walk, at, node, trail, setting, text, 'row')) continue;
    const place = setting === chosen ? 'what is sent' : setting.slice((chosen?.length ?? 0) + 1);
    addEnd(walk, at, node, { place, kind: 'made', certainty: trail.certainty, ...(trail.why !== undefined && { why: trail.why }) });
  }
}

const entryOf = ({ path, kind, certainty, why }: Trail): FieldEnd['places'][number] => ({
  place: placeOf(path),
  kind,
  certainty,
  ...(why !== undefined && { why }),
});

/** Into every flow that reads the topic. */
function further(walk: Walk, node: FlowNode, trail: Trail): void {
  const topic = String(node.config.topic ?? '');
  for (const other of walk.flows) {
    for (const source of readersOf(other, walk.types, topic)) {
      const id = `${other.flow.id}\n${source.id}\nin\n${trail.path.join('\u0000')}\n${trail.certainty}`;
      if (walk.seen.has(id)) continue;
      walk.seen.add(id);
      leave(walk, other, source, trail);
    }
  }
}

function readersOf({ flow }: DeployedFlow, types: ReadonlyMap<string, NodeTypeInfo>, topic: string): FlowNode[] {
  return flow.nodes.filter((node) => {
    const type = types.get(node.type);
    return type?.kind === 'source' && type.topic !== undefined && topic !== '' && node.config[type.topic.field] === topic;
  });
}

function addEnd(walk: Walk, at: DeployedFlow, node: FlowNode, place: FieldEnd['places'][number], outside?: boolean): void {
  const { goes, types, flows } = walk;
  const type = types.get(node.type);
  let end = goes.ends.find((one) => one.flow === at.flow.id && one.node === node.id);
  if (end === undefined) {
    const topic = type?.topic === undefined ? undefined : String(node.config[type.topic.field] ?? '');
    end = {
      flow: at.flow.id,
      flowName: at.flow.name,
      version: at.version,
      node: node.id,
      nodeName: nameOf(walk, node),
      type: type?.title ?? node.type,
      target: targetOf(node),
      outside: outside ?? topic === undefined,
      places: [],
      certainty: 'may',
      readBy:
        topic === undefined
          ? []
          : flows.flatMap((other) =>
              readersOf(other, types, topic).map((source) => ({ flow: other.flow.id, flowName: other.flow.name, node: source.id })),
            ),
    };
    goes.ends.push(end);
  }
  const known = end.places.find((one) => one.place === place.place && one.kind === place.kind);
  if (known === undefined) end.places.push(place);
  else if (place.certainty === 'sure') {
    known.certainty = 'sure';
    delete known.why;
  }
  if (place.certainty === 'sure') end.certainty = 'sure';
}

/** Where a sink writes to, as its settings say it; never a secret. */
export function targetOf({ config }: FlowNode): string {
  const found = targetFields.flatMap((name) => (typeof config[name] === 'string' && config[name] !== '' ? [String(config[name])] : []));
  return found.length === 0 ? '–' : found.join(', ');
}
