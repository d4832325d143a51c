/** What can happen to a flow, beside messages; drawn as marks on every time axis. */
export const flowEventKinds = ['deploy', 'stop', 'crash', 'rebalance', 'pause', 'resume', 'canary', 'replay', 'retry', 'incident'] as const;
export type FlowEventKind = (typeof flowEventKinds)[number];

/** One thing that happened. */
export interface FlowEvent {
  flow: string;
  /** ms since 1970; `until` for what took time and is over. */
  at: number;
  until?: number;
  kind: FlowEventKind;
  /** For people: `Version 14 was deployed by Mira`. */
  sentence: string;
  who?: string;
  version?: number;
  /** Path of the studio's page about it. */
  link?: string;
}
