import type { AlertCondition, WorkingHours } from '../alert.ts';
import type { StageStatus } from '../events.ts';
import type { Finding, FlowFacts } from './facts.ts';
import { messages, span } from './words.ts';

type Of<Kind extends AlertCondition['kind']> = Extract<AlertCondition, { kind: Kind }>;

const minuteMs = 60_000;

/** One finding per stage whose oldest waiting message is too old. Below half of that it is over. */
export function behind(condition: Of<'behind'>, facts: FlowFacts): Finding[] {
  const most = condition.minutes * minuteMs;
  return facts.status.stages.flatMap((stage): Finding[] => {
    const age = stage.behindMs ?? 0;
    if (age < most / 2 || (stage.lag ?? 0) === 0) return [];
    return [
      {
        subject: stage.stage,
        level: age >= most ? 'met' : 'near',
        ...placeOf(stage),
        sentence:
          `${stageName(stage, facts)} is ${span(age)} behind: ${messages(stage.lag ?? 0)} wait${stage.lag === 1 ? 's' : ''}${stage.reason === undefined ? '' : `, because ${lower(stage.reason)}`}`.replace(
            /\.?$/,
            '.',
          ),
        link: stage.node === undefined ? `/flows/${facts.flow}` : `/flows/${facts.flow}?node=${encodeURIComponent(stage.node)}`,
      },
    ];
  });
}

/** A flow that runs and gets nothing. It needs to have been expected to get something all that time. */
export function silent(condition: Of<'silent'>, facts: FlowFacts, now: number): Finding[] {
  if (facts.status.state !== 'running') return [];
  // Nobody could send while nothing ran.
  const last = Math.max(facts.lastIn ?? 0, facts.runningSince ?? now);
  const quiet = condition.hours === undefined ? now - last : workingMs(condition.hours, last, now);
  if (quiet < condition.minutes * minuteMs) return [];
  return [
    {
      subject: '',
      level: 'met',
      sentence: `Nothing has come in for ${span(now - last)}. Check that the source still sends, and compare it with the log: messages may have got lost on the way.`,
      link: `/flows/${facts.flow}/reconcile`,
    },
  ];
}

/** One finding per stage that has paused or is trying again for too long. It is over when the stage runs. */
export function sinkPaused(condition: Of<'sink-paused'>, facts: FlowFacts, now: number): Finding[] {
  return facts.status.stages.flatMap((stage): Finding[] => {
    if (stage.state !== 'paused' && stage.state !== 'retrying') return [];
    const since = stage.since ?? now;
    const isMet = stage.state === 'paused' || now - since >= condition.minutes * minuteMs;
    const what = stage.state === 'paused' ? 'is paused' : 'is trying again';
    const waits =
      (stage.lag ?? 0) > 0 ? ` ${messages(stage.lag ?? 0)} wait${stage.lag === 1 ? 's' : ''}; nothing is lost.` : ' Nothing is lost.';
    return [
      {
        subject: stage.stage,
        level: isMet ? 'met' : 'near',
        ...placeOf(stage),
        sentence: `${stageName(stage, facts)} ${what}${stage.reason === undefined ? '' : `: ${stage.reason.replace(/\.$/, '')}`}.${waits}${stage.state === 'paused' ? ' Resume it when its system is ready.' : ''}`,
        link: stage.node === undefined ? `/flows/${facts.flow}` : `/flows/${facts.flow}?node=${encodeURIComponent(stage.node)}`,
      },
    ];
  });
}

/** A flow that has failed or is started again and again. It is over when it has run for a while. */
export function flowFailed(condition: Of<'flow-failed'>, facts: FlowFacts): Finding[] {
  const { state, lastError } = facts.status;
  const why = lastError === undefined ? '' : ` ${lastError}`;
  const link = `/flows/${facts.flow}`;
  if (state === 'failed')
    return [
      { subject: '', level: 'met', sentence: `The flow has failed and does not run.${why} Deploy it again when that is mended.`, link },
    ];
  if (facts.restarts >= condition.restarts)
    return [
      {
        subject: '',
        level: 'met',
        sentence: `The flow was started again ${facts.restarts} times within ten minutes.${why}`,
        link,
      },
    ];
  if (facts.restarts > 0 || state === 'backing-off' || state === 'starting')
    return [{ subject: '', level: 'near', sentence: `The flow was started again.${why}`, link }];
  return [];
}

/** How much of a span of time lies within the working hours, in ms; looks back at most two weeks. */
export function workingMs(hours: WorkingHours, from: number, to: number): number {
  const step = 5 * minuteMs;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: hours.zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  let sum = 0;
  for (let at = Math.max(from, to - 14 * 24 * 60 * minuteMs); at < to; at += step) {
    if (isWorking(format, hours, at)) sum += Math.min(step, to - at);
  }
  return sum;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function isWorking(format: Intl.DateTimeFormat, hours: WorkingHours, at: number): boolean {
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = weekdays.indexOf(parts.weekday ?? '') + 1;
  const time = `${parts.hour === '24' ? '00' : parts.hour}:${parts.minute}`;
  return hours.days.includes(day) && time >= hours.from && time < hours.to;
}

const placeOf = ({ stage, node }: StageStatus) => ({ stage, ...(node !== undefined && { node }) });

function stageName({ kind, node }: StageStatus, { names }: FlowFacts): string {
  if (node !== undefined) return `“${names.get(node) ?? node}”`;
  return kind === 'transform' ? 'The flow' : `The ${kind} stage`;
}

const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
