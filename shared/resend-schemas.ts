import { z } from 'zod';
import { name } from './api-schemas.ts';
import type { ShownResend } from './resend.ts';

/** Answers of the routes of resends, in the manner of api-schemas.ts. */

const text = z.string();
const number = z.number();

/** What the route of a flow's resends answers. */
export interface ResendReport {
  since: number;
  until: number;
  sinks: { sink: string; messages: number; unsure: number }[];
  /** Newest first. */
  messages: ShownResend[];
}

export const resendReportSchema = name<ResendReport>(
  'ResendReport',
  z.object({
    since: number,
    until: number,
    sinks: z.array(z.object({ sink: text, messages: number, unsure: number })),
    messages: z.array(
      z.object({
        flow: text,
        version: number,
        stage: text,
        sink: text,
        topic: text,
        partition: number,
        offset: text,
        tries: number,
        unsure: number,
        code: text,
        at: number,
        origin: z.exactOptional(text),
        key: text.nullable(),
      }),
    ),
  }),
);
