import type { Flow } from '#shared/flow.ts';
import { isTaken, newId, type Random } from './document.ts';

/** Frames around nodes: drawing only, never compiled. A node stands in one group at most. */

/** Puts a frame around nodes, taking them out of the groups they were in; fewer than two nodes make no group. */
export function group(flow: Flow, nodes: readonly string[], title = 'Group', random?: Random): Flow {
  const members = nodes.filter((id) => flow.nodes.some((node) => node.id === id));
  if (members.length < 2) return flow;
  const id = newId('group', isTaken(flow), random);
  return { ...flow, layout: { ...flow.layout, groups: [...without(flow, members), { id, title, nodes: members }] } };
}

/** Takes away every frame that holds one of the nodes; the nodes stay where they are. */
export function ungroup(flow: Flow, nodes: readonly string[]): Flow {
  const groups = flow.layout.groups.filter((each) => !each.nodes.some((id) => nodes.includes(id)));
  return groups.length === flow.layout.groups.length ? flow : { ...flow, layout: { ...flow.layout, groups } };
}

/** Gives a frame another title; an empty one changes nothing. */
export function renameGroup(flow: Flow, id: string, title: string): Flow {
  const text = title.trim().slice(0, 120);
  const old = flow.layout.groups.find((each) => each.id === id);
  if (old === undefined || text === '' || old.title === text) return flow;
  return {
    ...flow,
    layout: { ...flow.layout, groups: flow.layout.groups.map((each) => (each === old ? { ...each, title: text } : each)) },
  };
}

function without(flow: Flow, nodes: readonly string[]): Flow['layout']['groups'] {
  return flow.layout.groups
    .map((each) =>
      each.nodes.some((id) => nodes.includes(id)) ? { ...each, nodes: each.nodes.filter((id) => !nodes.includes(id)) } : each,
    )
    .filter((each) => each.nodes.length > 1);
}
