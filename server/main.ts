import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Flow } from '#shared/flow.ts';
import { nodeNames } from '#shared/node-name.ts';
import packageJson from '../package.json' with { type: 'json' };
import { startAlerts } from './alerts/alerts.ts';
import { keepBroker } from './broker-keeper.ts';
import { loadCatalog } from './catalog.ts';
import { openComparisons } from './comparison/comparisons.ts';
import { compile } from './compile.ts';
import { createSandbox } from './demo/sandbox.ts';
import { demoFlow } from './demo/web-shop-orders.ts';
import { createFlowTests } from './flow-tests/runner.ts';
import { type App, createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { followLetters } from './inbox/followed.ts';
import { openInboxService } from './inbox/inbox.ts';
import { createMending } from './inbox/mend.ts';
import { createKafka } from './kafka/client.ts';
import type { KafkaSettings } from './kafka/port.ts';
import { startAuditor } from './ledger/auditor.ts';
import { createLog, writeLog } from './log.ts';
import { createOutsideCaller } from './outside-call.ts';
import { openReconciling } from './reconcile/reconciles.ts';
import { openSchedules } from './reconcile/schedules.ts';
import { openReplays } from './replay/open-replays.ts';
import { openRetries } from './replay/open-retries.ts';
import type { ReplayOptions } from './replay/options.ts';
import { canaryHandled } from './runtime/canary-handled.ts';
import { createHandovers } from './runtime/handovers.ts';
import { startLedgerReader } from './runtime/ledger-reader.ts';
import { openParkedKeys } from './runtime/parked-keys.ts';
import { openReleaseRuns } from './runtime/release-runs.ts';
import { createSupervisor, type Supervisor } from './runtime/supervisor.ts';
import type { Settings } from './settings.ts';
import { lockFolder } from './store/lock.ts';
import { openStore, type Store } from './store/store.ts';
import { openTraces } from './trace/open.ts';
import { createTrialRunner } from './try/trial-runner.ts';
import { createTries } from './try/tries.ts';

/** A running server. */
export interface RunningServer {
  url: string;
  /** Opens the studio signed in as admin; works once, within a quarter of an hour. */
  loginUrl: string;
  /** Process id of the embedded broker, when there is one. */
  brokerPid(): number | undefined;
  /** Drains every flow, then ends everything. */
  close(): Promise<void>;
}

/** As long as the ledger topic keeps the entries, and a little more. */
const minutesKeptMs = 35 * 24 * 3_600_000;
const drainMs = 15_000;
const linkMs = 15 * 60_000;

/**
 * Wires everything and listens.
 * @throws Error with one sentence: the port or the data folder is taken, the store or the broker cannot start.
 */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const log = createLog(settings.logLevel);
  const write = writeLog(log);
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        write('error', `Something did not close: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  try {
    await mkdir(settings.dataFolder, { recursive: true });
    const lock = await lockFolder(settings.dataFolder);
    closers.push(() => lock.release());
    const isNew = !existsSync(join(settings.dataFolder, 'millrace.db')) && !existsSync(join(settings.dataFolder, 'broker'));
    const store = await openStore(
      settings.databaseUrl === undefined
        ? { dataFolder: settings.dataFolder, secretKey: settings.secretKey }
        : { dataFolder: settings.dataFolder, databaseUrl: settings.databaseUrl, secretKey: settings.secretKey },
    );
    closers.push(() => store.close());
    if (settings.adminKey !== undefined) await store.keys.seed(settings.adminKey, 'First admin key', 'admin');

    let kafkaSettings: KafkaSettings | undefined = settings.kafka;
    let brokerPid = (): number | undefined => undefined;
    if (kafkaSettings === undefined) {
      const broker = await keepBroker({ dataFolder: settings.dataFolder, fsync: settings.fsync, log: write });
      closers.push(() => broker.close());
      kafkaSettings = { brokers: [broker.address], clientId: 'millrace' };
      brokerPid = broker.pid;
    }
    const kafka = createKafka(kafkaSettings, {
      info: (m, f) => log.info(f ?? {}, m),
      warn: (m, f) => log.warn(f ?? {}, m),
      error: (m, f) => log.error(f ?? {}, m),
    });
    const catalog = await loadCatalog({ folders: settings.nodeFolders, log: { warn: (message) => log.warn(message) } });
    const filesFolder = join(settings.dataFolder, 'files');
    await mkdir(filesFolder, { recursive: true });

    const demo = settings.demo === 'on' || (settings.demo === 'when-new' && (isNew || (await hasDemo(store))));
    const sandbox = demo ? createSandbox({ folder: filesFolder }) : undefined;
    if (sandbox) closers.push(async () => sandbox.close());

    // The port must be known before the flows start, because the demo's sinks call this server; until the routes are
    // there, whoever calls is told to come again.
    const late: { app?: App } = {};
    const listening = await listen(
      {
        handler: (request, response) =>
          late.app ? late.app.handler(request, response) : void response.writeHead(503, { 'retry-after': '1' }).end(),
        close: () => late.app?.close(),
      },
      { host: settings.host, port: settings.port },
    );
    closers.push(() => listening.close());
    const url = settings.publicUrl ?? listening.url;
    const bindings: Record<string, unknown> = demo ? { sandbox: `${listening.url}/sandbox` } : {};
    const allowPrivate = demo ? [...settings.allowPrivate, new URL(listening.url).host] : settings.allowPrivate;

    let supervisor: Supervisor | undefined;
    const handovers = createHandovers(kafka, store.handovers, (message) => log.warn(message));
    await handovers.resume(async ({ flow, to, at, share }) => {
      if (share !== undefined) {
        const trial = await store.canaries.running(flow);
        return trial?.canary.version === to && trial.canary.since >= at ? {} : undefined;
      }
      const current = await store.deployments.current(flow);
      return current?.version === to && Date.parse(current.deployedAt) >= at ? { deployedAt: current.deployedAt } : undefined;
    });
    const ledger = await startLedgerReader(kafka, store.ledger, {
      changed: (flow) => supervisor?.ledgerChanged(flow),
      trouble: (message) => log.warn(message),
      entry: handovers.note,
      settle: handovers.settle,
    });
    closers.push(() => ledger.close());
    const auditor = await startAuditor({
      kafka: kafkaSettings,
      store,
      names: async (flow) => {
        const known = await store.flows.get(flow).catch(() => undefined);
        return nodeNames(known?.flow.nodes ?? [], catalog.types);
      },
      changed: (flow) => supervisor?.ledgerChanged(flow),
      log: write,
    });
    closers.push(() => auditor.close());
    const prune = () => {
      const before = Date.now() - minutesKeptMs;
      void Promise.all([store.ledgerMinutes.prune(before), store.resends.prune(before)]).catch((error: unknown) =>
        log.warn(`What the ledger tells of old minutes was not dropped: ${String(error)}`),
      );
    };
    prune();
    const pruning = setInterval(prune, 3_600_000);
    closers.push(async () => clearInterval(pruning));
    supervisor = createSupervisor({
      kafka,
      settings: kafkaSettings,
      types: catalog.types,
      nodeFolders: settings.nodeFolders,
      compile: (flow, version) => compile(flow, catalog, version),
      ledger: {
        totals: ledger.totals,
        forget(flow) {
          ledger.forget(flow);
          auditor.forget(flow);
        },
      },
      gaps: auditor.open,
      crashes: store.crashes,
      handovers,
      secrets: () => store.secrets.reveal(),
      filesFolder,
      triesFolder: join(settings.dataFolder, 'tries'),
      bindings,
      allowPrivate,
      drainMs,
      happened: (event) =>
        void store.flowEvents
          .add(event)
          .catch((error: unknown) => log.warn(`What happened to ${event.flow} was not kept: ${String(error)}`)),
      log: write,
    });
    const runtime = supervisor;
    closers.push(() => runtime.close());
    runtime.onStatus((statuses) => {
      for (const { flow, stages } of statuses) {
        const most = (of: 'lag' | 'behindMs') => Math.max(0, ...stages.map((stage) => stage[of] ?? 0));
        ledger.measured(flow, most('lag'), most('behindMs'));
      }
    });

    const comparisons = await openComparisons({
      store,
      compile: (flow, version) => compile(flow, catalog, version),
      types: catalog.types,
      kafka: kafkaSettings,
      nodeFolders: settings.nodeFolders,
      filesFolder,
      bindings,
      log: write,
    });
    closers.push(() => comparisons.close());

    const trials = createTrialRunner({ nodeFolders: settings.nodeFolders, filesFolder, bindings, allowPrivate });
    closers.push(() => trials.close());

    const traces = openTraces({
      store,
      kafka,
      settings: kafkaSettings,
      runtime,
      runner: trials,
      types: catalog.types,
      compile: (flow, version) => compile(flow, catalog, version),
      dataFolder: settings.dataFolder,
      indexMb: settings.traceIndexMb,
      log: write,
    });
    closers.push(() => traces.close());

    const caller = createOutsideCaller(allowPrivate);
    closers.push(() => caller.close());
    const alerts = await startAlerts({ store, runtime, kafka, caller, types: catalog.types, mail: settings.mail, url, log: write });
    closers.push(() => alerts.close());
    const reconciles = await openReconciling({
      store,
      kafka,
      types: catalog.types,
      caller,
      filesFolder,
      bindings,
      allowPrivate,
      log: write,
    });
    const schedules = openSchedules({ store, reconciles, clock: Date.now, log: write });
    closers.push(async () => {
      const over = schedules.close();
      await reconciles.close();
      await over;
    });

    const followed = followLetters({ kafka, store, trouble: (message) => log.warn(message) });
    closers.push(() => followed.follower.close());

    const replayOptions: ReplayOptions = {
      store,
      kafka,
      settings: kafkaSettings,
      compile: (flow, version) => compile(flow, catalog, version),
      types: catalog.types,
      infos: new Map(catalog.catalog.types.map((type) => [type.type, type])),
      nodeFolders: settings.nodeFolders,
      filesFolder,
      bindings,
      allowPrivate,
      secrets: () => store.secrets.reveal(),
      environment: settings.environment,
      minutes: (flow, since, until) => store.ledgerMinutes.range(flow, since, until),
      inbox: {
        upToDate: (signal) => followed.follower.refresh(signal),
        settled: (positions) => store.inbox.settled(positions),
        newest: (items) => store.inbox.newest(items),
      },
      paused: (flow) =>
        new Map(
          (runtime.status(flow)?.stages ?? []).flatMap(({ stage, state, reason }) => (state === 'paused' ? [[stage, reason ?? '']] : [])),
        ),
      log: write,
    };
    const replays = await openReplays(replayOptions);
    closers.push(() => replays.close());
    const retries = await openRetries(replayOptions);
    closers.push(() => retries.close());
    const inboxOptions = {
      kafka,
      store,
      retries,
      followed,
      trials,
      types: replayOptions.infos,
      compile: (flow: Flow, version: number) => compile(flow, catalog, version),
      trouble: (message: string) => log.warn(message),
    };
    const inbox = openInboxService(inboxOptions);
    closers.push(async () => inbox.close());

    const parked = openParkedKeys(kafka);
    closers.push(() => parked.close());
    const releases = await openReleaseRuns({
      parked,
      keep: store.releaseRuns,
      ended(flow, run) {
        const detail = `${run.sink}: ${run.state}, ${run.through} of ${run.keys} keys released, ${run.failed} failed again${run.reason === undefined ? '' : `. ${run.reason}`}`;
        void store.audit
          .add({ who: run.startedBy, action: 'parked/release-all-end', flow, detail: detail.slice(0, 500) })
          .catch((error: unknown) => log.warn(`The end of a release of ${flow} is not in the audit: ${String(error)}`));
      },
      trouble: (message) => log.warn(message),
      async planOf(flow) {
        const current = await store.deployments.current(flow);
        return current?.desired === 'running' ? current.plan : undefined;
      },
    });
    closers.push(() => releases.close());

    const clientFolder = studioFolder();
    late.app = createApp({
      store,
      runtime,
      tries: createTries({ runner: trials, catalog }),
      flowTests: createFlowTests({
        trials,
        types: catalog.catalog.types,
        compile: (flow, version) => compile(flow, catalog, version),
      }),
      catalog,
      compile: (flow, version) => compile(flow, catalog, version),
      comparisons,
      auditor,
      alerts,
      reconciles,
      schedules,
      traces,
      parked,
      releases,
      handovers,
      canaryHandled: (canary, signal) => canaryHandled(kafka, canary, signal),
      replays,
      retries,
      inbox,
      mending: createMending(inbox, inboxOptions),
      settings: {
        demo,
        environment: settings.environment,
        hooksUrl: `${url}/hooks`,
        version: packageJson.version,
        ...(clientFolder && { clientFolder }),
      },
      outside: { filesFolder, allowPrivate },
      ...(sandbox && { sandbox }),
      log,
    });

    for (const { flow, version, plan, deployedAt } of await store.deployments.running()) {
      const trial = await store.canaries.running(flow);
      const canary =
        trial?.canary.base === version ? { plan: trial.plan, share: trial.canary.share, since: trial.canary.since } : undefined;
      runtime.restore(plan, deployedAt, canary);
    }
    if (demo && (isNew || settings.demo === 'on') && !(await hasDemo(store))) {
      // In the background: the studio answers at once, also while Kafka is still being reached.
      const seeding = seedDemo(store, runtime, (version) => compile(demoFlow(), catalog, version), write);
      closers.push(() => seeding);
    }

    const link = await store.sessions.createLink('admin', linkMs);
    return { url, loginUrl: `${url}/?link=${link}`, brokerPid, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function hasDemo(store: Store): Promise<boolean> {
  return (await store.flows.list()).some(({ id }) => id === demoFlow().id);
}

/** Brings the demo flow: draft, version 1, deployed. A failure is told and leaves the rest of the server alone. */
async function seedDemo(
  store: Store,
  runtime: Supervisor,
  compileDemo: (version: number) => ReturnType<typeof compile>,
  log: ReturnType<typeof writeLog>,
): Promise<void> {
  const flow = demoFlow();
  try {
    await store.flows.create(flow, 'Millrace');
    const { version } = await store.versions.publish(flow, 'Millrace', 'The demo');
    const compiled = compileDemo(version);
    if (!('plan' in compiled) || compiled.plan === undefined) throw new Error(compiled.problems.map(({ message }) => message).join(' '));
    const { barrier, topicsCreated } = await runtime.deploy(compiled.plan, { who: 'Millrace' });
    await store.deployments.record(compiled.plan, { barrier, topicsCreated }, 'Millrace');
  } catch (error) {
    log('error', `The demo flow could not be started: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The built studio beside the built server, or in dist/ when the server runs from its sources. */
function studioFolder(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return ['../client', '../../client', '../dist/client']
    .map((path) => join(here, path))
    .find((folder) => existsSync(join(folder, 'index.html')) && folder.includes('dist'));
}
