import { randomUUID } from 'node:crypto';
import type { AlertChannel } from '#shared/alert.ts';
import type { Incident } from '#shared/incident.ts';
import { nodeName } from '#shared/node-name.ts';
import type { Plan, PlanNode } from '#shared/plan.ts';
import type { KafkaPort } from '../kafka/port.ts';
import type { OutsideCaller } from '../outside-call.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { NodeType, TopicSinkType } from '../sdk.ts';
import type { Store } from '../store/store.ts';
import { comparisonFacts } from './comparison-facts.ts';
import { createFactReader } from './facts.ts';
import { measureField } from './field-fill.ts';
import { createOutbox } from './outbox.ts';
import { measureRetention, type RetentionMemory } from './retention.ts';
import { createSenders, type MailSettings } from './senders.ts';
import { lookOnce } from './watch.ts';

export interface AlertOptions {
  store: Store;
  runtime: Pick<Runtime, 'statuses' | 'onStatus'>;
  kafka: KafkaPort;
  caller: OutsideCaller;
  /** For titles of nodes without a label, and topics of sinks. */
  types: ReadonlyMap<string, NodeType>;
  mail: MailSettings | undefined;
  /** Address of the studio as people open it. */
  url: string;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** Watches the flows and tells people. */
export interface Alerts {
  /** Incidents that go on, newest first. */
  open(): readonly Incident[];
  /** Called when an incident begins, changes or is over. Returns the way to unsubscribe. */
  onChange(listener: () => void): () => void;
  /** Looks now, for instance after a rule was changed, instead of in a few seconds. */
  look(): Promise<void>;
  /** Sends a made-up incident to a channel. Rejects with why it did not go through. */
  test(channel: AlertChannel): Promise<void>;
  close(): Promise<void>;
}

const lookEveryMs = 5000;
const sendEveryMs = 1000;
const kafkaEveryMs = 60_000;
const pruneEveryMs = 3_600_000;
/** Notices that were told are kept so long, for the state of the channels. */
const keptMs = 7 * 24 * 3_600_000;

/** Starts watching. */
export async function startAlerts(options: AlertOptions): Promise<Alerts> {
  const { store } = options;
  const admin = options.kafka.admin();
  const ending = new AbortController();
  const listeners = new Set<() => void>();
  const memories = new Map<string, RetentionMemory>();
  const senders = createSenders({
    caller: options.caller,
    mail: options.mail,
    secrets: () => store.secrets.reveal(),
    url: () => options.url,
  });
  let open: readonly Incident[] = sorted(await store.incidents.open());
  let troubled = false;

  function topicOf(node: PlanNode): string | undefined {
    const type = options.types.get(node.type);
    return type?.kind === 'sink' && 'topic' in type ? (type as TopicSinkType).topic.use(type.config.parse(node.config)).topic : undefined;
  }

  async function retention(plan: Plan, now: number) {
    let memory = memories.get(plan.flow);
    if (memory === undefined) memories.set(plan.flow, (memory = new Map()));
    return measureRetention(options.kafka, admin, plan, memory, now, ending.signal);
  }

  const facts = createFactReader(
    {
      minutes: (flow, since, until) => store.ledgerMinutes.range(flow, since, until),
      gaps: () => store.ledgerGaps.list({ open: true }),
      async names(id) {
        const { flow } = await store.flows.get(id);
        return { name: flow.name, nodes: new Map(flow.nodes.map((node) => [node.id, nodeName(node, options.types)])) };
      },
      plans: async () => (await store.deployments.running()).map(({ plan }) => plan),
      async retention(plan, now) {
        try {
          return await retention(plan, now);
        } catch (error) {
          // Kafka is away: other rules say so, and what is known of time is as good as nothing.
          if (!ending.signal.aborted)
            options.log(
              'warn',
              `Retention of ${plan.flow} could not be measured: ${error instanceof Error ? error.message : String(error)}`,
            );
          return [];
        }
      },
      comparisons: () => comparisonFacts(store),
      async field(plan, wanted, now) {
        try {
          return await measureField(options.kafka, admin, plan, wanted, topicOf, now, ending.signal);
        } catch (error) {
          if (!ending.signal.aborted)
            options.log(
              'warn',
              `“${wanted.path}” of ${plan.flow} could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
            );
          return undefined;
        }
      },
    },
    kafkaEveryMs,
  );
  const outbox = createOutbox({
    notices: store.notices,
    incidents: store.incidents,
    channels: () => store.alerts.channels(),
    async names() {
      const flows = new Map((await store.flows.list()).map(({ id, name }) => [id, name]));
      const rules = new Map((await store.alerts.rules()).map(({ id, name }) => [id, name]));
      return { flow: (id) => flows.get(id) ?? id, rule: (id) => rules.get(id) ?? id };
    },
    send: senders.send,
    clock: Date.now,
    trouble: (message) => options.log('warn', message),
  });

  async function look(): Promise<void> {
    try {
      const flows = new Set((await store.flows.list()).map(({ id }) => id));
      const result = await lookOnce({
        rules: () => store.alerts.rules(),
        channels: () => store.alerts.channels(),
        incidents: store.incidents,
        facts: (wanted, now) =>
          facts.read(
            options.runtime.statuses().filter(({ flow }) => flows.has(flow)),
            wanted,
            now,
          ),
        clock: Date.now,
      });
      for (const { flow, sentence } of result.opened) options.log('warn', `Incident of ${flow}: ${sentence}`);
      const before = JSON.stringify(open);
      open = sorted(result.open);
      // Also that somebody looks after one, which no look changes.
      if (JSON.stringify(open) !== before) for (const listener of listeners) listener();
      troubled = false;
    } catch (error) {
      if (!troubled) options.log('error', `The alerts could not be looked at: ${error instanceof Error ? error.message : String(error)}`);
      troubled = true;
    }
  }

  const flush = (): Promise<void> =>
    outbox.flush().catch((error: unknown) => options.log('error', `Notifications could not be sent: ${String(error)}`));

  /** One thing after the other, so that neither looks nor messages overlap; `now` runs a look in between. */
  function repeat(everyMs: number, work: () => Promise<void>): { now(): Promise<void>; end(): Promise<void> } {
    let running: Promise<void> = Promise.resolve();
    let queued = 0;
    const next = (): Promise<void> => {
      // Of looks that are asked for while one goes on, one more sees all that they would.
      if (queued > 1) return running;
      queued++;
      running = running.then(work).finally(() => queued--);
      return running;
    };
    const timer = setInterval(() => {
      if (queued === 0) void next();
    }, everyMs);
    return {
      now: next,
      async end() {
        clearInterval(timer);
        await running;
      },
    };
  }
  const looking = repeat(lookEveryMs, look);
  const sending = repeat(sendEveryMs, flush);
  // A sink that pauses or a flow that fails is looked at now, not at the next turn.
  const states = new Map<string, string>();
  const unsubscribe = options.runtime.onStatus((changed) => {
    let isNew = false;
    for (const { flow, state, stages } of changed) {
      const text = [state, ...stages.map((stage) => stage.state)].join(' ');
      isNew ||= states.get(flow) !== text;
      states.set(flow, text);
    }
    if (isNew) void looking.now();
  });
  const pruning = repeat(pruneEveryMs, () =>
    store.notices
      .prune(Date.now() - keptMs)
      .catch((error: unknown) => options.log('warn', `Old notices were not dropped: ${String(error)}`)),
  );

  return {
    open: () => open,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    look: () => looking.now(),
    test: (channel) => {
      const at = Date.now();
      return senders.send(channel, {
        id: randomUUID(),
        at,
        more: 0,
        told: [
          {
            phase: 'start',
            flowName: 'Test',
            ruleName: 'Test',
            incident: {
              id: 'test',
              kind: 'silent',
              rule: 'test',
              flow: 'test',
              since: at,
              sentence: `This is a test of the channel “${channel.name}”. Nothing is wrong.`,
              link: '/alerts',
            },
          },
        ],
      });
    },
    async close() {
      ending.abort();
      unsubscribe();
      await Promise.all([looking.end(), sending.end(), pruning.end()]);
      senders.close();
      await admin.close();
    },
  };
}

/** What of an incident is for people; the watcher's own notes stay here. */
function plain({ id, kind, rule, flow, node, stage, since, until, sentence, link, acknowledged }: Incident): Incident {
  return {
    id,
    kind,
    rule,
    flow,
    ...(node !== undefined && { node }),
    ...(stage !== undefined && { stage }),
    since,
    ...(until !== undefined && { until }),
    sentence,
    link,
    ...(acknowledged !== undefined && { acknowledged }),
  };
}

function sorted(incidents: readonly Incident[]): readonly Incident[] {
  return [...incidents].sort((a, b) => b.since - a.since).map(plain);
}
