import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { conversion } from './credential-rules.ts';
import { type Obstacle, obstacleToConversion, obstacleToRevert } from './describe-endpoint.ts';
import {
  type Endpoint,
  findEndpoint,
  isScheme,
  type Project,
  type ProjectScope,
  projectOf,
  readText,
  unknownEndpoint,
  withoutText,
} from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import type { ConversionOutcome, ConvertServiceConnections } from './service-connection.ts';

interface ConversionParts {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
}

/** Conversions at a time: each takes seconds to minutes, and the service limits each identity. */
const atOnce = 8;

/** No conversion starts with less time left, so that each one can be followed to its end. */
const leastTimeMs = 20_000;

/** Failures that would hit every other connection as well. */
const stopping = new Set(['unauthenticated', 'configuration', 'refused', 'throttled']);

const again = 'Call again for the rest: finished ones are skipped.';

const afterFailure = 'Look at the service connection in the project settings (Service connections), then call again.';

/** One connection of the call, judged before anything is sent. */
interface Candidate {
  readonly endpoint: Endpoint;
  readonly obstacle: (Obstacle & { readonly isExpired?: boolean }) | undefined;
}

/**
 * Converts connections, or takes conversions back. Each is read, changed and read again, so that it ends in a known
 * state even if an answer is lost; a second call continues from what the first one did.
 */
export async function convertEndpoints(
  input: ConvertServiceConnections,
  parts: ConversionParts,
  call: CallContext,
): Promise<readonly ConversionOutcome[]> {
  const scope = projectOf(input);
  const project = await parts.endpoints.getProject(scope, call);
  const endpoints = await parts.endpoints.list(scope, input.ids ? {} : { type: 'azurerm' }, call);
  const run = new Conversion({ ...parts, scope, project, input, call });
  if (input.ids === undefined) return run.all(endpoints.toSorted((one, other) => one.name.localeCompare(other.name)));
  const asked = new Map(input.ids.map((given) => [given, findEndpoint(endpoints, given)]));
  const chosen = [...new Set([...asked.values()].filter((found) => found !== undefined))];
  const outcomes = new Map((await run.all(chosen)).map((outcome, index) => [chosen[index], outcome]));
  // In the order of the ids; a connection named twice has one outcome.
  const answers = [...asked].map(
    ([given, found]) => outcomes.get(found) ?? failedUnknown(given, unknownEndpoint(endpoints, given, project)),
  );
  return [...new Set(answers)];
}

interface ConversionOptions extends ConversionParts {
  readonly scope: ProjectScope;
  readonly project: Project;
  readonly input: ConvertServiceConnections;
  readonly call: CallContext;
}

class Conversion {
  readonly #options: ConversionOptions;
  readonly #wanted: string;
  readonly #done: 'converted' | 'reverted';
  /** Why no further conversion starts. */
  #stop: Obstacle | undefined;

  constructor(options: ConversionOptions) {
    this.#options = options;
    const isRevert = options.input.revert === true;
    this.#wanted = isRevert ? conversion.from : conversion.to;
    this.#done = isRevert ? 'reverted' : 'converted';
  }

