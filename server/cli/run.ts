import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCatalog } from '../catalog.ts';
import { compile } from '../compile.ts';
import { createKafka } from '../kafka/client.ts';
import { createLog, writeLog } from '../log.ts';
import type { CrashMark } from '../runtime/protocol.ts';
import { createSupervisor } from '../runtime/supervisor.ts';
import { emptyTotals } from '../runtime/totals.ts';
import { readSettings } from '../settings.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile, withSettings } from './command.ts';

const drainMs = 15_000;
const secretPrefix = 'MILLRACE_SECRET_';

/** Runs one flow file against Kafka without the server: for a container that does nothing else. */
export const runCommand: Command = {
  name: 'run',
  usage: 'run FLOW',
  summary: 'runs one flow against KAFKA_BROKERS, without the server',
  async run(args) {
    const { positionals } = readArgs(args, {}, this.usage);
    const [file] = positionals;
    if (file === undefined) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const settings = withSettings(() => readSettings(process.env));
    if (settings.kafka === undefined)
      throw new CommandError('`millrace run` needs KAFKA_BROKERS; the embedded broker belongs to `millrace start`.');
    const catalog = await loadCatalog({ folders: settings.nodeFolders });
    const read = await readFlowFile(file);
    const compiled = 'flow' in read ? compile(read.flow, catalog, 1) : read;
    if (!('plan' in compiled) || compiled.plan === undefined)
      throw new CommandError((compiled.problems ?? []).map((problem) => formatProblem(problem, file)).join('\n'));
    const { plan } = compiled;
    const hooked = plan.stages.find((stage) => stage.kind === 'ingest' && 'hook' in (catalog.types.get(stage.node.type) ?? {}));
    if (hooked !== undefined)
      throw new CommandError(
        `The flow has a webhook source (${hooked.id}), which needs the server: use \`millrace start\` and \`millrace deploy\`.`,
      );

    const write = writeLog(createLog(settings.logLevel));
    const filesFolder = join(settings.dataFolder, 'files');
    await mkdir(filesFolder, { recursive: true });
    const marks = new Map<string, CrashMark>();
    const supervisor = createSupervisor({
      kafka: createKafka(settings.kafka, {
        info: (m, f) => write('info', m, { ...f }),
        warn: (m, f) => write('warn', m, { ...f }),
        error: (m, f) => write('error', m, { ...f }),
      }),
      settings: settings.kafka,
      types: catalog.types,
      nodeFolders: settings.nodeFolders,
      compile: (flow, version) => compile(flow, catalog, version),
      ledger: { totals: () => emptyTotals(), forget: () => undefined },
      crashes: {
        list: async () => [...marks.values()],
        async mark(_flow, stage, at, message) {
          const name = `${stage}/${at.topic}/${at.partition}/${at.offset}`;
          const count = (marks.get(name)?.count ?? 0) + 1;
          marks.set(name, { stage, ...at, count, message });
          return count;
        },
        clear: async () => marks.clear(),
      },
      secrets: async () => secretsOf(process.env),
      filesFolder,
      triesFolder: join(settings.dataFolder, 'tries'),
      bindings: {},
      allowPrivate: settings.allowPrivate,
      drainMs,
      log: write,
    });
    await supervisor.deploy(plan);
    console.log(`${plan.flow} is running. Ctrl-C drains and stops.`);
    const stop = () => void supervisor.close().then(() => process.exit(0));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    return -1;
  },
};

/** MILLRACE_SECRET_SHOP_HMAC=… is the secret `shop-hmac`. */
function secretsOf(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith(secretPrefix) && value !== undefined
        ? [[name.slice(secretPrefix.length).toLowerCase().replaceAll('_', '-'), value]]
        : [],
    ),
  );
}
