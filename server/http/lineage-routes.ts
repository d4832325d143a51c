import { parseFlowTest } from '#shared/flow-test.ts';
import { type Standing, standingIn, sumStandings } from '#shared/lineage/standing.ts';
import { type DeployedFlow, whereGoes } from '#shared/lineage/where.ts';
import { fieldGoesSchema, fieldQuerySchema, standingQuerySchema, standingSchema } from '#shared/lineage-schemas.ts';
import type { NodeTypeInfo } from '#shared/node-type.ts';
import type { AppDeps } from './deps.ts';
import { asked } from './refusal.ts';
import { json, type Route } from './route.ts';

const tag = 'Lineage';
/** Most flows that a message is followed through, and that a field is looked for in. */
const most = { ways: 30, flows: 500 };

/** Where a field goes, and where the data of a message stands: for data-protection requests, and before a field is changed. */
export function lineageRoutes(deps: AppDeps): Route[] {
  const { store } = deps;
  return [
    json({
      method: 'get',
      path: '/api/lineage',
      role: 'viewer',
      tag,
      summary: 'Where a field goes: the rows, conditions and questions that use it, through all deployed flows, to the systems outside.',
      query: fieldQuerySchema,
      response: { status: 200, description: 'What uses it and where it ends, each sure or only possible.', schema: fieldGoesSchema },
      errors: [404],
      async handle({ query }) {
        await store.flows.revision(query.flow);
        const { node, flow, field } = query;
        return { body: whereGoes({ flow, field, ...(node !== undefined && { node }) }, await deployedFlows(deps), typesOf(deps)) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/standing',
      role: 'viewer',
      tag,
      summary:
        'Where the data of one message stands: topics, dead letters, samples, tests, and the systems outside that took it. Positions and names, no payloads.',
      query: standingQuerySchema,
      response: { status: 200, description: 'The places, through all flows that read on.', schema: standingSchema },
      errors: [404, 409, 503],
      async handle({ params, query }) {
        await store.flows.revision(params.id);
        return { body: await standingOf(deps, params.id, query.origin) };
      },
    }),
  ];
}

const typesOf = ({ catalog }: AppDeps): ReadonlyMap<string, NodeTypeInfo> =>
  new Map(catalog.catalog.types.map((type) => [type.type, type]));

async function deployedFlows({ store }: AppDeps): Promise<DeployedFlow[]> {
  const flows = await store.flows.list();
  const running = flows.flatMap(({ id, deployedVersion }) => (deployedVersion === undefined ? [] : [{ id, version: deployedVersion }]));
  return Promise.all(
    running.slice(0, most.flows).map(async ({ id, version }) => ({ flow: await store.versions.get(id, version), version })),
  );
}

/** The places of a message in its flow, in the flow that made it, and in all that read on. */
async function standingOf(deps: AppDeps, id: string, origin: string): Promise<Standing> {
  const { store, traces } = deps;
  const types = typesOf(deps);
  const first = await asked('trace/refused', traces.way(id, origin));
  const standing: Standing = { flow: id, origin, key: first.key, places: [], notes: [] };
  const seen = new Set([`${id} ${origin}`]);
  const open = [first];
  for (let way = open.shift(), ways = 0; way !== undefined; way = open.shift()) {
    if (ways++ >= most.ways) {
      standing.notes.push(`It was followed through ${most.ways} flows; there are more.`);
      break;
    }
    const [flow, samples, tests] = await Promise.all([
      store.versions.get(way.flow, way.version),
      store.samples.list(way.flow),
      store.flowTests.list(way.flow),
    ]);
    standing.places.push(
      ...standingIn({
        way,
        flow,
        types,
        samples,
        tests: tests.map(({ name, text }) => ({ name, origins: originsIn(text) })),
      }),
    );
    for (const note of way.notes) standing.notes.push(`${way.flowName}: ${note}`);
    for (const next of [...way.next, ...(way.previous ? [way.previous] : [])]) {
      const name = `${next.flow} ${next.origin}`;
      if (seen.has(name)) continue;
      seen.add(name);
      try {
        open.push(await traces.way(next.flow, next.origin));
      } catch (error) {
        standing.notes.push(
          `“${next.flowName}” read on from it, and could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
  // What one flow wrote is what the next one read: the same place, named once.
  standing.places = sumStandings([standing]).places;
  standing.notes.push('What systems outside made of it, and copies that other readers of these topics keep, cannot be seen from here.');
  return standing;
}

/** Where the messages of a test came from; none of a file that cannot be read. */
function originsIn(text: string): string[] {
  const read = parseFlowTest(text);
  return read.test?.samples.flatMap(({ origin }) => origin ?? []) ?? [];
}
