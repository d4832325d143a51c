/** What an alert can be about. */
export const alertKinds = [
  'ledger-gap',
  'dead-letter-rate',
  'filtered-share',
  'behind',
  'silent',
  'sink-paused',
  'retention',
  'flow-failed',
  'comparison-gaps',
  'field-empty',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Something that goes on until it is over: one incident, however often its rule is met. Times in ms since 1970. */
export interface Incident {
  id: string;
  kind: AlertKind;
  /** The rule that it met. */
  rule: string;
  flow: string;
  node?: string;
  stage?: string;
  since: number;
  /** Set when it is over. */
  until?: number;
  /** For people: what, where, what next. */
  sentence: string;
  /** Path of the studio's page where to look. */
  link: string;
  acknowledged?: { at: number; who: string };
}
