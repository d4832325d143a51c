import { canonicalJson } from '../canonical.ts';
import type { ComparisonGroup } from '../comparison.ts';
import type { Flow, FlowNode } from '../flow.ts';
import { parseTarget } from '../mapping/target.ts';
import type { Difference } from './outcome.ts';
import { changedRows, rowAtError, rowsOfPlace, type TwoTexts, twoTexts } from './rows.ts';

/** Something of the flow that differs between the two versions and explains a group. */
export interface CauseRow {
  node: string;
  /** `row`: a row of a mapping. `setting`: another setting. `added`, `removed`: the node. `wiring`: where its outputs go. */
  what: 'row' | 'setting' | 'added' | 'removed' | 'wiring';
  /** The setting, such as `expression` or `cases`; of a list of named things, the one that differs. */
  field?: string;
  item?: string;
  /** The mapping's row: its id in the draft (in the deployed version where it is gone) and the place it fills. */
  row?: { id: string; place: string };
  /** Texts of both versions, cut; missing where there is none. */
  before?: string;
  after?: string;
}

/** Looks up what in the flow explains a group. */
export type Explain = (group: ComparisonGroup, first: Difference) => CauseRow[];

const most = { causes: 4, text: 1200, visits: 400 };

/** The setting of a node type that makes its value by a mapping. */
const valueFields: Readonly<Record<string, string>> = { map: 'expression', 'kafka.sink': 'value' };
/** Node types that send messages this way or that, or stop them. */
const routing: ReadonlySet<string> = new Set(['filter', 'switch', 'split', 'validate']);

