import type { DeployPreview } from '#shared/api.ts';
import type { PathGuarantee } from '#shared/plan.ts';
import { isDeployable } from '#shared/problem.ts';
import { fullTime, plural } from '../format.ts';

/** Words of a guarantee, with what it rests on. */
export const guaranteeWords: Record<PathGuarantee['guarantee'], string> = {
  'exactly-once': 'Exactly once',
  'effectively-once': 'Effectively once',
  'at-least-once': 'At least once',
};

/** What a path's guarantee rests on, in words. */
export const byWords: Record<PathGuarantee['by'], string> = {
  kafka: 'Kafka transaction',
  transaction: 'same database transaction',
  upsert: 'upsert by key',
  'idempotency-key': 'idempotency key',
  none: 'a repeat may arrive twice',
};

/** Where a group begins, in words; the preview says `continues`, `earliest`, `latest` or a time. */
export function startWords(start: string): string {
  const words: Record<string, string> = {
    continues: 'goes on at its position',
    earliest: 'from the first message',
    latest: 'only new messages',
  };
  return start
    .split(', ')
    .map((each) => words[each] ?? (Number.isNaN(Date.parse(each)) ? each : `from ${fullTime(each)}`))
    .join(', ');
}

export interface Effect {
  kind: 'continue' | 'pause' | 'topics' | 'stop';
  title: string;
  detail: string;
}

/** What pressing the button would do, as short sentences. */
export function effectsOf(preview: DeployPreview): Effect[] {
  if (!isDeployable(preview.problems)) return [{ kind: 'pause', title: 'Nothing changes', detail: 'the errors come first' }];
  const effects = [continues(preview)];
  if (preview.restarts && preview.replaces !== undefined) {
    effects.push({ kind: 'pause', title: 'Pauses for a few seconds', detail: 'new messages wait in the topics' });
  }
  const made = preview.topics.filter((topic) => !topic.exists).length;
  effects.push(
    made === 0
      ? { kind: 'topics', title: 'No new topics', detail: `${plural(preview.topics.length, 'topic')} there already` }
      : { kind: 'topics', title: `Creates ${plural(made, 'topic')}`, detail: 'never deleted by a later deploy' },
  );
  return effects;
}

function continues({ replaces, restarts, groups }: DeployPreview): Effect {
  const kept = groups.filter((group) => group.start === 'continues').length;
  const anew = groups.length - kept;
  if (!restarts) return { kind: 'pause', title: 'No restart', detail: 'the running logic is the same' };
  if (kept === 0) {
    return {
      kind: 'continue',
      title: 'Starts for the first time',
      detail: `${plural(groups.length, 'consumer group')}, each begins as listed`,
    };
  }
  return {
    kind: 'continue',
    title: replaces === undefined ? 'Goes on where it stopped' : `Goes on where version ${replaces} stops`,
    detail: `${plural(kept, 'consumer group')} keep${kept === 1 ? 's its' : ' their'} position${anew > 0 ? `, ${anew} begin${anew === 1 ? 's' : ''} anew` : ''}`,
  };
}

/** The paths in one line: `4 effectively once` or `3 exactly once, 1 at least once`. */
export function pathSummary(paths: readonly PathGuarantee[]): string {
  const order: PathGuarantee['guarantee'][] = ['exactly-once', 'effectively-once', 'at-least-once'];
  const parts = order
    .map((guarantee) => ({ guarantee, count: paths.filter((path) => path.guarantee === guarantee).length }))
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${guaranteeWords[part.guarantee].toLowerCase()}`);
  return parts.length === 0 ? 'no path yet' : parts.join(', ');
}
