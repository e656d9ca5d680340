import { systemClock } from '../core/base/clock.ts';
import { createKnownSecrets, createRedactor, type HideSecret, hideIn } from '../core/secrets/secret.ts';
import { createLogger } from '../core/telemetry/logger.ts';
import { createOpenTelemetry } from '../core/telemetry/telemetry.ts';
import type { Runtime } from './runtime.ts';
import type { RuntimeOptions } from './runtime-options.ts';

/** What is at hand from the start, and what all other parts share. */
export interface Base extends Pick<Runtime, 'clock' | 'clouds' | 'declared' | 'logger' | 'telemetry' | 'secrets'> {
  readonly options: RuntimeOptions;
  readonly userAgent: string;
  /** Hides what callers pass in from answers and from the log. */
  readonly hide: HideSecret;
  /** The same for what a vault, a reference or a person holds: nothing that callers pass in pushes it out. */
  readonly hideKept: HideSecret;
  /** The same for tokens and for what a connection signs in with; the connection is the owner. */
  readonly hideInUse: HideSecret;
}

export function createBase(options: RuntimeOptions): Base {
  const { config, embedded, version } = options;
  const secrets = createKnownSecrets();
  const redactor = createRedactor();
  return {
    options,
    clock: options.clock ?? embedded?.clock ?? systemClock,
    clouds: embedded ? new Map([...config.clouds, [embedded.cloud.name, embedded.cloud]]) : config.clouds,
    // The name of the sandbox must not lead to anything else.
    declared: embedded
      ? [embedded.connection, ...config.connections.filter(({ name }) => name !== embedded.connection.name)]
      : config.connections,
    logger: createLogger({ level: config.logLevel, redactor }),
    telemetry: options.telemetry ?? createOpenTelemetry(version),
    userAgent: `tenantry/${version}`,
    secrets,
    hide: hideIn(secrets, redactor, 'passed'),
    hideKept: hideIn(secrets, redactor, 'kept'),
    hideInUse: hideIn(secrets, redactor, 'in_use'),
  };
}
