import { stringifyJson } from '#shared/json.ts';
import type { Replay } from '#shared/replay.ts';
import { type Command, CommandError, readArgs } from './command.ts';
import { serverOf } from './deploy.ts';
import { flowNamed } from './replay-request.ts';
import { listText } from './replay-text.ts';

/** Lists the replays of a server, newest first. */
export const replaysCommand: Command = {
  name: 'replays',
  usage: 'replays [FLOW] --server URL [--key KEY] [--json]',
  summary: 'lists replays, newest first',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      { server: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } },
      this.usage,
    );
    const [flow, ...more] = positionals;
    if (more.length > 0) throw new CommandError(`Usage: millrace ${this.usage}`, 2);
    const call = serverOf(values, this.usage);
    const of = flow === undefined ? '' : `?flow=${encodeURIComponent((await flowNamed(call, flow)).id)}`;
    const replays = (await call<Replay[]>('GET', `/api/replays${of}`)) ?? [];
    if (values.json) console.log(stringifyJson(replays));
    else console.log(replays.length === 0 ? 'There are no replays.' : replays.map(listText).join('\n'));
    return 0;
  },
};
