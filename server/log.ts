import pino, { type Logger } from 'pino';

/** One JSON line per event on standard error; standard output is for people and for --json results. */
export function createLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      redact: { paths: ['req.headers.authorization', 'req.headers.cookie', 'secrets', '*.secret', '*.password'], censor: '…' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** The (level, message, fields) form that the runtime writes in. */
export function writeLog(log: Logger): (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void {
  return (level, message, fields = {}) => log[level](fields, message);
}
