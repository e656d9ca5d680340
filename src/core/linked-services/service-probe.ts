import type { ApiConnection } from '../apis/api-connection.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, cancelled } from '../base/errors.ts';
import { member, textOf } from '../base/guards.ts';
import type { ProxyFor } from '../http/proxy.ts';
import type { Assignee } from '../identities/role-commands.ts';
import { isNowhere } from './endpoint.ts';
import { type DataPlaneClient, type LinkedService, type ProbeStage, skip } from './linked-service.ts';

/** Who the connection is according to its token. */
export interface Principal extends Assignee {
  readonly tenantId: string | undefined;
  /** See `TokenClaims.name`. */
  readonly name: string | undefined;
}

/** What a probe of one service works with. */
export interface ProbeContext {
  readonly connection: ApiConnection;
  readonly service: LinkedService;
  /** Bounded: ends with the call, or when the probe has taken too long. */
  readonly call: CallContext;
  readonly clock: Clock;
  readonly principal: Principal;
  /** The proxy that leads to an address, for what is not spoken over HTTP. */
  readonly proxyFor: ProxyFor;
  /** Token for the data plane; hosts that may have it were checked before. */
  token(): Promise<string>;
  /** Requests to the data plane over HTTP, through the pipeline. */
  readonly http: DataPlaneClient;
}

/** The smallest harmless call to one kind of service. */
export interface ServiceProbe {
  /** What the properties from ARM say about usability; `fail` ends the probe before anything is sent. */
  inspect(service: LinkedService): ProbeStage;
  /** Talks to the data plane: the stages `network` and `authorize`. */
  reach(context: ProbeContext): Promise<readonly ProbeStage[]>;
}

/**
 * The stages for a service without HTTP in a cloud where nothing listens for it (a sandbox): they say nothing about
 * access. Undefined where a server exists.
 */
export function nobodyThere({ service, connection }: ProbeContext): readonly ProbeStage[] | undefined {
  if (!isNowhere(service.endpoint)) return undefined;
  const why = `the cloud ${connection.cloud.name} has no such server, the service can only be discovered in it.`;
  return [skip('network', `Not tried: ${why}`, { code: 'no_server' }), skip('authorize', `Not tried: ${why}`)];
}

/** The result, or undefined when reading was refused: nothing is known then, and the probe does not fail. */
export async function unlessRefused<Result>(
  read: () => Promise<Result>,
  { signal }: CallContext,
): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof AppError && error.code !== 'cancelled' && !signal.aborted) return undefined;
    throw error;
  }
}

/** Names of a service's child resources in ARM: about as many as asked for; none if ARM refuses. */
export async function childNames(
  { connection, service, call }: ProbeContext,
  child: string,
  maxItems: number,
): Promise<readonly string[]> {
  const names: string[] = [];
  await unlessRefused(async () => {
    const request = { method: 'GET', path: `${service.id}/${child}` } as const;
    for await (const { items } of connection.arm.pages(request, { maxItems }, call)) {
      names.push(...items.map((item) => textOf(member(item, 'name'))));
    }
  }, call);
  return names.filter((name) => name !== '');
}

/** The outcome of the work, or `cancelled` as soon as the signal aborts, whatever a library still waits for. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let giveUp = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(cancelled(signal.reason));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
