import { type Command, CommandError } from './cli/command.ts';
import { deployCommand } from './cli/deploy.ts';
import { diffCommand } from './cli/diff.ts';
import { exportCommand } from './cli/export.ts';
import { importCommand } from './cli/import.ts';
import { lintCommand } from './cli/lint.ts';
import { replayCommand } from './cli/replay.ts';
import { replaysCommand } from './cli/replays.ts';
import { runCommand } from './cli/run.ts';
import { startCommand } from './cli/start.ts';
import { testCommand } from './cli/test.ts';
import { traceCommand } from './cli/trace.ts';
import { tryCommand } from './cli/try.ts';

/** Every command, in the order of the help. */
const commands: readonly Command[] = [
  startCommand,
  lintCommand,
  tryCommand,
  testCommand,
  runCommand,
  deployCommand,
  exportCommand,
  importCommand,
  diffCommand,
  traceCommand,
  replayCommand,
  replaysCommand,
];

function help(): string {
  const lines = commands.map(({ usage, summary }) => `  millrace ${usage.padEnd(48)} ${summary}`);
  return `Millrace: draw integration flows, run them on Kafka.\n\n${lines.join('\n')}\n\nExit codes: 0 fine, 1 problems found or failed, 2 wrong usage. --json prints one JSON value on standard output.`;
}

/** Runs one command line and gives the exit code. */
async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(help());
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    console.error(`There is no command “${name}”.\n\n${help()}`);
    return 2;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    const expected = error instanceof CommandError;
    console.error(error instanceof Error ? error.message : String(error));
    return expected ? error.exitCode : 1;
  }
}

const exitCode = await main(process.argv.slice(2));
if (exitCode >= 0) process.exit(exitCode);