  async all(endpoints: readonly Endpoint[]): Promise<readonly ConversionOutcome[]> {
    const { call } = this.#options;
    const outcomes: ConversionOutcome[] = [];
    const waiting = endpoints.entries();
    let done = 0;
    const work = async () => {
      for (const [index, endpoint] of waiting) {
        const outcome = await this.#one(this.#judge(endpoint));
        outcomes[index] = outcome;
        done += 1;
        call.progress({
          progress: done,
          total: endpoints.length,
          message: `${quoted(endpoint.name)}: ${outcome.outcome}`,
        });
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, endpoints.length) }, work));
    return outcomes;
  }

  #judge(endpoint: Endpoint): Candidate {
    const { input, project, clock } = this.#options;
    const obstacle =
      input.revert === true
        ? obstacleToRevert(endpoint, project, clock.now())
        : obstacleToConversion(endpoint, project);
    return { endpoint, obstacle };
  }

  async #one({ endpoint, obstacle }: Candidate): Promise<ConversionOutcome> {
    if (obstacle !== undefined) return this.#hindered(endpoint, obstacle);
    if (this.#options.input.dryRun === true) {
      return outcomeOf(endpoint, this.#done === 'converted' ? 'would_convert' : 'would_revert');
    }
    const stop = this.#reasonToStop();
    if (stop !== undefined) return outcomeOf(endpoint, 'not_started', stop);
    let fresh: Endpoint | undefined;
    try {
      fresh = await this.#read(endpoint.id);
    } catch (error) {
      return this.#unread(endpoint, error);
    }
    if (fresh === undefined) {
      return outcomeOf(endpoint, 'skipped', { reason: 'It has been deleted in the meantime.' }, null);
    }
    // Another call may have changed it since the list was read.
    const now = this.#judge(fresh);
    return now.obstacle === undefined ? this.#send(fresh) : this.#hindered(fresh, now.obstacle);
  }

  /** An expired revert fails if the connection was named; in a call for all it is skipped. */
  #hindered(endpoint: Endpoint, { isExpired, ...obstacle }: Obstacle & { isExpired?: boolean }): ConversionOutcome {
    const isAskedFor = this.#options.input.ids !== undefined;
    return outcomeOf(endpoint, isExpired === true && isAskedFor ? 'failed' : 'skipped', obstacle);
  }

  #reasonToStop(): Obstacle | undefined {
    const { call, clock } = this.#options;
    if (call.signal.aborted) return { reason: 'The call ended before its turn.', hint: again };
    if (clock.now() > call.deadlineAt - leastTimeMs) {
      return { reason: 'The call had too little time left for another one.', hint: again };
    }
    return this.#stop;
  }

  /** The current state, with everything that an update sends back. */
  async #read(id: string): Promise<Endpoint | undefined> {
    const { endpoints, scope, call } = this.#options;
    const [found] = await endpoints.list(scope, { ids: [id] }, call);
    return found;
  }

  async #send(endpoint: Endpoint): Promise<ConversionOutcome> {
    const { endpoints, scope, call } = this.#options;
    let refusal: unknown;
    try {
      const operation = { operation: 'ConvertAuthenticationScheme' };
      await endpoints.update(scope, withScheme(endpoint, this.#wanted), operation, call);
    } catch (error) {
      refusal = error;
    }
    // A cancelled call sends nothing more, not even a read.
    return call.signal.aborted ? this.#unseen(endpoint, refusal) : this.#settle(endpoint, refusal);
  }

  /** Reads the result of the change: its answer may have been lost, or be wrong. */
  async #settle(endpoint: Endpoint, refusal: unknown): Promise<ConversionOutcome> {
    const { endpoints, scope, call } = this.#options;
    let seen: Endpoint;
    try {
      seen = await endpoints.waitUntilReady(scope, endpoint.id, call);
    } catch (error) {
      return this.#unsettled(endpoint, refusal, error);
    }
    if (isScheme(seen, this.#wanted)) return outcomeOf(seen, this.#done);
    this.#noteStopping(refusal);
    return outcomeOf(seen, 'failed', unchanged(refusal));
  }

  #unsettled(endpoint: Endpoint, refusal: unknown, error: unknown): ConversionOutcome {
    if (error instanceof AppError && error.detail?.['state'] === 'Failed') {
      // It may be the failure of an earlier attempt: the answer to this one counts.
      const isRefused = refusal instanceof AppError && refusal.code !== 'outcome_unknown';
      const obstacle = isRefused ? told(refusal) : { reason: error.message, hint: afterFailure };
      return outcomeOf(endpoint, 'failed', obstacle, String(error.detail['scheme'] ?? ''));
    }
    if (error instanceof AppError && error.code === 'not_found') {
      return outcomeOf(endpoint, 'failed', told(error), null);
    }
    this.#noteStopping(error);
    return this.#unseen(endpoint, refusal ?? error);
  }

  /** The result is unknown; the next call will find it. */
  #unseen(endpoint: Endpoint, error: unknown): ConversionOutcome {
    const why = error === undefined ? 'The call ended before it could be read.' : told(error).reason;
    const reason = `It may have been ${this.#done}. ${why}`;
    const hint = 'Call again: finished ones are skipped, the others are tried again.';
    return outcomeOf(endpoint, 'unknown', { reason, hint }, null);
  }

  /** Nothing was sent for it. */
  #unread(endpoint: Endpoint, error: unknown): ConversionOutcome {
    if (this.#options.call.signal.aborted) return outcomeOf(endpoint, 'not_started', this.#reasonToStop());
    this.#noteStopping(error);
    return outcomeOf(endpoint, 'failed', told(error));
  }

  #noteStopping(error: unknown): void {
    if (!(error instanceof AppError) || !(stopping.has(error.code) || error.status === 401)) return;
    this.#stop ??= { ...told(error), reason: `No further conversion was started after a failure: ${error.message}` };
  }
}

/** Why a connection is unchanged, after its state was read. */
function unchanged(refusal: unknown): Obstacle {
  if (refusal === undefined) {
    return { reason: 'The service accepted the change and did not carry it out.', hint: again };
  }
  const isLookedUp = refusal instanceof AppError && refusal.code === 'outcome_unknown';
  if (!isLookedUp) return told(refusal);
  const status = refusal.status === undefined ? 'its answer was lost' : `it answered ${refusal.status}`;
  return { reason: `The service did not carry it out (${status}); the connection is unchanged.`, hint: again };
}

/** The endpoint as it was read, with another scheme. https://aka.ms/azdo-rm-workload-identity-conversion */
function withScheme(endpoint: Endpoint, scheme: string): Endpoint {
  return {
    ...endpoint,
    authorization: { ...endpoint.authorization, scheme },
    data: withoutText(endpoint.data, 'revertSchemeDeadline'),
  };
}

/** A connection asked for by a wrong name must not look converted. */
function failedUnknown(idOrName: string, { message, hint }: AppError): ConversionOutcome {
  return withoutUndefined({ id: idOrName, name: idOrName, outcome: 'failed' as const, reason: message, hint });
}

/** `scheme`: that of the endpoint unless given; null when it is not known. */
function outcomeOf(
  endpoint: Endpoint,
  outcome: ConversionOutcome['outcome'],
  obstacle: Obstacle | undefined = undefined,
  scheme: string | null = endpoint.authorization.scheme,
): ConversionOutcome {
  return withoutUndefined({
    id: endpoint.id,
    name: endpoint.name,
    outcome,
    scheme: scheme ?? undefined,
    reason: obstacle?.reason,
    hint: obstacle?.hint,
    revert_deadline: scheme === null ? undefined : readText(endpoint.data, 'revertSchemeDeadline'),
  });
}

/** A failure as the reason of an outcome. */
function told(error: unknown): Obstacle {
  if (!(error instanceof AppError)) return { reason: 'An unexpected failure.' };
  return withoutUndefined({ reason: error.message, hint: error.hint });
}
