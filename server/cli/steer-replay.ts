import { stringifyJson } from '#shared/json.ts';
import type { Replay } from '#shared/replay.ts';
import { CommandError } from './command.ts';
import type { Caller } from './deploy.ts';
import { reportText } from './replay-text.ts';

const verbs = ['pause', 'resume', 'stop', 'show'] as const;

/** What can be done with a replay that was started. */
export type Steering = (typeof verbs)[number];

export function isSteering(word: string): word is Steering {
  return (verbs as readonly string[]).includes(word);
}

/** Does it and shows how the replay stands. 0 when it is so: what had ended before cannot be paused or stopped any more. */
export async function steerReplay(call: Caller, verb: Steering, id: string, asJson: boolean): Promise<number> {
  const path = `/api/replays/${encodeURIComponent(id)}`;
  const replay = verb === 'show' ? await call<Replay>('GET', path) : await call<Replay>('POST', `${path}/${verb}`);
  if (replay === undefined) throw new CommandError('The server gave no answer about this replay.');
  console.log(asJson ? stringifyJson(replay) : reportText(replay));
  const { state } = replay;
  if (verb === 'pause') return state === 'paused' ? 0 : 1;
  if (verb === 'stop') return state === 'stopped' ? 0 : 1;
  if (verb === 'resume') return state === 'starting' || state === 'running' || state === 'done' ? 0 : 1;
  return 0;
}