/** Makes the look-up for two versions of a flow. Pure; rows are read once. */
export function createExplain(before: Flow, after: Flow): Explain {
  const old = graphOf(before);
  const now = graphOf(after);
  const texts = new Map<string, TwoTexts>();

  function textsOf(node: string, field: string): TwoTexts {
    const id = `${node}\n${field}`;
    const known = texts.get(id);
    if (known) return known;
    const made = twoTexts(textIn(old.nodes.get(node), field), textIn(now.nodes.get(node), field));
    texts.set(id, made);
    return made;
  }

  /** What differs at a node; with `values`, also in its mapping. */
  function changesAt(id: string, options: { values: boolean; only?: (field: string) => boolean }): CauseRow[] {
    const [was, is] = [old.nodes.get(id), now.nodes.get(id)];
    if (!was || !is) return was || is ? [{ node: id, what: is ? 'added' : 'removed' }] : [];
    const causes: CauseRow[] = [];
    const fields = new Set([...Object.keys(was.config), ...Object.keys(is.config)]);
    for (const field of fields) {
      if (canonicalJson(was.config[field]) === canonicalJson(is.config[field]) || options.only?.(field) === false) continue;
      if (field === valueFields[is.type]) {
        if (options.values) causes.push(...changedRows(textsOf(id, field)).map((row) => rowCause(id, field, row)));
      } else causes.push(...settings(id, field, was.config[field], is.config[field]));
    }
    if (!options.only) {
      if (was.mode !== is.mode) causes.push(setting(id, 'mode', was.mode ?? 'on', is.mode ?? 'on'));
      if (was.onError !== is.onError) causes.push(setting(id, 'onError', was.onError ?? 'as the flow', is.onError ?? 'as the flow'));
    }
    return causes;
  }

  const wiringAt = (id: string): CauseRow[] => {
    const [was, is] = [old.wires(id), now.wires(id)];
    return was === is || !old.nodes.has(id) || !now.nodes.has(id) ? [] : [{ node: id, what: 'wiring', before: was, after: is }];
  };

  /** The rows that fill changed places of a sink's value, followed back through the mappings on the way. */
  function valueCauses(sink: string, places: readonly string[]): CauseRow[] {
    const found: CauseRow[] = [];
    const beside: CauseRow[] = [];
    const seen = new Set<string>();
    const open = places.flatMap((place) => {
      const path = parseTarget(place);
      return path ? [{ node: sink, path: path as (string | number | null)[] }] : [];
    });
    for (let step = open.shift(); step !== undefined && seen.size < most.visits; step = open.shift()) {
      const { node, path } = step;
      const id = `${node}\n${JSON.stringify(path)}`;
      if (seen.has(id)) continue;
      seen.add(id);
      const is = now.nodes.get(node) ?? old.nodes.get(node);
      const field = is && valueFields[is.type];
      let next = [path];
      if (field !== undefined && textIn(is, field) !== undefined && is?.mode === undefined) {
        const { changed, reads } = rowsOfPlace(textsOf(node, field), path);
        if (changed.length > 0) {
          found.push(...changed.map((row) => rowCause(node, field, row)));
          continue;
        }
        next = reads.map((read) => [...read]);
        if (!old.nodes.has(node) || !now.nodes.has(node)) beside.push(...changesAt(node, { values: false }));
      } else if (is?.type === 'split') {
        const list = textsOf(node, 'expression');
        next = rowsOfPlace(list, []).reads.map((read) => [...read, null, ...path]);
        beside.push(...changesAt(node, { values: false }));
      } else if (node !== sink) beside.push(...changesAt(node, { values: false }));
      const before = new Set([...now.up(node), ...old.up(node)]);
      for (const one of before) for (const path of next) open.push({ node: one, path });
    }
    return found.length > 0 ? found : beside;
  }

  /** Everything upstream of some nodes, themselves included, nearest first. */
  function upstream(starts: readonly string[]): string[] {
    const seen = new Set<string>();
    const open = [...starts];
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(...now.up(id), ...old.up(id));
    }
    return [...seen];
  }

  function routeCauses(starts: readonly string[]): CauseRow[] {
    const way = upstream(starts);
    const routes = way.filter((id) => routing.has((now.nodes.get(id) ?? old.nodes.get(id))?.type ?? ''));
    const direct = routes.flatMap((id) => changesAt(id, { values: false }));
    const wires = way.flatMap(wiringAt);
    if (direct.length + wires.length > 0) return [...direct, ...wires];
    return anyCause(way);
  }

  /** The nearest node before both sinks that differs: there the ways part. */
  function partingCauses(sink: string, to: string): CauseRow[] {
    const others = new Set(upstream([to]));
    for (const id of upstream([sink])) {
      if (!others.has(id)) continue;
      const causes = [...changesAt(id, { values: false }), ...wiringAt(id)];
      if (causes.length > 0) return causes;
    }
    return routeCauses([sink, to]);
  }

  const anyCause = (way: readonly string[]): CauseRow[] => {
    const all = way.flatMap((id) => [...changesAt(id, { values: true }), ...wiringAt(id)]);
    return all;
  };

  function failureCauses({ failed }: Difference): CauseRow[] {
    const failure = failed?.after ?? failed?.before;
    if (!failure) return [];
    const node = now.nodes.get(failure.node) ?? old.nodes.get(failure.node);
    const field = (node && valueFields[node.type]) ?? 'expression';
    const at = changesAt(failure.node, { values: true });
    if (failed?.after && failure.position !== undefined && typeof node?.config[field] === 'string') {
      const row = rowAtError(textsOf(failure.node, field), failure.position);
      // A row that did not change fails because of what comes to it.
      if (row && row.before !== row.after) return [rowCause(failure.node, field, row)];
    }
    if (at.length > 0) return at;
    const back = upstream([failure.node]).filter((id) => id !== failure.node);
    const causes = anyCause(back);
    return causes.length > 0 ? causes : anyCause([failure.node]);
  }

  function byClass(group: ComparisonGroup, first: Difference): CauseRow[] {
    const sinks = [group.sink, group.to].filter((id) => id !== undefined);
    const way = upstream(sinks);
    switch (group.class) {
      case 'value-changed':
        // Only what the sink would ask of the world differs: its own settings do.
        if (group.places.every((place) => /^request\b/.test(place)) && first.before?.sends)
          return changesAt(group.sink ?? '', { values: false });
        return valueCauses(group.sink ?? '', group.places);
      case 'key-changed':
        return way.flatMap((id) => changesAt(id, { values: false, only: (field) => /^(key|partition|partitioning)$/.test(field) }));
      case 'headers-changed':
        return way.flatMap((id) => changesAt(id, { values: false, only: (field) => field === 'headers' }));
      case 'goes-elsewhere':
        if (group.topics) return changesAt(group.sink ?? '', { values: false, only: (field) => field === 'topic' });
        return partingCauses(group.sink ?? '', group.to ?? '');
      case 'no-longer-sent':
      case 'new-output': {
        const dropped = first.dropped && changesAt(first.dropped.node, { values: true });
        return dropped && dropped.length > 0 ? dropped : routeCauses(sinks);
      }
      default:
        return failureCauses(first);
    }
  }

  return (group, first) => {
    const found = byClass(group, first);
    const causes = found.length > 0 ? found : anyCause(upstream([group.sink, group.to, group.node].filter((id) => id !== undefined)));
    const distinct = new Map(causes.map((cause) => [`${cause.node} ${cause.what} ${cause.field} ${cause.item} ${cause.row?.id}`, cause]));
    return [...distinct.values()].slice(0, most.causes);
  };
}

