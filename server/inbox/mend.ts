import type { Flow } from '#shared/flow.ts';
import { type FixEdit, fixesFor } from '#shared/inbox/fixes.ts';
import { type FailedRow, rowOfPlace } from '#shared/inbox/rule.ts';
import { quotedValue, shortError, textKind } from '#shared/inbox/title.ts';
import type { FixReport, InboxCauseDetail, Likely, SuggestedFix, Verdict } from '#shared/inbox.ts';
import { header } from '#shared/message.ts';
import type { Plan } from '#shared/plan.ts';
import type { KafkaRecord } from '../kafka/port.ts';
import type { StoredCause } from '../store/inbox.ts';
import { type LetterToRun, type RunReport, runLetters } from './check-fix.ts';
import type { Inbox, InboxOptions } from './inbox.ts';
import { headerText } from './letter.ts';
import { maskedMessage } from './masking.ts';
import { expressionOf, fieldOf, ruleView } from './views.ts';

/** Understanding a cause and trying how to mend it. Nothing here writes to Kafka or calls the world. */
export interface InboxMending {
  detail(id: string, signal: AbortSignal): Promise<InboxCauseDetail>;
  /** Runs open letters through the draft and the deployed version, at most 1,000, and keeps the result for this draft. */
  check(id: string, who: string, signal: AbortSignal): Promise<FixReport>;
  /** Edits that may mend the cause, each with how many letters would pass with it; those that help nobody are left out. */
  fixes(id: string, signal: AbortSignal): Promise<SuggestedFix[]>;
}

/** Letters of one check and of one round of suggestions, bytes of their values, and values looked at for suggestions. */
const most = { checked: 1000, suggested: 200, bytes: 128_000_000, values: 50 };
/** A first failure so soon after a deploy is likely its fault. */
const soonMs = 10 * 60_000;

