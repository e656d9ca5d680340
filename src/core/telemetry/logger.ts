import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { createRedactor, type Redactor } from '../secrets/secret.ts';

/** What a person may choose, the shortest log first. Nothing is worse than an error, so `fatal` is as good as `error`. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
type WrittenLevel = Exclude<LogLevel, 'fatal' | 'silent'>;

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log on stderr. Redaction happens inside: callers may pass what they have. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** Cheap test before fields are put together. */
  isEnabled(level: WrittenLevel): boolean;
  /** Resolves when everything logged so far is written. */
  flush(): Promise<void>;
}

export interface LoggerOptions {
  /** Default `warn`. */
  readonly level?: LogLevel;
  /** Masks secrets; share it with whoever resolves secrets, so that they can register the values. */
  readonly redactor?: Redactor;
  /** Where lines go. Default stderr, written synchronously. */
  readonly destination?: DestinationStream;
}

interface Line {
  readonly level: WrittenLevel;
  readonly message: string;
  readonly fields: unknown;
}

class RedactingLogger implements Logger {
  readonly #limit: number;
  readonly #redactor: Redactor;
  readonly #destination: DestinationStream | undefined;
  #pino: PinoLogger | undefined;
  #loading: Promise<void> | undefined;
  #waiting: Line[] = [];

  constructor({ level = 'warn', redactor = createRedactor(), destination }: LoggerOptions) {
    this.#limit = level === 'silent' ? -1 : Math.max(logLevels.indexOf(level), logLevels.indexOf('error'));
    this.#redactor = redactor;
    this.#destination = destination;
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  trace(message: string, fields?: LogFields): void {
    this.#log('trace', message, fields);
  }

  isEnabled(level: WrittenLevel): boolean {
    return logLevels.indexOf(level) <= this.#limit;
  }

  async flush(): Promise<void> {
    await this.#loading;
  }

  #log(level: WrittenLevel, message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return;
    // Masked now and not when written: the fields may change, and nothing unmasked is kept.
    const line = { level, message: this.#redactor.text(message), fields: this.#redactor.value(fields ?? {}) };
    if (this.#pino === undefined) {
      this.#waiting.push(line);
      this.#loading ??= this.#load();
    } else {
      write(this.#pino, line);
    }
  }

  /** Most runs log nothing, so pino is loaded for the first line. */
  async #load(): Promise<void> {
    const { pino } = await import('pino');
    const options = { level: 'trace', base: { name: 'tenantry' }, timestamp: pino.stdTimeFunctions.isoTime };
    const logger = pino(options, this.#destination ?? pino.destination({ fd: 2, sync: true }));
    for (const line of this.#waiting) {
      write(logger, line);
    }
    this.#waiting = [];
    this.#pino = logger;
  }
}

function write(logger: PinoLogger, { level, message, fields }: Line): void {
  logger[level](fields, message);
}

export function createLogger(options: LoggerOptions = {}): Logger {
  return new RedactingLogger(options);
}