interface Graph {
  nodes: ReadonlyMap<string, FlowNode>;
  up(id: string): string[];
  /** Where the outputs of a node go, as text. */
  wires(id: string): string;
}

function graphOf(flow: Flow): Graph {
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]));
  const labelOf = (id: string): string => nodes.get(id)?.label || id;
  return {
    nodes,
    up: (id) => flow.edges.filter((edge) => edge.to.node === id).map((edge) => edge.from.node),
    wires: (id) =>
      flow.edges
        .filter((edge) => edge.from.node === id)
        .map((edge) => (edge.from.port === 'out' ? labelOf(edge.to.node) : `${edge.from.port}: ${labelOf(edge.to.node)}`))
        .sort()
        .join(', '),
  };
}

function textIn(node: FlowNode | undefined, field: string): string | undefined {
  const value = node?.config[field];
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A setting; of a list of things with ids (the cases of a switch) those that differ, each by its name. */
function settings(node: string, field: string, before: unknown, after: unknown): CauseRow[] {
  const [was, is] = [before, after].map(namedItems);
  if (!was || !is) return [setting(node, field, before, after)];
  const found: CauseRow[] = [];
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(id), is.get(id)];
    if (canonicalJson(old ?? null) === canonicalJson(now ?? null)) continue;
    const { name } = now ?? old ?? {};
    found.push({ ...setting(node, field, essence(old), essence(now)), item: typeof name === 'string' ? name : id });
  }
  return found.length > 0 ? found : [setting(node, field, before, after)];
}

function namedItems(value: unknown): Map<string, Record<string, unknown>> | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.filter((item): item is Record<string, unknown> & { id: string } => typeof item?.id === 'string');
  return items.length === value.length ? new Map(items.map((item) => [item.id, item])) : undefined;
}

/** What counts of a named thing, where it is one text: the condition of a case. */
function essence(item: Record<string, unknown> | undefined): unknown {
  if (!item) return undefined;
  const { id: _id, name: _name, ...rest } = item;
  const values = Object.values(rest);
  return values.length === 1 ? values[0] : item;
}

function setting(node: string, field: string, before: unknown, after: unknown): CauseRow {
  const text = (value: unknown) => (typeof value === 'string' ? value : value === undefined ? undefined : canonicalJson(value));
  const [was, is] = [text(before), text(after)];
  return { node, what: 'setting', field, ...(was !== undefined && { before: cut(was) }), ...(is !== undefined && { after: cut(is) }) };
}

function rowCause(node: string, field: string, { id, place, before, after }: ReturnType<typeof changedRows>[number]): CauseRow {
  const texts = { ...(before !== undefined && { before: cut(before) }), ...(after !== undefined && { after: cut(after) }) };
  return { node, what: 'row', field, row: { id, place }, ...texts };
}

const cut = (text: string): string => (text.length > most.text ? `${text.slice(0, most.text)}…` : text);