/** Makes the mending side of an open inbox. */
export function createMending(inbox: Inbox, options: InboxOptions): InboxMending {
  const { store, trials } = options;
  const infoOf = (flow: Flow, node: string) => flow.nodes.find(({ id }) => id === node);

  async function lettersOf(stored: StoredCause, limit: number, signal: AbortSignal) {
    const open = await store.inbox.items(stored.id, { states: ['open'] }, { limit });
    // A cause that is solved can still be looked at.
    const found = open.total > 0 ? open : await store.inbox.items(stored.id, { states: ['solved', 'sent', 'discarded'] }, { limit });
    const records = await inbox.read(found.items, most.bytes, signal);
    const letters = found.items.flatMap((item): LetterToRun[] => {
      const record = records.get(item.item);
      return record ? [{ item, record }] : [];
    });
    return { letters, total: found.total, items: found.items };
  }

  /** The row at which a letter failed, in the version that failed. */
  async function rowOf(record: KafkaRecord): Promise<FailedRow | undefined> {
    const [flow = '', version = '0'] = headerText(record.headers, header.flow).split('@');
    const position = headerText(record.headers, header.errorPosition);
    if (!/^\d+$/.test(position)) return undefined;
    return inbox.rowOf(flow, Number(version), headerText(record.headers, header.errorNode), Number(position));
  }

  const recordingsOf = (flow: string) => store.recordings.list(flow);

  return {
    async detail(id, signal) {
      const { stored, cause, flow } = await inbox.found(id);
      const { letters } = await lettersOf(stored, 1, signal);
      const record = letters[0]?.record;
      const message = record ? headerText(record.headers, header.errorMessage) : '';
      const draft = flow && (await store.flows.get(stored.flow));
      const row = record && (await rowOf(record));
      const error = shortError({ code: stored.code, message });
      const rule = row && ruleView(stored.node, row, flow && expressionOf(flow, stored.node), error);
      const likely = await likelyOf(stored, cause.first, record, row);
      const versions = (await store.versions.list(stored.flow)).map(({ version }) => version);
      const masks = (await store.samples.masks(stored.flow)).masks;
      const hides = record !== undefined && maskedMessage(record, masks).masked > 0;
      return {
        ...cause,
        sentence: hides ? message.replace(/"(?:[^"\\]|\\.)*"/g, '“…”') : message,
        ...(rule && { rule }),
        ...(likely && { likely }),
        ...(draft && { revision: draft.revision }),
        ...(draft?.deployedVersion !== undefined && { deployedVersion: draft.deployedVersion }),
        versionsToRetry: versions.slice(0, 100),
        flowExists: flow !== undefined,
      };
    },
    async check(id, who, signal) {
      const started = performance.now();
      const { stored, flow } = await inbox.found(id);
      if (flow === undefined) throw new Error('The flow of these messages is deleted, so there is no draft to check.');
      const draft = await store.flows.get(stored.flow);
      const { letters, total, items } = await lettersOf(stored, most.checked, signal);
      const recordings = await recordingsOf(stored.flow);
      const notes: string[] = [];
      const run = async (plan: Plan | undefined, missing: string): Promise<RunReport> => {
        if (plan !== undefined) return runLetters(trials, plan, letters, recordings, signal);
        notes.push(missing);
        return { verdicts: new Map(letters.map(({ item }) => [item.item, 'fails' as Verdict])), failing: [], notes: [] };
      };
      const compiled = options.compile(draft.flow, 0);
      const why =
        'problems' in compiled ? (compiled.problems ?? []).filter(({ severity }) => severity === 'error').map((one) => one.message) : [];
      const deployed = await store.deployments.current(stored.flow);
      const after = await run(compiled.plan, `The draft cannot run: ${why.join(' ') || 'it has errors.'}`);
      const before = await run(deployed?.plan, 'No version of this flow is deployed.');
      if (letters.length < items.length)
        notes.push(
          `${items.length - letters.length} of the messages could not be read: retention has taken them, or together they are larger than ${most.bytes / 1_000_000} MB.`,
        );
      const count = (report: RunReport, verdict: Verdict): number =>
        [...report.verdicts.values()].reduce((sum, one) => sum + (one === verdict ? 1 : 0), 0);
      const fix = {
        draft: draft.hash,
        ...(deployed && { version: deployed.version }),
        at: Date.now(),
        who,
        checked: letters.length,
        of: total,
        draftPasses: count(after, 'passes'),
        deployedPasses: count(before, 'passes'),
        unknown: count(after, 'unknown'),
        notes: [...notes, ...after.notes, ...before.notes],
        failing: after.failing,
        ms: Math.round(performance.now() - started),
      };
      await store.inbox.setFix(id, fix);
      const holds = fix.checked > 0 && fix.draftPasses === fix.checked;
      await store.inbox.move(id, holds ? 'fix-holds' : 'fix-fails', who, Date.now());
      return { ...fix, current: true, verdicts: Object.fromEntries(after.verdicts) };
    },
    async fixes(id, signal) {
      const { stored, flow } = await inbox.found(id);
      const { letters } = await lettersOf(stored, most.suggested, signal);
      const first = letters[0];
      const base = first && (await rowOf(first.record));
      const draft = flow && expressionOf(flow, stored.node);
      if (first === undefined || base === undefined || flow === undefined || draft === undefined) return [];
      const message = headerText(first.record.headers, header.errorMessage);
      const fields = letters.slice(0, most.values).map(({ record }) =>
        record.value === null
          ? undefined
          : fieldOf(Buffer.from(record.value).toString('utf8'), {
              reads: base.reads,
              pointer: '',
              message: headerText(record.headers, header.errorMessage),
            }),
      );
      const found = fields.find((one) => one !== undefined);
      // Where another node has changed the message before, the sentence is all that is known of the value.
      const quoted = quotedValue(message);
      const values = found ? fields.map((one) => one?.value) : [quoted];
      const read = found?.path.filter((step): step is string => typeof step === 'string') ?? base.reads[0];
      const ground = { message, values, field: read };
      const inDraft = rowOfPlace(draft, base.place);
      const wanted = fixesFor({ ...ground, row: base });
      const recordings = await recordingsOf(stored.flow);
      const suggestions: SuggestedFix[] = [];
      for (const fix of wanted) {
        const has = inDraft !== undefined && rowText(rowOfPlace(fix.expression, base.place)) === rowText(inDraft);
        const made: FixEdit | undefined = has
          ? { ...fix, expression: draft }
          : inDraft && fixesFor({ ...ground, row: inDraft }).find(({ kind }) => kind === fix.kind);
        if (made === undefined) continue;
        const compiled = options.compile(withExpression(flow, stored.node, made.expression), 0);
        if (compiled.plan === undefined) continue;
        const { verdicts } = await runLetters(trials, compiled.plan, letters, recordings, signal);
        const passes = [...verdicts.values()].filter((verdict) => verdict === 'passes').length;
        if (passes === 0) continue;
        suggestions.push({
          kind: made.kind,
          title: made.title,
          sentence: made.sentence,
          node: stored.node,
          field: 'expression',
          before: draft,
          after: made.expression,
          row: rowOfPlace(made.expression, base.place)?.rule.id ?? base.rule.id,
          checked: letters.length,
          passes,
          ...(has && { inDraft: true }),
        });
      }
      return suggestions.sort((a, b) => Number(b.inDraft ?? false) - Number(a.inDraft ?? false) || b.passes - a.passes);
    },
  };

  async function likelyOf(
    stored: StoredCause,
    first: number,
    record: KafkaRecord | undefined,
    row: FailedRow | undefined,
  ): Promise<Likely | undefined> {
    const before = (await store.deployments.history(stored.flow, 100)).find(({ deployedAt }) => Date.parse(deployedAt) <= first);
    if (before?.replaced !== undefined && first - Date.parse(before.deployedAt) < soonMs)
      return { by: 'deployment', version: before.version, at: Date.parse(before.deployedAt), who: before.deployedBy };
    const message = record ? headerText(record.headers, header.errorMessage) : '';
    const value = quotedValue(message);
    const field = row?.reads[0]?.join('.');
    if (value === undefined || field === undefined) return undefined;
    return { by: 'data', field, what: textKind(value), since: first };
  }

  function withExpression(flow: Flow, node: string, expression: string): Flow {
    const target = infoOf(flow, node);
    return { ...flow, nodes: flow.nodes.map((one) => (one === target ? { ...one, config: { ...one.config, expression } } : one)) };
  }
}

function rowText(row: FailedRow | undefined): string | undefined {
  return row?.view.text.slice(row.rule.span.start, row.rule.span.end);
}
