import { type Replay, type ReplayPlan, type ReplaySpec, unexplained } from '#shared/replay.ts';
import { timeText } from '#shared/time-text.ts';

/** What a replay would do, for a terminal: how much, what is gone, and what it means to each sink. */
export function planText(plan: ReplayPlan, flowName: string, nameOf: (node: string) => string): string {
  const { spec } = plan;
  const about = plan.exact ? '' : 'about ';
  const lines = [
    `${flowName}, version ${spec.version}, ${rangeText(spec)}, ${targetText[spec.target]}: ${spec.sinks.map(nameOf).join(', ')}`,
    `${about}${plan.messages} messages, ${bytesText(plan.bytes)}, about ${secondsText(plan.seconds)}${spec.perSecond > 0 ? ` at ${spec.perSecond} a second` : ''}`,
    ...(plan.estimate ? [`estimate ${plan.estimate.sentence}`] : []),
    ...plan.gone.map(({ sentence }) => `gone     ${sentence}`),
    ...plan.sinks.map(({ sentence, unsafe }) => `${unsafe ? 'UNSAFE  ' : 'sink    '} ${sentence}`),
  ];
  const { messages, keys, examples } = plan.overtaken;
  if (messages > 0 && spec.target !== 'compare') {
    const what = spec.overtaken === 'skip' ? 'are skipped' : 'are sent all the same, so an older state may overwrite a newer one';
    lines.push(`keys     Newer messages of ${keys} keys have passed (${examples.slice(0, 3).join(', ')}): ${messages} older ones ${what}.`);
  }
  for (const { sink, topic, flows } of plan.downstream)
    lines.push(`reads    ${flows.join(', ')} will see what ${nameOf(sink)} writes to ${topic}.`);
  for (const { severity, message } of plan.problems) lines.push(`${severity.padEnd(8)} ${message}`);
  return lines.join('\n');
}

const targetText: Record<ReplaySpec['target'], string> = {
  real: 'to the real sinks',
  scratch: 'to scratch topics, not to',
  compare: 'compared only, nothing is written, with',
};

function rangeText({ range, filter }: ReplaySpec): string {
  const parts = [
    range.by === 'time'
      ? `${timeText(range.since)} to ${timeText(range.until)}`
      : range.by === 'version'
        ? `what version ${range.version} handled`
        : range.by === 'history'
          ? `everything before “${range.sink}” was fed`
          : `${range.ranges.length} ranges of offsets`,
    ...(filter.keys
      ? [`keys ${filter.keys.slice(0, 5).join(', ')}${filter.keys.length > 5 ? ` and ${filter.keys.length - 5} more` : ''}`]
      : []),
    ...(filter.positions ? [`${filter.positions.length} chosen messages`] : []),
    ...(filter.onlyFailed ? ['only what failed'] : []),
    ...(filter.onlyDifferent ? ['only what differs'] : []),
  ];
  return parts.join(', ');
}

/** One line while it runs. */
export function progressText({ state, balance, total, rate, leftSeconds }: Replay): string {
  const share = total === 0 ? '' : `, ${Math.min(100, Math.floor((balance.read / total) * 100))} %`;
  const speed = rate === undefined ? '' : `, ${rate} a second`;
  const left = leftSeconds === undefined ? '' : `, ${secondsText(leftSeconds)} left`;
  return `${state}: ${balance.read} of ${total} messages${share}${speed}${left}${balance.failed > 0 ? `, ${balance.failed} failed` : ''}`;
}

/** How it ended, or stands: the balance, what was written where, what failed. */
export function reportText(replay: Replay, nameOf: (node: string) => string = (node) => node): string {
  const { id, spec, state, startedBy, startedAt, endedAt, total, balance, outputs, failures, compared, gone, reason } = replay;
  const { read, written, filtered, failed, skipped } = balance;
  const made = spec.target === 'compare' ? 'would be written' : 'written';
  const took = endedAt === undefined ? '' : ` after ${secondsText(Math.round((endedAt - startedAt) / 1000))}`;
  const lines = [
    `replay ${id} of ${spec.flow}, version ${spec.version}, by ${startedBy} on ${timeText(startedAt)}: ${state}${took}`,
    `read ${read} = ${made} ${written} + filtered ${filtered} + failed ${failed} + skipped ${skipped}`,
    `range ${total} = read ${read} + gone ${gone?.messages ?? 0}${state === 'done' ? '' : ` + not read ${Math.max(0, total - read - (gone?.messages ?? 0))}`}`,
    ...Object.entries(outputs).map(
      ([sink, count]) => `  ${nameOf(sink)}: ${count} outputs${spec.target === 'scratch' ? ' in its scratch topic' : ''}`,
    ),
    ...Object.entries(failures).flatMap(([node, codes]) =>
      Object.entries(codes).map(([code, count]) => `  failed at ${nameOf(node)}: ${count} (${code})`),
    ),
  ];
  if (compared) lines.push(`  same ${compared.same}, changed ${compared.changed}, failing ${compared.failing}, new ${compared.fresh}`);
  if (gone) lines.push(gone.sentence);
  if (reason !== undefined) lines.push(reason);
  lines.push(
    unexplained(balance) === 0
      ? 'The balance closes.'
      : `The balance does not close: ${Math.abs(unexplained(balance))} messages are unexplained.`,
  );
  return lines.join('\n');
}

/** One line of a list. */
export function listText({ id, spec, state, startedAt, startedBy, total, balance }: Replay): string {
  const how = `${balance.read} of ${total} read, ${balance.failed} failed`;
  return `${id}  ${state.padEnd(8)}  ${timeText(startedAt)}  ${spec.flow} v${spec.version} ${spec.target}  ${how}  ${startedBy}`;
}

function secondsText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}
