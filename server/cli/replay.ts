import { createInterface } from 'node:readline/promises';
import { stringifyJson } from '#shared/json.ts';
import { type Replay, type ReplayPlan, unexplained } from '#shared/replay.ts';
import { type Command, CommandError, readArgs } from './command.ts';
import { type Caller, serverOf } from './deploy.ts';
import { followReplay } from './follow-replay.ts';
import { type ReplayRequest, replayRequest, wholeNumber } from './replay-request.ts';
import { planText, reportText } from './replay-text.ts';
import { isSteering, steerReplay } from './steer-replay.ts';

const usage =
  'replay FLOW --server URL --since TIME [--until TIME] [--version N] [--from-node NODE] [--sinks A,B] [--keys K,L] [--only-failed] [--only-different] [--compare | --scratch] [--overtaken skip|send] [--new-ids] [--rate N] [--reason WHY] [--dry-run] [--yes | --confirm COUNT] [--key KEY] [--json]';

/** Replays a past range on a server: says before what it would do, follows it to its end; also pauses, resumes, stops, shows one. */
export const replayCommand: Command = {
  name: 'replay',
  usage: 'replay FLOW --server URL --since TIME [--dry-run]',
  summary: 'plans and runs a replay on a server; replay pause|resume|stop|show ID steers one',
  async run(args) {
    const { values, positionals } = readArgs(
      args,
      {
        server: { type: 'string' },
        key: { type: 'string' },
        since: { type: 'string' },
        until: { type: 'string' },
        version: { type: 'string' },
        'from-node': { type: 'string' },
        sinks: { type: 'string' },
        keys: { type: 'string' },
        'only-failed': { type: 'boolean' },
        'only-different': { type: 'boolean' },
        compare: { type: 'boolean' },
        scratch: { type: 'boolean' },
        overtaken: { type: 'string' },
        'new-ids': { type: 'boolean' },
        rate: { type: 'string' },
        reason: { type: 'string' },
        'dry-run': { type: 'boolean' },
        yes: { type: 'boolean' },
        confirm: { type: 'string' },
        json: { type: 'boolean' },
      },
      usage,
    );
    const [first, second, ...more] = positionals;
    if (first === undefined || more.length > 0) throw new CommandError(`Usage: millrace ${usage}`, 2);
    const call = serverOf(values, usage);
    if (second !== undefined) {
      if (!isSteering(first))
        throw new CommandError(`Usage: millrace ${usage}\n       millrace replay pause|resume|stop|show ID --server URL`, 2);
      return steerReplay(call, first, second, values.json === true);
    }

    const request = await replayRequest(call, first, values, Date.now());
    const say = (text: string): void => (values.json ? console.error(text) : console.log(text));
    const plan = (await call<ReplayPlan>(
      'POST',
      `/api/flows/${encodeURIComponent(request.spec.flow)}/replays/plan`,
      request.spec,
    )) as ReplayPlan;
    say(planText(plan, request.flowName, request.nameOf));
    const forbidden = plan.problems.some(({ severity }) => severity === 'error');
    if (forbidden || values['dry-run']) {
      if (values.json) console.log(stringifyJson({ plan }));
      say(forbidden ? 'It cannot be started like this.' : 'Nothing was started.');
      return forbidden ? 1 : 0;
    }
    const refused = unsafeSentence(plan);
    if (refused !== undefined) throw new CommandError(refused);
    const confirm = await confirmed(plan, values);
    const replay = await start(call, request, confirm);
    console.error(`Replay ${replay.id} has started.`);
    const ended = await followReplay(call, replay);
    if (values.json) console.log(stringifyJson({ plan, replay: ended }));
    else console.log(reportText(ended, request.nameOf));
    return exitCodeOf(ended);
  },
};

/** 0 only for a replay that is done, whose balance closes, and of whose range nothing was gone. */
export function exitCodeOf({ state, balance, gone }: Replay): number {
  return state === 'done' && unexplained(balance) === 0 && gone === undefined ? 0 : 1;
}

function start(call: Caller, { spec }: ReplayRequest, confirm: number | undefined): Promise<Replay> {
  const body = { spec, ...(confirm !== undefined && { confirm }) };
  return call<Replay>('POST', `/api/flows/${encodeURIComponent(spec.flow)}/replays`, body) as Promise<Replay>;
}

/** Why an unsafe plan is not started; undefined when there is nothing unsafe, or a reason. */
function unsafeSentence({ needsReason, spec }: ReplayPlan): string | undefined {
  if (!needsReason || (spec.reason ?? '').trim() !== '') return undefined;
  return 'This is unsafe, so it was not started. Say why it is all right with --reason WHY, which is kept with the replay; or look first with --compare or --scratch.';
}

/** The count that the plan asks for: typed with --confirm, taken over with --yes, else asked where somebody can answer. */
async function confirmed(
  plan: ReplayPlan,
  { yes, confirm }: { yes?: boolean | undefined; confirm?: string | undefined },
): Promise<number | undefined> {
  if (plan.confirm === undefined) return undefined;
  if (yes) return plan.confirm;
  if (confirm !== undefined) return wholeNumber('confirm', confirm);
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new CommandError(
      `${plan.confirm} messages would be replayed, so this was not started. Say so with --confirm ${plan.confirm}, or --yes.`,
    );
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return wholeNumber('confirm', await asking.question(`Type ${plan.confirm} to replay so many messages: `));
  } finally {
    asking.close();
  }
}
