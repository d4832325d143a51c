import { z } from 'zod';
import type { Flow } from '#shared/flow.ts';
import { acceptResult } from '#shared/flow-test/accept.ts';
import { coverageOf } from '#shared/flow-test/coverage.ts';
import type { CaptureRequest, DatedResult, FlowTestInfo, FlowTestList, FlowTestRecord } from '#shared/flow-test/listing.ts';
import type { FlowTestRun } from '#shared/flow-test/result.ts';
import { type FlowTest, flowTestLimits, flowTestSchema, readFlowTest } from '#shared/flow-test.ts';
import {
  acceptTestSchema,
  captureRequestSchema,
  captureResultSchema,
  flowTestListSchema,
  flowTestRecordSchema,
  flowTestRunSchema,
  runTestsSchema,
  waiverPlaceSchema,
  waiverSchema,
} from '#shared/flow-test-schemas.ts';
import { parseJson } from '#shared/json.ts';
import { draftOf } from '../store/draft.ts';
import { type StoredTest, testOf } from '../store/flow-tests.ts';
import type { AppDeps } from './deps.ts';
import { flowLimit, readDocument, seenRevision } from './flow-routes.ts';
import { proposeTest } from './flow-test-capture.ts';
import { Refusal } from './refusal.ts';
import { json, type Route } from './route.ts';
import { untilClosed } from './sample-find.ts';

const tag = 'Tests';
/** What comes in is read by `readFlowTest`, whose problems are clearer, so nothing is refused here. */
const anyTest = z.unknown().meta({ documented: flowTestSchema });
const testLimit = flowTestLimits.bytes + 64 * 1024;
const ifMatch = { 'If-Match': 'The ETag that was read, or * to save over whatever is there (for scripts).' };

