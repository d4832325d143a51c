/** The bounds of one evaluation. All are on by default; each has its own error. */
export interface Limits {
  /** Units of work: one for each item visited or function entered; built-ins charge by size. Error M1002. */
  steps: number;
  /** Function calls inside function calls, tail calls not counted. Error D1011. */
  depth: number;
  /** Items of one list. Error D2015 (a range above ten million: D2014). */
  sequence: number;
  /** UTF-16 units of one text. Error M1003. */
  string: number;
  /** Size of the result: its values and the characters of its texts. Error M1004. */
  output: number;
  /** UTF-16 units of a text given to a regular expression. Error M1006. */
  subject: number;
}

/** What an evaluation may use unless told otherwise. */
export const defaultLimits: Limits = {
  steps: 30_000_000,
  depth: 10_000,
  sequence: 10_000_000,
  string: 16_777_216,
  output: 50_000_000,
  subject: 1_000_000,
};

/** Bounds for one message of a flow: some 300 ms of work and a list of a million items, so that one message cannot starve it. */
export const messageLimits = { steps: 5_000_000, sequence: 1_000_000 };
