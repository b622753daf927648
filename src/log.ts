import { createLogger, format, transports, type Logger } from 'winston';

/** JSON lines on stderr: stdout belongs to what a command prints. Facts go in as fields; bodies, names, numbers and tokens never do. */
export const createLog = (level: string): Logger => createLogger({
  level,
  format: format.combine(format.timestamp(), format.json()),
  transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
});

export type { Logger };
