import { alertTitles } from '../alert.ts';
import type { Incident } from '../incident.ts';

/** The start or the end of an incident, as it is told. */
export interface Told {
  phase: 'start' | 'end';
  incident: Incident;
  /** What people call the flow. */
  flowName: string;
  ruleName: string;
}

/** One message to a channel. `id` is the same at every attempt: a receiver that keeps it takes the message once. */
export interface NoticeMessage {
  id: string;
  /** ms since 1970. */
  at: number;
  told: readonly Told[];
  /** How many more there are than `told` lists. */
  more: number;
}

/** Most incidents that one message describes. */
export const mostTold = 20;

/** The body of a webhook. `text` reads well in chat programs. */
export function webhookBody({ id, at, told, more }: NoticeMessage, url: string): Record<string, unknown> {
  return {
    id,
    at: new Date(at).toISOString(),
    text: [subjectOf(told, more), ...told.map((one) => `${lineOf(one)} ${url}${one.incident.link}`)].join('\n'),
    incidents: told.map(({ phase, incident, flowName, ruleName }) => ({
      phase,
      id: incident.id,
      kind: incident.kind,
      rule: ruleName,
      flow: incident.flow,
      flowName,
      ...(incident.node !== undefined && { node: incident.node }),
      ...(incident.stage !== undefined && { stage: incident.stage }),
      since: new Date(incident.since).toISOString(),
      ...(incident.until !== undefined && { until: new Date(incident.until).toISOString() }),
      sentence: incident.sentence,
      url: url + incident.link,
    })),
    more,
  };
}

/** Subject and text of a mail. */
export function mailOf({ told, more }: NoticeMessage, url: string): { subject: string; text: string } {
  const parts = told.map((one) => `${lineOf(one)}\n${url}${one.incident.link}`);
  if (more > 0) parts.push(`And ${more} more: ${url}/alerts`);
  return {
    subject: `[Millrace] ${subjectOf(told, more)}`.replaceAll(/[\r\n]+/g, ' '),
    text: `${parts.join('\n\n')}\n\nAll incidents: ${url}/alerts\n`,
  };
}

function subjectOf(told: readonly Told[], more: number): string {
  const [first] = told;
  if (told.length + more === 1 && first) {
    const what = alertTitles[first.incident.kind];
    return first.phase === 'start' ? `${first.flowName}: ${what}` : `${first.flowName}: over: ${what}`;
  }
  const starts = told.filter(({ phase }) => phase === 'start').length;
  const ends = told.length - starts;
  const words = [starts > 0 ? `${starts} new` : '', ends > 0 ? `${ends} over` : '', more > 0 ? `${more} more` : ''].filter(
    (word) => word !== '',
  );
  return `${told.length + more} incidents: ${words.join(', ')}`;
}

function lineOf({ phase, incident, flowName, ruleName }: Told): string {
  const lasted = Math.max(1, Math.round(((incident.until ?? incident.since) - incident.since) / 60_000));
  if (phase === 'end') return `Over after ${lasted} min, ${flowName}, ${ruleName}: ${incident.sentence}`;
  return `${flowName}, ${ruleName}: ${incident.sentence}`;
}
