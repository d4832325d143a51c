import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { upgradeFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { parseJson } from '#shared/json.ts';
import type { Problem } from '#shared/problem.ts';
import { SettingError } from '../settings.ts';

/** One command of the command line. */
export interface Command {
  name: string;
  usage: string;
  summary: string;
  /** The exit code; -1 keeps the process running. */
  run(args: string[]): Promise<number>;
}

/** Wrong usage (2) or a failure that the sentence explains (1). */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Options and positional arguments; unknown options are wrong usage. */
export function readArgs<const T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T, usage: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : String(error)}\nUsage: millrace ${usage}`, 2);
  }
}

/** Reads a flow file; what is wrong with it comes back as problems. @throws CommandError when there is no such file. */
export async function readFlowFile(path: string): Promise<{ flow: Flow } | { problems: Problem[] }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(
      missing ? `There is no file ${path}.` : `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (error) {
    return {
      problems: [
        {
          code: 'flow/not-json',
          severity: 'error',
          message: `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
        },
      ],
    };
  }
  const result = upgradeFlow(json);
  return result.flow ? { flow: result.flow } : { problems: result.problems };
}

/** One line per problem: severity, place, sentence, code. */
export function formatProblem(problem: Problem, file?: string): string {
  const place = [problem.node, problem.field].filter((part) => part !== undefined).join('.');
  return `${file ? `${file}: ` : ''}${problem.severity}${place === '' ? '' : ` at ${place}`}: ${problem.message} (${problem.code})`;
}

/** The sentence of a wrong setting becomes the command's own. */
export function withSettings<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingError) throw new CommandError(error.message);
    throw error;
  }
}
