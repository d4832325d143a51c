/** Where the client's log lines go; the shape of pino's methods with the text first. */
export interface KafkaLog {
  debug?(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** A log that says nothing. */
export const silentLog: KafkaLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
