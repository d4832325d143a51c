import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { compare, type FuzzReport, noRuns } from './comparison.ts';
import { documented, smallInput, surroundings } from './documented.ts';
import { mapping } from './mapping.ts';
import { expression, mutate, order, type Random, randomFrom } from './random.ts';
import { shrink } from './shrink.ts';

/** Evaluations of one text; parsing costs as much as several of them. */
const inputsOfEach = 4;

/** An order, whole or somewhat or much out of shape, or a list of two. */
function message(random: Random): unknown {
  const rate = random.pick([0, 0.01, 0.06]);
  const one = rate === 0 ? order(random) : mutate(random, order(random), rate);
  return random.chance(0.08) ? [one, mutate(random, order(random))] : one;
}

/** `messages` are mappings and random expressions over orders, `documented` what the language documents over small inputs. */
export type Kind = 'messages' | 'documented' | 'all';

/**
 * Compares the engine with the package, and the ways of evaluation with each other: on random expressions and realistic
 * mappings, half of each, over random and mutated orders; on combinations of all that is documented, over small inputs.
 * @param runs evaluations, rounded up to whole texts
 * @param first the number of the first text, so that parts of one seed can run apart
 */
export async function fuzz(runs: number, seed: number, first = 0, kind: Kind = 'all'): Promise<FuzzReport> {
  const report = noRuns();
  const texts = Math.ceil(runs / inputsOfEach);
  for (let number = first; number < first + texts; number++) {
    const random = randomFrom(seed * 1_000_003 + number);
    const small = kind === 'all' ? random.chance(0.5) : kind === 'documented';
    const text = small ? documented(random) : random.chance(0.5) ? mapping(random) : expression(random, 1 + random.below(3));
    const inputs = Array.from({ length: inputsOfEach }, () => (small ? smallInput(random) : message(random)));
    const guard = random.chance(0.15) ? random.below(6) : undefined;
    await compare(report, `${seed}/${number}`, text, inputs, guard, small ? surroundings : {});
  }
  return report;
}

/** The same in several worker threads at once, each with its share of the texts. */
export async function fuzzInThreads(runs: number, seed: number, jobs: number, kind: Kind = 'all'): Promise<FuzzReport> {
  if (jobs <= 1) return fuzz(runs, seed, 0, kind);
  const texts = Math.ceil(runs / inputsOfEach / jobs);
  const shares = Array.from({ length: jobs }, (_, job) => inThread({ runs: texts * inputsOfEach, seed, first: job * texts, kind }));
  const total = noRuns();
  for (const report of await Promise.all(shares)) {
    for (const key of Object.keys(total) as (keyof FuzzReport)[]) {
      if (key === 'differences') total.differences.push(...report.differences);
      else total[key] += report[key];
    }
  }
  return total;
}

interface Share {
  runs: number;
  seed: number;
  first: number;
  kind: Kind;
}

function inThread(share: Share): Promise<FuzzReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../../../server/runtime/boot.mjs', import.meta.url), {
      workerData: { entry: import.meta.url, fuzz: share },
    });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`A thread ended with ${code} before its report.`)));
  });
}

async function main(): Promise<void> {
  const option = (name: string, fallback: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at === -1 ? fallback : Number(process.argv[at + 1]);
  };
  const seed = option('seed', Date.now() % 1_000_000);
  const kind = (['messages', 'documented'] as const).find((one) => process.argv.includes(`--${one}`)) ?? 'all';
  const started = performance.now();
  const report = await fuzzInThreads(option('runs', 20_000), seed, option('jobs', 1), kind);
  // One of each text, without what does not matter to it.
  const shown = report.differences.filter((one, at, all) => all.findIndex(({ text }) => text === one.text) === at);
  for (const one of shown.slice(0, option('show', 10))) {
    const { run, text, input, against, ours, theirs } = await shrink(one);
    console.log(`run ${run}: ${text}\n  input   ${JSON.stringify(input)}\n  ours    ${ours}\n  against ${against}: ${theirs}`);
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  console.log(JSON.stringify({ seed, seconds, ...report, differences: report.differences.length }));
  process.exitCode = report.differences.length > 0 ? 1 : 0;
}

const share = (workerData as { fuzz?: Share } | null)?.fuzz;
if (!isMainThread && share !== undefined) {
  const report = await fuzz(share.runs, share.seed, share.first, share.kind);
  // Functions cannot be sent to another thread.
  const differences = report.differences.map((difference) => ({ ...difference, surroundings: {} }));
  parentPort?.postMessage({ ...report, differences });
}
if (isMainThread && process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
