import type { Deployment, FlowRecord, ProblemDetails } from '#shared/api.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { type Command, CommandError, formatProblem, readArgs, readFlowFile } from './command.ts';

/** Saves a flow file as the draft on a server and makes it live. */
export const deployCommand: Command = {
  name: 'deploy',
  usage: 'deploy FLOW --server URL [--key KEY] [--override REASON] [--json]',
  summary: 'saves a flow on a server and makes it live (key: MILLRACE_KEY)',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { server: { type: 'string' }, key: { type: 'string' }, override: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [file] = positionals;
    const server = values.server?.replace(/\/+$/, '');
    if (file === undefined || server === undefined) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const reason = values.override?.trim();
    if (reason !== undefined && reason.length < 10) {
      throw new CommandError('--override needs a reason of at least ten characters; it is kept with the deployment for ever.', 2);
    }
    const key = values.key ?? process.env.MILLRACE_KEY;
    if (key === undefined) throw new CommandError('An API key is needed: --key or MILLRACE_KEY.', 2);
    const read = await readFlowFile(file);
    if (!('flow' in read)) throw new CommandError(read.problems.map((problem) => formatProblem(problem, file)).join('\n'));
    const { flow } = read;

    const call = caller(server, key);
    const existing = await call<FlowRecord>('GET', `/api/flows/${flow.id}`, undefined, [404]);
    if (existing === undefined) await call('POST', '/api/flows', flow);
    else await call('PUT', `/api/flows/${flow.id}`, flow, [], { 'if-match': `"${existing.revision}"` });
    const deployment = (await call<Deployment>('POST', `/api/flows/${flow.id}/deploy`, {
      ...(reason !== undefined && { override: { reason } }),
    })) as Deployment;
    console.log(
      values.json
        ? JSON.stringify(deployment)
        : `Version ${deployment.version} of ${flow.name} is live: ${deployment.status.health.sentence}`,
    );
    return 0;
  },
};

/** Talks to the API of a server with a key. */
export type Caller = ReturnType<typeof caller>;

/** Server and key of a command line; wrong usage where one is missing. */
export function serverOf(values: { server?: string | undefined; key?: string | undefined }, usage: string): Caller {
  const key = values.key ?? process.env.MILLRACE_KEY;
  if (values.server === undefined) throw new CommandError(`Usage: millrace ${usage}`, 2);
  if (key === undefined) throw new CommandError('An API key is needed: --key or MILLRACE_KEY.', 2);
  return caller(values.server.replace(/\/+$/, ''), key);
}

/** Calls the API; refusals become one sentence per problem. `accept` lists statuses that give undefined instead. */
function caller(server: string, key: string) {
  return async <T>(
    method: string,
    path: string,
    body?: unknown,
    accept: number[] = [],
    headers: Record<string, string> = {},
  ): Promise<T | undefined> => {
    let response: Response;
    try {
      response = await fetch(server + path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: stringifyJson(body) ?? 'null' }),
      });
    } catch (error) {
      throw new CommandError(`The server at ${server} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (accept.includes(response.status)) return undefined;
    const text = await response.text();
    if (!response.ok) throw new CommandError(refusal(text, `${server} answered ${response.status} to ${method} ${path}.`));
    return (text === '' ? undefined : parseJson(text)) as T | undefined;
  };
}

function refusal(text: string, otherwise: string): string {
  try {
    const details = JSON.parse(text) as ProblemDetails;
    return details.problems.length > 0
      ? details.problems.map((problem) => formatProblem(problem)).join('\n')
      : (details.detail ?? otherwise);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return otherwise;
  }
}
