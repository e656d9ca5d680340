import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { shownText } from '../base/clean-text.ts';
import { createRedactor, type Redactor } from '../secrets/secret.ts';

/** What a person may choose, the shortest log first. Nothing is worse than an error, so `fatal` means `error`. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
type WrittenLevel = Exclude<LogLevel, 'fatal' | 'silent'>;

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log on stderr. It redacts by itself: callers may pass what they have. */
export interface Logger extends Readonly<Record<WrittenLevel, (message: string, fields?: LogFields) => void>> {
  /** Cheap test before fields are put together. */
  isEnabled(level: WrittenLevel): boolean;
  /** Resolves when everything logged so far is written. */
  flush(): Promise<void>;
}

export interface LoggerOptions {
  /** Default `warn`. */
  readonly level?: LogLevel;
  /** Masks secrets; share it with the code that resolves secrets, so that it can register the values. */
  readonly redactor?: Redactor;
  /** Where lines go. Default stderr, written synchronously. */
  readonly destination?: DestinationStream;
}

interface Line {
  readonly level: WrittenLevel;
  readonly message: string;
  readonly fields: unknown;
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const { level: most = 'warn', redactor = createRedactor(), destination } = options;
  const limit = most === 'silent' ? -1 : Math.max(logLevels.indexOf(most), logLevels.indexOf('error'));
  let writer: PinoLogger | undefined;
  let loading: Promise<void> | undefined;
  let waiting: Line[] = [];
  const isEnabled = (level: WrittenLevel) => logLevels.indexOf(level) <= limit;

  const logAt = (level: WrittenLevel) => (message: string, fields?: LogFields) => {
    if (!isEnabled(level)) return;
    // Masked now and not when written: the fields may change, and nothing unmasked is kept.
    const line = { level, message: redactor.text(message), fields: redactor.value(fields ?? {}) };
    if (writer === undefined) {
      waiting.push(line);
      loading ??= load();
    } else {
      write(writer, line);
    }
  };

  /** Most runs log nothing, so pino is loaded for the first line. */
  const load = async () => {
    const { pino } = await import('pino');
    const settings = { level: 'trace', base: { name: 'tenantry' }, timestamp: pino.stdTimeFunctions.isoTime };
    const out = destination ?? pino.destination({ fd: 2, sync: true });
    // A line may quote what strangers wrote, and may be read on a terminal.
    const loaded = pino(settings, { write: (line: string) => out.write(shownText(line)) });
    for (const line of waiting) {
      write(loaded, line);
    }
    waiting = [];
    writer = loaded;
  };

  return {
    error: logAt('error'),
    warn: logAt('warn'),
    info: logAt('info'),
    debug: logAt('debug'),
    trace: logAt('trace'),
    isEnabled,
    async flush() {
      await loading;
    },
  };
}

function write(logger: PinoLogger, { level, message, fields }: Line): void {
  logger[level](fields, message);
}
