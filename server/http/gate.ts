import type { Flow } from '#shared/flow.ts';
import type { FlowTest, OutputExpectation } from '#shared/flow-test.ts';
import { type Gate, judge, type TestStanding } from '#shared/gate.ts';
import { nodeNames } from '#shared/node-name.ts';
import type { Problem } from '#shared/problem.ts';
import { comparisonVerdict } from '../comparison/verdict.ts';
import { problemsOf } from '../compile.ts';
import { draftOf } from '../store/draft.ts';
import { testOf } from '../store/flow-tests.ts';
import type { AppDeps } from './deps.ts';
import { listTests } from './flow-test-routes.ts';
import { Refusal } from './refusal.ts';

/** Deployments that are looked back on for a version that was live before. */
const lookBack = 500;

/**
 * How a document of a flow stands before the gate of this environment: the draft, or the document of a version. Looks at
 * what is kept; runs nothing.
 */
export async function gateOf(deps: AppDeps, id: string, flow: Flow): Promise<Gate> {
  const { store, catalog, settings } = deps;
  const { hash } = draftOf(flow);
  const label = nodeNames(flow.nodes, catalog.types);
  const [draft, list, stored, approvals, comparison, proven] = await Promise.all([
    store.flows.get(id),
    listTests(deps, id, hash),
    store.flowTests.list(id),
    store.gate.approvals(id, hash),
    comparisonVerdict(store, id, hash),
    provenBefore(deps, id, hash),
  ]);
  const tests = list.tests.map(({ id: test, name, result }): TestStanding => {
    if (result === undefined) return { id: test, name, state: 'not-run' };
    return { id: test, name, state: result.state, sentence: result.sentence };
  });
  const expecting = stored.map(testOf);
  const sinks = flow.nodes.filter(({ type, mode }) => mode === undefined && catalog.types.get(type)?.kind === 'sink');
  return judge({
    environment: settings.environment,
    hash,
    problems: problemsOf(flow, catalog),
    ...(proven !== undefined && { proven }),
    tests,
    untestedSinks: sinks
      .filter((sink) => !expecting.some((test) => expectsAt(test, sink.id)))
      .map((sink) => ({ node: sink.id, label: label(sink.id) })),
    coverage: list.coverage,
    comparison,
    approvals,
    editedBy: await editorOf(deps, id, hash, draft),
    label,
  });
}

/** Refuses what the gate blocks: one problem for each part that does. */
export function refusedBy({ sections, environment }: Gate): Refusal {
  const problems = sections
    .filter(({ verdict }) => verdict === 'blocked')
    .map(({ id, sentence }): Problem => ({ code: `gate/${id}`, severity: 'error', message: sentence }));
  const sentences = problems.map(({ message }) => message).join(' ');
  const message = `This cannot go live in ${environment} yet. ${sentences} An admin may override this with a reason.`;
  return new Refusal(409, 'deploy/gate', message, { problems });
}

/** Why there is nothing to prove: this logic is live, or was, so it went by the gate before. */
async function provenBefore({ store }: AppDeps, id: string, hash: string): Promise<string | undefined> {
  const [versions, deployments] = await Promise.all([store.versions.list(id), store.deployments.history(id, lookBack)]);
  const same = new Set(versions.filter((version) => version.hash === hash).map(({ version }) => version));
  const [newest] = deployments;
  const before = deployments.find(({ version }) => same.has(version));
  if (before === undefined) return undefined;
  return before === newest && before.desired === 'running'
    ? `Not needed: this logic is live as version ${before.version}.`
    : `Not needed: this logic was live before, as version ${before.version}.`;
}

/** Who changed this logic last: of the draft its last author, of an older version who published it. */
async function editorOf(
  { store }: AppDeps,
  id: string,
  hash: string,
  draft: { hash: string; updatedBy: string; logicBy?: string },
): Promise<string | undefined> {
  if (draft.hash === hash) return draft.logicBy ?? draft.updatedBy;
  return (await store.versions.list(id)).find((version) => version.hash === hash)?.createdBy;
}

/** Whether a case expects a message at a sink. */
function expectsAt({ expect }: FlowTest, sink: string): boolean {
  return expect.some((one) => {
    if ('branch' in one || 'deadLetters' in one || 'filtered' in one || one.node !== sink || one.port !== undefined) return false;
    return expectedMessages(one) > 0;
  });
}

function expectedMessages({ messages, equals, contains, fields, keys, headers, schema }: OutputExpectation): number {
  const counted = messages ?? equals?.length ?? contains?.length ?? keys?.length ?? headers?.length;
  return counted ?? (fields !== undefined || schema !== undefined ? 1 : 0);
}
