/**
 * A message that a sink was asked for more than once before it took or refused it. Where the outcome of an earlier try is
 * not known, the world outside may have it twice.
 */
export interface Resend {
  flow: string;
  version: number;
  stage: string;
  /** The sink's node. */
  sink: string;
  /** Where the message stands in the sink's own topic. Offset as decimal text. */
  topic: string;
  partition: number;
  offset: string;
  /** Tries in all, the last one among them. */
  tries: number;
  /** Of the earlier tries, those that the other side may have taken all the same: no answer, or a broken connection. */
  unsure: number;
  /** Why the last of the earlier tries failed. */
  code: string;
  /** When it was settled, ms since 1970. */
  at: number;
}

/** A resend as it is shown: with the message that it is of. */
export interface ShownResend extends Resend {
  /** Where the message entered the flow, `topic/partition/offset`; absent when its record is gone. */
  origin?: string;
  key: string | null;
}
