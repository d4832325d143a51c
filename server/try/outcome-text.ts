import { stringifyJson } from '#shared/json.ts';
import type { TrialRecord } from '#shared/trial.ts';
import type { TrialOutcome } from './trial.ts';

/** How outcomes are written. */
export interface OutcomeText {
  valueLimit?: number | undefined;
  sinksOnly?: boolean | undefined;
}

/** Outcomes as the JSON text of a list; long values are cut, and marked with the length that they had. */
export function writeOutcomes(outcomes: readonly TrialOutcome[], options: OutcomeText): string {
  return `[${outcomes.map((outcome) => writeOutcome(outcome, options)).join(',')}]`;
}

function writeOutcome({ records, ...rest }: TrialOutcome, { valueLimit, sinksOnly }: OutcomeText): string {
  const kept = sinksOnly ? records.filter(({ port }) => port === 'in') : records;
  const texts = kept.map((record) => writeRecord(record, valueLimit ?? Number.POSITIVE_INFINITY));
  return `${stringifyJson(rest)?.slice(0, -1)},"records":[${texts.join(',')}]}`;
}

function writeRecord({ value, text, sends, ...rest }: TrialRecord, most: number): string {
  const json = stringifyJson(value) ?? 'null';
  const head = stringifyJson(rest)?.slice(0, -1);
  const whole = text ?? json;
  const cut = whole.length > most;
  const parts = [
    `"value":${cut ? JSON.stringify(beginning(whole, most)) : json}`,
    ...(cut ? [`"truncated":${whole.length}`] : text === undefined ? [] : [`"text":${JSON.stringify(text)}`]),
    ...(sends === undefined ? [] : [`"sends":${writeSends(sends, most)}`]),
  ];
  return `${head},${parts.join(',')}}`;
}

function writeSends(sends: { what: string; data: unknown }, most: number): string {
  const json = stringifyJson(sends) ?? 'null';
  return json.length <= most ? json : JSON.stringify({ what: beginning(sends.what, 500), data: beginning(json, most) });
}

function beginning(text: string, most: number): string {
  // Not between the two halves of a character beyond U+FFFF.
  return text.slice(0, /[\uD800-\uDBFF]/.test(text[most - 1] ?? '') ? most - 1 : most);
}
