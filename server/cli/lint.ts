import { isDeployable, type Problem } from '#shared/problem.ts';
import { loadCatalog } from '../catalog.ts';
import { compile, problemsOf } from '../compile.ts';
import { readSettings } from '../settings.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile, withSettings } from './command.ts';

/** Checks flow files: all problems of all files, and the guarantee of each path. */
export const lintCommand: Command = {
  name: 'lint',
  usage: 'lint FLOW… [--json]',
  summary: 'checks flow files and shows the guarantee of each path',
  async run(args) {
    const { values, positionals } = readArgs(args, { json: { type: 'boolean' } }, this.usage);
    if (positionals.length === 0) throw new CommandError(`Name at least one flow file.\nUsage: millrace ${this.usage}`, 2);
    const { nodeFolders } = withSettings(() => readSettings(process.env));
    const catalog = await loadCatalog({ folders: nodeFolders });
    const results = [];
    for (const file of positionals) {
      const read = await readFlowFile(file);
      const compiled = 'flow' in read ? compile(read.flow, catalog, 0) : read;
      const problems: Problem[] = 'flow' in read ? problemsOf(read.flow, catalog) : read.problems;
      const paths = 'plan' in compiled && compiled.plan ? compiled.plan.paths : [];
      results.push({ file, problems, paths });
      if (values.json) continue;
      for (const problem of problems) console.log(formatProblem(problem, file));
      for (const path of paths)
        console.log(`${file}: ${path.source} → ${path.sink}: ${path.guarantee}${path.weakest ? ` (weakened by ${path.weakest})` : ''}`);
      if (problems.length === 0) console.log(`${file}: no problems`);
    }
    if (values.json) console.log(JSON.stringify(results));
    return results.every(({ problems }) => isDeployable(problems)) ? 0 : 1;
  },
};
