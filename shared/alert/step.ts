import type { AlertRule } from '../alert.ts';
import type { Incident } from '../incident.ts';
import type { Finding } from './facts.ts';

/** An incident that goes on, as the watcher keeps it. Times in ms since 1970. */
export interface OpenIncident extends Incident {
  /** What of the flow it is about; with rule and flow it names the incident while it is open. */
  subject: string;
  /** Since when its condition is not met any more. */
  calmSince?: number | undefined;
  /** Whether its start was told, or was to be told to nobody. */
  told: boolean;
}

/** What one look at one flow changes. */
export interface IncidentStep {
  opened: Omit<OpenIncident, 'id'>[];
  /** Of open ones: another sentence, calm or not, told. */
  changed: OpenIncident[];
  closed: OpenIncident[];
  /** Whose start is to be told now: of `opened` by place in that list, of the others by id. */
  tell: { opened: number[]; ids: string[] };
}

/**
 * Compares what one rule finds at one flow with its open incidents there. Pure. One incident per subject: it opens when its
 * condition is met, stays while it is met or near, and closes after `calmSeconds` without.
 */
export function step(
  rule: AlertRule,
  flow: string,
  open: readonly OpenIncident[],
  findings: readonly Finding[],
  now: number,
): IncidentStep {
  const result: IncidentStep = { opened: [], changed: [], closed: [], tell: { opened: [], ids: [] } };
  const muted = rule.mutedUntil !== undefined && rule.mutedUntil > now;
  const bySubject = new Map(findings.map((finding) => [finding.subject, finding]));
  const known = new Set<string>();
  for (const incident of open) {
    known.add(incident.subject);
    const finding = bySubject.get(incident.subject);
    if (finding === undefined) {
      const calmSince = incident.calmSince ?? now;
      // A rule that is off or gone has nothing more to say: at once.
      const over = !rule.enabled || now - calmSince >= rule.calmSeconds * 1000;
      if (over) result.closed.push({ ...incident, calmSince, until: now });
      else if (incident.calmSince === undefined) result.changed.push({ ...incident, calmSince });
      continue;
    }
    const tell = !incident.told && !muted && finding.level === 'met';
    if (tell) result.tell.ids.push(incident.id);
    const { calmSince: _calmSince, ...rest } = incident;
    const sentence = finding.level === 'met' ? finding.sentence : incident.sentence;
    const link = finding.level === 'met' ? finding.link : incident.link;
    if (tell || incident.calmSince !== undefined || sentence !== incident.sentence || link !== incident.link)
      result.changed.push({ ...rest, sentence, link, told: incident.told || tell });
  }
  for (const { subject, level, sentence, link, node, stage } of bySubject.values()) {
    if (known.has(subject) || level !== 'met') continue;
    if (!muted) result.tell.opened.push(result.opened.length);
    result.opened.push({
      kind: rule.condition.kind,
      rule: rule.id,
      flow,
      subject,
      ...(node !== undefined && { node }),
      ...(stage !== undefined && { stage }),
      since: now,
      sentence,
      link,
      told: !muted,
    });
  }
  return result;
}
