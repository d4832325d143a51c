import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { FlowStatus } from '#shared/events.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The text that Prometheus scrapes, and its content type. */
export interface Metrics {
  contentType: string;
  read(): Promise<string>;
}

/** Metrics of the process and of every flow, in a registry of their own. The flows' totals are the ledger's. */
export function createMetrics(runtime: Runtime): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  /** A counter whose value is what the ledger says, at each scrape. */
  function total<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    each: (status: FlowStatus, add: (value: number, ...labels: string[]) => void) => void,
  ): void {
    new Counter({
      name,
      help,
      labelNames: ['flow', ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const status of runtime.statuses()) each(status, (value, ...labels) => this.labels(status.flow, ...labels).inc(value));
      },
    });
  }

  /** A gauge that has a value for some flows and stages. */
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    each: (status: FlowStatus, set: (value: number, ...labels: string[]) => void) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ['flow', ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const status of runtime.statuses()) each(status, (value, ...labels) => this.labels(status.flow, ...labels).set(value));
      },
    });
  }

  const nodes = (status: FlowStatus) => Object.entries(status.nodes);
  gauge('millrace_flow_running', '1 when the flow runs.', [], (status, set) => set(status.state === 'running' ? 1 : 0));
  total('millrace_flow_restarts_total', 'Restarts after a crash since the deploy.', [], (status, add) => add(status.restarts));
  gauge('millrace_ledger_difference', 'Messages that the ledger cannot account for; anything but 0 is a bug.', [], (status, set) =>
    set(status.balance.difference),
  );
  gauge(
    'millrace_ledger_unexplained_messages',
    'Messages that the ledger and Kafka disagree about, and nobody has settled.',
    [],
    (status, set) => set(status.gaps?.messages ?? 0),
  );
  gauge('millrace_flow_in_flight', 'Messages between entering the flow and their end.', [], (status, set) => set(status.balance.inFlight));
  total('millrace_node_in_total', 'Messages that arrived at a node.', ['node'], (status, add) => {
    for (const [node, totals] of nodes(status)) add(totals.in, node);
  });
  total('millrace_node_out_total', 'Messages that left a node, by port.', ['node', 'port'], (status, add) => {
    for (const [node, totals] of nodes(status)) for (const [port, value] of Object.entries(totals.out)) add(value, node, port);
  });
  total('millrace_node_filtered_total', 'Messages that ended at a node on purpose, by reason.', ['node', 'reason'], (status, add) => {
    for (const [node, totals] of nodes(status)) for (const [reason, value] of Object.entries(totals.filtered)) add(value, node, reason);
  });
  total('millrace_node_dead_total', 'Dead letters of a node, by error code.', ['node', 'code'], (status, add) => {
    for (const [node, totals] of nodes(status)) for (const [code, value] of Object.entries(totals.dead)) add(value, node, code);
  });
  total('millrace_sink_delivered_total', 'Messages that the world outside has accepted.', ['node'], (status, add) => {
    for (const [node, totals] of nodes(status)) if (totals.delivered !== undefined) add(totals.delivered, node);
  });
  gauge('millrace_stage_lag', 'Messages that wait in the input topics of a stage.', ['stage'], (status, set) => {
    for (const stage of status.stages) if (stage.lag !== undefined) set(stage.lag, stage.stage);
  });
  gauge('millrace_stage_behind_seconds', 'Age of the oldest message that waits for a stage.', ['stage'], (status, set) => {
    for (const stage of status.stages) if (stage.behindMs !== undefined) set(stage.behindMs / 1000, stage.stage);
  });
  return { contentType: registry.contentType, read: () => registry.metrics() };
}
