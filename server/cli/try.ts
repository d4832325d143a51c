import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { savedSampleSchema } from '#shared/sample-schemas.ts';
import type { TrialMessage, TrialRecord, TrialResult } from '#shared/trial.ts';
import { loadCatalog } from '../catalog.ts';
import { readSettings } from '../settings.ts';
import { createTrialRunner } from '../try/trial-runner.ts';
import { createTries, type TriedSample } from '../try/tries.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile, withSettings } from './command.ts';

/** Runs messages through a flow file: writes nothing, commits nothing, calls nothing outside. */
export const tryCommand: Command = {
  name: 'try',
  usage: 'try FLOW --messages FILE [--samples] [--node SOURCE] [--json]',
  summary: 'shows what a flow makes of messages, or of samples saved from a server; writes nothing',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { messages: { type: 'string' }, samples: { type: 'boolean' }, node: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [file] = positionals;
    if (file === undefined || values.messages === undefined) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const { nodeFolders } = withSettings(() => readSettings(process.env));
    const read = await readFlowFile(file);
    if (!('flow' in read)) return show({ ...nothing, problems: read.problems }, file, values.json === true);
    const text = await readText(values.messages);
    const inputs = values.samples ? { samples: parseSamples(text, values.messages) } : { messages: parseMessages(text, values.messages) };
    const catalog = await loadCatalog({ folders: nodeFolders });
    // Nodes that name files get a folder of their own, which nobody else sees.
    const filesFolder = await mkdtemp(join(tmpdir(), 'millrace-try-'));
    const runner = createTrialRunner({ nodeFolders, filesFolder, bindings: {}, allowPrivate: [] });
    try {
      const { result } = await createTries({ runner, catalog }).run(
        {
          flow: read.flow,
          request: { ...('messages' in inputs && inputs), ...(values.node !== undefined && { node: values.node }) },
          samples: inputs.samples ?? [],
          recordings: [],
          mayCall: () => false,
          secrets: async () => ({}),
        },
        new AbortController().signal,
      );
      return show(result, file, values.json === true);
    } catch (error) {
      // What the flow or the request lacks is said in one plain error.
      if (error instanceof Error && error.constructor === Error) throw new CommandError(error.message);
      throw error;
    } finally {
      await runner.close();
      await rm(filesFolder, { recursive: true, force: true });
    }
  },
};

const nothing: TrialResult = { problems: [], hash: '', inputs: [], records: [], nodes: {}, unreached: [], reused: [], seed: 1, ms: 0 };

/** Prints a result; the exit code is 1 when there are problems or a message failed. */
function show(result: TrialResult, file: string, asJson: boolean): number {
  if (asJson) console.log(stringifyJson(result) ?? '');
  else {
    for (const problem of result.problems) console.log(formatProblem(problem, file));
    if (result.problems.length === 0 || result.records.length > 0) console.log(describe(result));
  }
  return result.problems.length > 0 || Object.values(result.nodes).some(({ failed }) => failed.length > 0) ? 1 : 0;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`The messages in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A JSON list of messages or values, or one JSON value per line. */
export function parseMessages(text: string, file: string): TrialMessage[] {
  let values: unknown[];
  try {
    const trimmed = text.trim();
    values = trimmed.startsWith('[')
      ? (parseJson(trimmed) as unknown[])
      : trimmed
          .split(/\r?\n/)
          .filter((line) => line.trim() !== '')
          .map((line) => parseJson(line));
  } catch (error) {
    throw new CommandError(
      `${file} holds neither a JSON list nor one JSON value per line: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return values.map((value) => (isMessage(value) ? value : { value }));
}

/** Samples as a server lists them with their values. */
function parseSamples(text: string, file: string): TriedSample[] {
  try {
    return z
      .array(savedSampleSchema)
      .parse(JSON.parse(text))
      .map((sample) => ({ ...sample, value: sample.value ?? null }));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new CommandError(`${file} does not hold samples as GET /api/flows/:id/samples?values=true gives them.`);
  }
}

function isMessage(value: unknown): value is TrialMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    Object.keys(value).every((key) => ['key', 'value', 'headers', 'timestamp', 'name', 'encoding'].includes(key))
  );
}

function describe(result: TrialResult): string {
  const byId = new Map(result.records.map((record) => [record.id, record]));
  const inputOf = (id: number) => `#${byId.get(id)?.input ?? '?'}`;
  const lines: string[] = [];
  for (const [node, trial] of Object.entries(result.nodes)) {
    lines.push(`${node}: ${trial.in.length} in`);
    for (const [port, ids] of Object.entries(trial.out))
      for (const id of ids) lines.push(`  ${inputOf(id)} ${port}: ${valueLine(byId.get(id))}`);
    for (const { record, reason } of trial.filtered) lines.push(`  ${inputOf(record)} filtered: ${reason}`);
    for (const { record, message, code } of trial.failed) lines.push(`  ${inputOf(record)} failed: ${message} (${code})`);
  }
  for (const { node, port } of result.unreached) lines.push(`No message reached ${port === undefined ? node : `${node}.${port}`}.`);
  return `${lines.join('\n')}\nNothing was written.`;
}

function valueLine(record: TrialRecord | undefined): string {
  if (record === undefined) return 'nothing';
  const sends = record.sends === undefined ? '' : `, sent as ${record.sends.what}`;
  return `${record.text ?? stringifyJson(record.value) ?? 'nothing'}${sends}`;
}
