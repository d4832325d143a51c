import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { TryMessage, TryResult } from '#shared/api.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { loadCatalog } from '../catalog.ts';
import { compile } from '../compile.ts';
import { tryPlan } from '../runtime/try.ts';
import { readSettings } from '../settings.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile, withSettings } from './command.ts';

/** Runs messages through a flow file: writes nothing, commits nothing, calls nothing outside. */
export const tryCommand: Command = {
  name: 'try',
  usage: 'try FLOW --messages FILE [--node SOURCE] [--json]',
  summary: 'shows what a flow makes of messages; writes nothing',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { messages: { type: 'string' }, node: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [file] = positionals;
    if (file === undefined || values.messages === undefined) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const { nodeFolders } = withSettings(() => readSettings(process.env));
    const catalog = await loadCatalog({ folders: nodeFolders });
    const read = await readFlowFile(file);
    const compiled = 'flow' in read ? compile(read.flow, catalog, 0) : read;
    if (!('plan' in compiled) || compiled.plan === undefined) {
      const problems = compiled.problems ?? [];
      if (values.json) console.log(JSON.stringify({ problems, nodes: {} }));
      else for (const problem of problems) console.log(formatProblem(problem, file));
      return 1;
    }
    const messages = parseMessages(await readText(values.messages), values.messages);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const { plan } = compiled;
    const result = await tryPlan(
      plan,
      catalog.types,
      (node) => ({
        flow: plan.flow,
        version: 0,
        node: node.id,
        label: node.label,
        secret: () => '',
        filesFolder: tmpdir(),
        bindings: {},
        allowPrivate: [],
        call: (_call, perform) => perform(),
        log,
      }),
      { messages, ...(values.node !== undefined && { node: values.node }) },
    );
    console.log(values.json ? (stringifyJson(result) ?? '') : describe(result));
    return Object.values(result.nodes).some(({ failed }) => failed.length > 0) ? 1 : 0;
  },
};

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`The messages in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A JSON list of messages or values, or one JSON value per line. */
export function parseMessages(text: string, file: string): TryMessage[] {
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

function isMessage(value: unknown): value is TryMessage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    Object.keys(value).every((key) => ['key', 'value', 'headers'].includes(key))
  );
}

function describe(result: TryResult): string {
  const lines: string[] = [];
  for (const [node, { in: count, ports, filtered, failed }] of Object.entries(result.nodes)) {
    lines.push(`${node}: ${count} in`);
    for (const [port, outputs] of Object.entries(ports))
      for (const output of outputs) lines.push(`  #${output.input} ${port}: ${stringifyJson(output.value) ?? 'nothing'}`);
    for (const { input, reason } of filtered) lines.push(`  #${input} filtered: ${reason}`);
    for (const { input, error } of failed) lines.push(`  #${input} failed: ${error?.message ?? ''} (${error?.code ?? ''})`);
  }
  return `${lines.join('\n')}\nNothing was written.`;
}