/** Tests of a flow: list, read, save, run, take new results over, propose of messages; and what need not be reached. */
export function flowTestRoutes(deps: AppDeps): Route[] {
  const { store, flowTests } = deps;
  const audit = (who: string, action: string, flow: string, detail: string) =>
    store.audit.add({ who, action, flow, detail: detail.slice(0, 1000) });

  async function documentOf(id: string, sent: unknown): Promise<Flow> {
    const { flow } = await store.flows.get(id);
    return sent === undefined ? flow : { ...readDocument(sent), id };
  }

  return [
    json({
      method: 'get',
      path: '/api/flows/:id/tests',
      role: 'viewer',
      tag,
      summary: 'The tests of a flow, and what they gave on its draft as it is stored now.',
      response: { status: 200, description: 'Tests by name, and what need not be reached.', schema: flowTestListSchema },
      errors: [404],
      async handle({ params }) {
        return { body: await listTests(deps, params.id) };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/tests',
      role: 'analyst',
      tag,
      summary: 'Saves a test. Its name gives the name of its file, which must be free.',
      body: anyTest,
      bodyLimit: testLimit,
      response: { status: 201, description: 'The test as saved.', schema: flowTestRecordSchema },
      errors: [404, 409],
      async handle({ params, text, who }) {
        const stored = await store.flowTests.create(params.id, readTest(text), who.name);
        await audit(who.name, 'test/create', params.id, stored.name);
        return { status: 201, ...recordAnswer(stored) };
      },
    }),
    json({
      method: 'get',
      path: '/api/flows/:id/tests/:name',
      role: 'viewer',
      tag,
      summary: 'One test, by the name of its file without its ending; the revision is also the ETag.',
      response: { status: 200, description: 'The test.', schema: flowTestRecordSchema },
      errors: [404],
      async handle({ params }) {
        return recordAnswer(await store.flowTests.get(params.id, params.name));
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/tests/:name',
      role: 'analyst',
      tag,
      summary: 'Saves a test over the revision that If-Match names. Another name gives its file another name.',
      body: anyTest,
      bodyLimit: testLimit,
      headers: ifMatch,
      response: { status: 200, description: 'The test as saved.', schema: flowTestRecordSchema },
      errors: [404, 409, 412, 428],
      async handle({ params, text, who, request }) {
        const seen = seenRevision(request.headers['if-match']);
        const stored = await store.flowTests.save(params.id, params.name, readTest(text), seen, who.name);
        await audit(who.name, 'test/save', params.id, stored.name);
        return recordAnswer(stored);
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/tests/:name',
      role: 'analyst',
      tag,
      summary: 'Removes a test.',
      response: { status: 204, description: 'Removed.' },
      errors: [404],
      async handle({ params, who }) {
        const { name } = await store.flowTests.remove(params.id, params.name);
        await audit(who.name, 'test/remove', params.id, name);
        return {};
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/tests/run',
      role: 'analyst',
      tag,
      summary:
        'Runs tests on the draft, or on a document that is sent along; writes nothing. Results are kept by the hash of what was tested. Ends when the request is broken off.',
      body: runTestsSchema,
      bodyOptional: true,
      bodyLimit: flowLimit,
      response: { status: 200, description: 'What each test gave.', schema: flowTestRunSchema },
      errors: [404, 503],
      async handle({ params, text, who, response }) {
        const { names, flow: sent } = runTestsSchema.parse(text === '' ? {} : parseJson(text));
        const flow = await documentOf(params.id, sent);
        const chosen = await chosenTests(deps, params.id, names);
        const run = await untilClosed(response, (signal) => runTests(deps, flow, chosen, who.name, signal));
        if (run === undefined) return {};
        return { body: run };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/tests/from-try',
      role: 'analyst',
      tag,
      summary:
        'Proposes a test: tries samples, messages of topics or dead letters twice, masked, and expects what came of them. Fields that changed in between are listed to be ignored. Stores nothing.',
      body: captureRequestSchema,
      bodyLimit: flowLimit + testLimit,
      response: { status: 200, description: 'The test to be looked over and saved.', schema: captureResultSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, text, response }) {
        const request = captureRequestSchema.parse(parseJson(text)) as CaptureRequest;
        const flow = await documentOf(params.id, request.flow);
        const proposal = await untilClosed(response, (signal) => proposeTest(deps, flow, request, signal));
        return proposal === undefined ? {} : { body: proposal };
      },
    }),
    json({
      method: 'post',
      path: '/api/flows/:id/tests/:name/accept',
      role: 'analyst',
      tag,
      summary: 'Takes over what a test gives now, with a reason that stays in its file and in the audit trail.',
      body: acceptTestSchema,
      bodyLimit: flowLimit,
      response: { status: 200, description: 'The test as saved.', schema: flowTestRecordSchema },
      errors: [404, 409, 422, 503],
      async handle({ params, text, who, response }) {
        const { reason, flow: sent } = acceptTestSchema.parse(parseJson(text));
        const flow = await documentOf(params.id, sent);
        const stored = await store.flowTests.get(params.id, params.name);
        const test = testOf(stored);
        const both = await untilClosed(response, (signal) => flowTests.twice(flow, test, { signal }));
        if (both === undefined) return {};
        const [stopped] = both.trial.problems.filter(({ severity }) => severity === 'error');
        if (stopped) throw new Refusal(422, 'test/not-run', `There is no new result to accept: ${stopped.message}`);
        const accepted: FlowTest = {
          ...acceptResult(flow, test, both.trial, both.again),
          accepted: [...(test.accepted ?? []), { at: new Date().toISOString(), by: who.name, reason }].slice(-acceptedKept),
        };
        // Over the revision that was tried: what somebody else saved meanwhile is not overwritten.
        const saved = await store.flowTests.save(params.id, params.name, accepted, stored.revision, who.name);
        await audit(who.name, 'test/accept', params.id, `${saved.name}: ${reason}`);
        return recordAnswer(saved);
      },
    }),
    json({
      method: 'put',
      path: '/api/flows/:id/waivers',
      role: 'analyst',
      tag,
      summary: 'Says why a node, or one of its ports, need not be reached by any test.',
      body: waiverSchema,
      response: { status: 204, description: 'Noted.' },
      errors: [404],
      async handle({ params, body, who }) {
        await store.flowTests.waive(params.id, body, who.name);
        const place = body.port === undefined ? body.node : `${body.node}.${body.port}`;
        await audit(who.name, 'test/waive', params.id, `${place}: ${body.reason}`);
        return {};
      },
    }),
    json({
      method: 'delete',
      path: '/api/flows/:id/waivers',
      role: 'analyst',
      tag,
      summary: 'Takes back that a place need not be reached.',
      query: waiverPlaceSchema,
      response: { status: 204, description: 'It must be reached again.' },
      errors: [404],
      async handle({ params, query, who }) {
        await store.flowTests.unwaive(params.id, query);
        await audit(who.name, 'test/unwaive', params.id, query.port === undefined ? query.node : `${query.node}.${query.port}`);
        return {};
      },
    }),
  ];
}

/** Acceptances that a file keeps; the audit trail keeps all. */
const acceptedKept = 100;

function readTest(text: string): FlowTest {
  const { test, problems } = readFlowTest(parseJson(text));
  if (test) return test;
  throw new Refusal(400, problems[0]?.code ?? 'test/shape', problems.map(({ message }) => message).join(' '), { problems });
}

function recordAnswer(stored: StoredTest): { body: FlowTestRecord; headers: Record<string, string> } {
  const { id, revision, updatedAt, updatedBy } = stored;
  return { body: { id, revision, test: testOf(stored), updatedAt, updatedBy }, headers: { etag: `"${revision}"` } };
}

async function chosenTests({ store }: AppDeps, flow: string, names: readonly string[] | undefined): Promise<StoredTest[]> {
  const all = await store.flowTests.list(flow);
  if (names === undefined) return all;
  const unknown = names.find((name) => all.every(({ id }) => id !== name));
  if (unknown !== undefined) throw new Refusal(404, 'request/unknown', `This flow has no test “${unknown}”.`);
  return all.filter(({ id }) => names.includes(id));
}

async function runTests(
  { store, flowTests }: AppDeps,
  flow: Flow,
  tests: StoredTest[],
  who: string,
  signal: AbortSignal,
): Promise<FlowTestRun> {
  const waivers = await store.flowTests.waivers(flow.id);
  const { hash } = draftOf(flow);
  const named = tests.map((stored) => ({ id: stored.id, test: testOf(stored) }));
  const run = await flowTests.run(flow, named, waivers, { signal });
  const digests = new Map(tests.map(({ id, digest }) => [id, digest]));
  await store.flowTests.keep(
    flow.id,
    hash,
    run.results.map((result) => ({ digest: digests.get(result.id) ?? '', result })),
    who,
  );
  return { hash, at: new Date().toISOString(), by: who, ...run };
}

/** The tests of a flow with what they gave on a draft; without a hash on the stored one. */
export async function listTests({ store }: Pick<AppDeps, 'store'>, flow: string, hash?: string): Promise<FlowTestList> {
  const draft = hash ?? (await store.flows.get(flow)).hash;
  const [stored, waivers, kept] = await Promise.all([
    store.flowTests.list(flow),
    store.flowTests.waivers(flow),
    store.flowTests.results(flow, draft),
  ]);
  const results = new Map(kept.map((one) => [`${one.result.id}\n${one.digest}`, one]));
  const tests = stored.map((one): FlowTestInfo => {
    const found = results.get(`${one.id}\n${one.digest}`);
    const result: DatedResult | undefined = found && { ...found.result, at: found.at, by: found.by };
    return {
      id: one.id,
      name: one.name,
      revision: one.revision,
      samples: samplesIn(one),
      updatedAt: one.updatedAt,
      updatedBy: one.updatedBy,
      ...(result && { result }),
    };
  });
  const all = tests.flatMap(({ result }) => result ?? []);
  return { hash: draft, tests, waivers, ...(tests.length > 0 && all.length === tests.length && { coverage: coverageOf(all, waivers) }) };
}

/** Messages of cases by the digest of their text: lists are read often, and a case may be large. */
const counted = new Map<string, number>();
const mostCounted = 2000;

function samplesIn(stored: StoredTest): number {
  const known = counted.get(stored.digest);
  if (known !== undefined) return known;
  const { length } = testOf(stored).samples;
  if (counted.size >= mostCounted) counted.clear();
  counted.set(stored.digest, length);
  return length;
}
