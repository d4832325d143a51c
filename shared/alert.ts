import type { AlertKind } from './incident.ts';

/** When a flow is expected to be at work. Times are of the clock in `zone` (an IANA name), `to` is exclusive. */
export interface WorkingHours {
  /** 1 is Monday, 7 is Sunday. */
  days: number[];
  /** `08:00`. */
  from: string;
  to: string;
  zone: string;
}

/** What a rule looks for, by kind. Shares are from 0 to 1. */
export type AlertCondition =
  /** A difference in the ledger that nothing explains and nobody has settled. */
  | { kind: 'ledger-gap' }
  /** So many dead letters of one node within the minutes; or at least five that are more than the share of at least ten that came in. */
  | { kind: 'dead-letter-rate'; minutes: number; count: number; share: number }
  /** The share filtered for one reason is so far above its share of the days before, of at least `atLeast` messages. */
  | { kind: 'filtered-share'; minutes: number; points: number; atLeast: number; usualHours: number }
  /** The oldest waiting message of a stage is older. */
  | { kind: 'behind'; minutes: number }
  /** No message has come in for so long; outside the working hours nothing is expected. */
  | { kind: 'silent'; minutes: number; hours?: WorkingHours | undefined }
  /** A stage has paused, or tries again for longer. */
  | { kind: 'sink-paused'; minutes: number }
  /** Messages that wait will be deleted within so long, or are. */
  | { kind: 'retention'; hours: number }
  /** The flow has failed, or was started again so often within ten minutes. */
  | { kind: 'flow-failed'; restarts: number }
  /** A scheduled comparison has found so many that are missing, or `extra`: also doubled or extra; or it could not be made. */
  | { kind: 'comparison-gaps'; atLeast: number; extra: boolean }
  /** A field is empty or missing in such a share of the newest messages of a source or sink, of at least so many. */
  | { kind: 'field-empty'; node: string; path: string; minutes: number; share: number; atLeast: number };

/** What to watch, where, and whom to tell. Times in ms since 1970. */
export interface AlertRule {
  id: string;
  name: string;
  /** Left out: all flows. */
  flow?: string | undefined;
  enabled: boolean;
  condition: AlertCondition;
  /** Ids of channels; empty: all there are. */
  channels: string[];
  /** Whether the end of an incident is told too. */
  tellEnd: boolean;
  /** An incident is over when its condition has not been met for so long. */
  calmSeconds: number;
  /** Until then nobody is told. Incidents open all the same, and what is open then is told afterwards. */
  mutedUntil?: number | undefined;
}

/** Where notifications go. Secrets stand under their names in the secrets, never here. */
export interface AlertChannel {
  id: string;
  name: string;
  enabled: boolean;
  /** Messages to this channel come no faster than this; what comes meanwhile goes in one message. */
  groupSeconds: number;
  to:
    | {
        kind: 'webhook';
        /** The address, or empty where the secret `urlSecret` holds it. */
        url: string;
        urlSecret?: string | undefined;
        /** Name of the secret that signs the body. */
        secret?: string | undefined;
      }
    | { kind: 'email'; addresses: string[] };
}

/** How the last messages to a channel fared. */
export interface ChannelHealth {
  /** ms since 1970 of the last that went through. */
  sentAt?: number;
  waiting: number;
  /** Given up in the last 24 hours. */
  failed: number;
  /** Why the last one did not go through, when it was the last. */
  lastError?: string;
}

/** The rules of a new workspace: on, for all flows, told to every channel. */
export const defaultRules: readonly AlertRule[] = [
  rule('ledger-gap', 'Ledger does not balance', { kind: 'ledger-gap' }),
  rule('dead-letters', 'Many dead letters', { kind: 'dead-letter-rate', minutes: 10, count: 20, share: 0.05 }),
  rule('filtered', 'Filtered more than usual', { kind: 'filtered-share', minutes: 30, points: 0.2, atLeast: 50, usualHours: 24 }),
  rule('behind', 'Behind in time', { kind: 'behind', minutes: 15 }),
  rule('sink', 'Sink paused or trying again', { kind: 'sink-paused', minutes: 5 }),
  rule('retention', 'Messages may be deleted before they are processed', { kind: 'retention', hours: 24 }),
  rule('flow', 'Flow failed', { kind: 'flow-failed', restarts: 3 }),
  rule('comparison', 'Comparison found gaps', { kind: 'comparison-gaps', atLeast: 1, extra: false }),
];

function rule(id: string, name: string, condition: AlertCondition): AlertRule {
  return { id: `default-${id}`, name, enabled: true, condition, channels: [], tellEnd: true, calmSeconds: 60 };
}

/** A condition of a kind with values that make sense, for a new rule. */
export function defaultCondition(kind: AlertKind): AlertCondition {
  if (kind === 'silent') return { kind: 'silent', minutes: 60 };
  if (kind === 'field-empty') return { kind, node: '', path: '', minutes: 60, share: 1, atLeast: 10 };
  const found = defaultRules.find(({ condition }) => condition.kind === kind);
  return found === undefined ? { kind: 'ledger-gap' } : { ...found.condition };
}

/** What each kind is called. */
export const alertTitles: Readonly<Record<AlertKind, string>> = {
  'ledger-gap': 'Ledger gap',
  'dead-letter-rate': 'Dead letters',
  'filtered-share': 'Filtered share',
  behind: 'Behind in time',
  silent: 'No messages',
  'sink-paused': 'Sink not ready',
  retention: 'Retention',
  'flow-failed': 'Flow failed',
  'comparison-gaps': 'Comparison',
  'field-empty': 'Empty field',
};

/** How grave an incident of a kind is: messages are lost or unexplained, or only late. */
export const alertLevels: Readonly<Record<AlertKind, 'error' | 'warning'>> = {
  'ledger-gap': 'error',
  'dead-letter-rate': 'error',
  'filtered-share': 'warning',
  behind: 'warning',
  silent: 'warning',
  'sink-paused': 'warning',
  retention: 'error',
  'flow-failed': 'error',
  'comparison-gaps': 'error',
  'field-empty': 'warning',
};

/** How grave the gravest of some incidents is; undefined of none. */
export function gravestOf(incidents: readonly { kind: AlertKind }[]): 'error' | 'warning' | undefined {
  if (incidents.length === 0) return undefined;
  return incidents.some(({ kind }) => alertLevels[kind] === 'error') ? 'error' : 'warning';
}
