import type { Line } from '#shared/mapping/lines.ts';
import { type SourceNode, type SourceTree, sourceKey, sourceTree } from '#shared/mapping/rows/source.ts';
import { type TargetNode, type TargetTree, targetTree } from '#shared/mapping/rows/target.ts';
import { allNodes, parentsOf, type Row, rowsOf } from '#shared/mapping/rows/tree.ts';
import { targetText } from '#shared/mapping/target.ts';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import type { Mapper, MapperState, RowFilter } from './mapper-store.ts';

/** One side as rows on screen. */
export interface SideRows<Node> {
  rows: readonly Row<Node>[];
  /** Where a row stands, by its key. */
  at: ReadonlyMap<string, number>;
  nodes: ReadonlyMap<string, Node>;
  parents: ReadonlyMap<string, string>;
}

/** What a line joins: keys of a row of the source and of one of the target, before anything is folded. */
export interface Join {
  source: string;
  target: string;
  role: Line['role'] | 'use';
  /** The rule that reads. */
  rule: string;
}

/** The mapper as rows: what both trees, the lines and the gestures read. */
export interface Model {
  source: SideRows<SourceNode>;
  target: SideRows<TargetNode>;
  homes: TargetTree['homes'];
  /** The result itself, which has a row only where it is no object. */
  root: TargetNode;
  joins: readonly Join[];
  /** Problems by the key of the row. */
  problems: ReadonlyMap<string, readonly MappingProblem[]>;
  /** Keys of rows whose rule failed on the current sample. */
  failed: ReadonlySet<string>;
  counts: Record<RowFilter, number>;
}

const models = new WeakMap<Mapper, (state: MapperState) => Model>();

/** The rows of a mapper as its state stands. The same object while nothing of them changes. */
export function modelOf(mapper: Mapper, state = mapper.getState()): Model {
  let read = models.get(mapper);
  if (read === undefined) models.set(mapper, (read = createModel()));
  return read(state);
}

/** Keeps the last answer while the arguments are the same. */
function kept<Args extends readonly unknown[], Result>(make: (...args: Args) => Result): (...args: Args) => Result {
  let last: { args: Args; result: Result } | undefined;
  return (...args) => {
    if (last === undefined || args.some((arg, i) => arg !== last?.args[i])) last = { args, result: make(...args) };
    return last.result;
  };
}

function createModel(): (state: MapperState) => Model {
  const sourceOf = kept(sourceTree);
  const targetOf = kept(targetTree);
  const sourceSide = kept(sourceRows);
  const targetSide = kept(targetRows);
  const joinsOf = kept(joins);
  const problemsIn = kept(problemsByKey);
  const failedIn = kept(failedKeys);
  const countsOf = kept(countRows);
  const model = kept(
    (source: SideRows<SourceNode>, target: TargetSide, joined: readonly Join[], problems, failed, counts): Model => ({
      source,
      target,
      homes: target.homes,
      root: target.root,
      joins: joined,
      problems,
      failed,
      counts,
    }),
  ) as (...args: [SideRows<SourceNode>, TargetSide, readonly Join[], Model['problems'], Model['failed'], Model['counts']]) => Model;
  return (state) => {
    const source = sourceOf(state.shown, state.source.shape);
    const target = targetOf(state.shown, state.target.shape);
    const problems = problemsIn(target, state.problems);
    const failed = failedIn(target, state.preview.rows);
    const wrong = state.filter === 'problems' ? problems : undefined;
    const failing = state.filter === 'problems' ? failed : undefined;
    const shown = targetSide(target, state.targetFolds, state.filter, state.query.target, state.only, state.naming, wrong, failing);
    return model(
      sourceSide(source, state.sourceFolds, state.query.source),
      shown,
      joinsOf(source, target, state.shown),
      problems,
      failed,
      countsOf(target, problems, failed),
    );
  };
}

function sideOf<Node extends { key: string; children: readonly Node[]; opened: boolean }>(
  roots: readonly Node[],
  rows: Row<Node>[],
): SideRows<Node> {
  return {
    rows,
    at: new Map(rows.map(({ node }, i) => [node.key, i])),
    nodes: new Map([...allNodes(roots)].map((node) => [node.key, node])),
    parents: parentsOf(roots),
  };
}

