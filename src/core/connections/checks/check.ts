import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import type { TokenService } from '../../base/clouds.ts';
import type { AccessToken } from '../../http/token-source.ts';
import type { LinkedServices } from '../../linked-services/linked-service.ts';
import type { CheckResult, ConnectionRecord, SecretField } from '../../record/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { OpenConnection } from '../open-connection.ts';

/** What earlier checks found out and later ones use. One per validation. */
export interface CheckFindings {
  readonly tokens: Map<TokenService, AccessToken>;
  /** A service or the authority said that the credential itself is not good. */
  credentialRefused: boolean;
  /** End of a secret's life as the directory knows it, ISO 8601. */
  readonly secretExpiry: Map<SecretField, string>;
}

export interface CheckContext {
  readonly record: ConnectionRecord;
  readonly connection: OpenConnection;
  readonly call: CallContext;
  readonly clock: Clock;
  readonly readSecret: (field: SecretField) => Promise<Secret>;
  readonly findings: CheckFindings;
  readonly linkedServices: LinkedServices;
}

/** One question that a validation asks about a connection. */
export interface ValidationCheck {
  /** Name for `checks` and the beginning of its lines' names. */
  readonly name: string;
  /** Usually one line; no line when the question does not arise. Failures of the service are lines, not exceptions. */
  run(context: CheckContext): Promise<readonly CheckResult[]>;
}