function sourceRows({ roots }: SourceTree, folds: ReadonlyMap<string, boolean>, query: string): SideRows<SourceNode> {
  const words = query.trim().toLowerCase();
  const keep = (node: SourceNode) =>
    node.path.join('.').toLowerCase().includes(words) && node.label.toLowerCase().includes(words.split('.').at(-1) ?? '');
  return sideOf(roots, rowsOf(roots, { folds, ...(words === '' ? {} : { keep, whole: true }) }));
}

type TargetSide = SideRows<TargetNode> & Pick<TargetTree, 'homes' | 'root'>;

function targetRows(
  { roots, root, homes }: TargetTree,
  folds: ReadonlyMap<string, boolean>,
  filter: RowFilter,
  query: string,
  only: string | undefined,
  naming: string | undefined,
  problems: Model['problems'] | undefined,
  failed: ReadonlySet<string> | undefined,
): TargetSide {
  const words = query.trim().toLowerCase();
  const asked = filters[filter];
  const plain = words === '' && filter === 'all';
  const without = (node: TargetNode) => node.kind === 'add' && node.key !== naming && (node.inherited || !plain);
  const keep = (node: TargetNode): boolean => {
    if (node.kind === 'add') return node.key === naming;
    if (words !== '' && !targetText(node.path).toLowerCase().includes(words)) return false;
    return filter === 'problems' ? problems?.has(node.key) === true || failed?.has(node.key) === true : asked(node);
  };
  const wanted = { folds, without, only, ...(plain ? {} : { keep, whole: filter === 'all' }) };
  return { ...sideOf(roots, rowsOf(roots, wanted)), root, homes };
}

const isUnmapped = ({ kind, rule, inherited, shape, children }: TargetNode) =>
  kind === 'field' && rule === undefined && !inherited && shape !== undefined && !children.some((child) => child.kind !== 'add');
const filters: Record<Exclude<RowFilter, 'problems'>, (node: TargetNode) => boolean> & { problems: () => boolean } = {
  all: () => true,
  mapped: ({ rule }) => rule !== undefined && rule.kind !== 'object',
  unmapped: isUnmapped,
  required: ({ required }) => required,
  problems: () => true,
};

function countRows({ roots }: TargetTree, problems: Model['problems'], failed: ReadonlySet<string>): Record<RowFilter, number> {
  const counts = { all: 0, mapped: 0, unmapped: 0, required: 0, problems: new Set([...problems.keys(), ...failed]).size };
  for (const node of allNodes(roots)) {
    if (node.kind === 'add' || node.kind === 'variables') continue;
    counts.all++;
    if (filters.mapped(node)) counts.mapped++;
    if (filters.unmapped(node)) counts.unmapped++;
    if (filters.required(node)) counts.required++;
  }
  return counts;
}

function joins(source: SourceTree, target: TargetTree, view: MapperState['shown']): Join[] {
  if (view === undefined) return [];
  const found: Join[] = [];
  for (const { row, path, role } of view.lines) {
    const key = sourceKey(path);
    const home = target.homes.get(row);
    if (home !== undefined && source.byKey.has(key)) found.push({ source: key, target: home, role, rule: row });
  }
  for (const { row, name } of view.uses) {
    const key = sourceKey([`$${name}`]);
    const home = target.homes.get(row);
    if (home !== undefined && source.byKey.has(key)) found.push({ source: key, target: home, role: 'use', rule: row });
  }
  return found;
}

function problemsByKey({ homes }: TargetTree, problems: readonly MappingProblem[]): Map<string, MappingProblem[]> {
  const found = new Map<string, MappingProblem[]>();
  for (const problem of problems) {
    const key = (problem.row === undefined ? undefined : homes.get(problem.row)) ?? targetText(problem.target);
    const list = found.get(key);
    if (list === undefined) found.set(key, [problem]);
    else list.push(problem);
  }
  return found;
}

function failedKeys({ homes }: TargetTree, rows: MapperState['preview']['rows']): Set<string> {
  const failed = new Set<string>();
  for (const [rule, results] of rows) {
    const key = homes.get(rule);
    if (key !== undefined && results.some(({ kind }) => kind === 'failed')) failed.add(key);
  }
  return failed;
}

/** The row on screen that stands for a key: its own, or the nearest one that it is in. Nothing where none is shown. */
export function shownRow<Node>({ at, parents }: SideRows<Node>, key: string): number | undefined {
  for (let here: string | undefined = key; here !== undefined; here = parents.get(here)) {
    const index = at.get(here);
    if (index !== undefined) return index;
  }
  return undefined;
}
