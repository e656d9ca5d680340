import { devopsIssuerHost, devopsIssuerRetires } from '../auth/federated-token.ts';
import type { CallContext } from '../base/call-context.ts';
import { counted } from '../base/counted.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { convertEndpoints } from './convert-endpoints.ts';
import type { ServiceConnectionParts } from './create/creation.ts';
import { convertibilityOf, describeEndpoint, failedTest, type ServiceConnection } from './describe-endpoint.ts';
import {
  type Endpoint,
  findEndpoint,
  isAzure,
  isScheme,
  type Project,
  type ProjectScope,
  projectOf,
  unknownEndpoint,
} from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { oldIssuerOf } from './old-issuer.ts';
import { type RemoveEndpoint, removeEndpoint } from './remove-endpoint.ts';
import {
  type ConvertServiceConnections,
  type CreateServiceConnection,
  type ListServiceConnections,
  serviceConnectionSchemes,
  unknownWord,
  type Verification,
} from './service-connection.ts';

/** Azure service connections of the Azure DevOps that a connection reaches. Failures are `AppError`s with hints. */
export function createServiceConnections(parts: ServiceConnectionParts) {
  return {
    /** `organization/project` by the name of the project and, as `alias`, by its id. Throws `not_found`. */
    async holderOf(scope: ProjectScope, call: CallContext) {
      const organization = parts.devops.organizationOf(scope);
      const { id, name } = await parts.endpoints.getProject(scope, call);
      return { holder: `${organization}/${name}`, alias: `${organization}/${id}` };
    },
    list: (input: ListServiceConnections, call: CallContext) => listServiceConnections(input, parts, call),
    async create(input: CreateServiceConnection, call: CallContext) {
      const { createServiceConnection } = await import('./create/create-service-connection.ts');
      return createServiceConnection(input, parts, call);
    },
    /** Never throws for a single connection: each has its outcome. */
    convert: (input: ConvertServiceConnections, call: CallContext) => convertEndpoints(input, parts, call),
    remove: (input: RemoveEndpoint, call: CallContext) => removeEndpoint(input, parts.endpoints, call),
  };
}

async function listServiceConnections(
  input: ListServiceConnections,
  parts: ServiceConnectionParts,
  call: CallContext,
): Promise<readonly ServiceConnection[]> {
  checkScheme(input.scheme);
  const { endpoints } = parts;
  const scope = projectOf(input);
  const project = await endpoints.getProject(scope, call);
  const isNamed = input.id !== undefined || input.name !== undefined;
  const known = await endpoints.list(scope, {}, call);
  const named = [input.id, input.name].flatMap((key) => (key === undefined ? [] : [theOne(known, key, project)]));
  const wanted = known
    // A connection asked for by name is shown, whatever its type.
    .filter((endpoint) => isNamed || isListed(endpoint))
    .filter((endpoint) => named.every((one) => one === endpoint) && isWanted(endpoint, project, input))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  noteOldIssuers(wanted, call);
  const tests = input.verify === true ? await verifyEndpoints(scope, wanted, parts, call) : undefined;
  return wanted.map((endpoint) => describeEndpoint(endpoint, project, tests?.get(endpoint.id)));
}

/** Connections to Azure, and those of other types whose issuer is about to be retired. */
function isListed(endpoint: Endpoint): boolean {
  return isAzure(endpoint) || oldIssuerOf(endpoint)?.in_scope === true;
}

function noteOldIssuers(shown: readonly Endpoint[], call: CallContext): void {
  const concerned = shown.filter((endpoint) => oldIssuerOf(endpoint)?.in_scope === true);
  if (concerned.length === 0) return;
  call.note(
    `Still on the issuer https://${devopsIssuerHost}, which is retired on ${devopsIssuerRetires}: ${counted(concerned.length, 'connection')}; old_issuer says what to do.`,
  );
}

function theOne(known: readonly Endpoint[], idOrName: string, project: Project): Endpoint {
  const found = findEndpoint(known, idOrName);
  if (found === undefined) throw unknownEndpoint(known, idOrName, project);
  return found;
}

function isWanted(endpoint: Endpoint, project: Project, { scheme, convertible }: ListServiceConnections): boolean {
  return (
    (scheme === undefined || isScheme(endpoint, scheme.trim())) &&
    (convertible === undefined || convertible === convertibilityOf(endpoint, project).convertible)
  );
}

/** Schemes of endpoints of other types. */
const otherSchemes = ['None', 'UsernamePassword', 'Token', 'Certificate', 'OAuth2'];

function checkScheme(scheme: string | undefined): void {
  const known = [...serviceConnectionSchemes, ...otherSchemes];
  if (scheme === undefined || known.some((one) => one.toLowerCase() === scheme.trim().toLowerCase())) return;
  throw unknownWord('scheme', scheme, known, serviceConnectionSchemes);
}

/** Tests at a time: for each, the service signs in and asks Azure. */
const testsAtOnce = 4;

/** No test starts with less time left, so that finished ones get into the answer. */
const leastTimeMs = 15_000;

/**
 * The service's own test of each connection, with progress. A test that fails to run is reported in its place; tests
 * that the call has no time for are left out, with a note.
 */
async function verifyEndpoints(
  scope: ProjectScope,
  tested: readonly Endpoint[],
  { endpoints, clock }: ServiceConnectionParts,
  call: CallContext,
): Promise<ReadonlyMap<string, Verification>> {
  const results = new Map<string, Verification>();
  const waiting = tested.values();
  const work = async () => {
    for (const endpoint of waiting) {
      if (call.signal.aborted || clock.now() > call.deadlineAt - leastTimeMs) return;
      const result = await verify(scope, endpoint, endpoints, call);
      if (result === undefined) return;
      results.set(endpoint.id, result);
      const message = `${quoted(endpoint.name)}: ${result.ok ? 'ok' : 'failed'}`;
      call.progress({ progress: results.size, total: tested.length, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(testsAtOnce, tested.length) }, work));
  if (results.size < tested.length) {
    call.note(
      `The time of the call ran out after ${results.size} of ${counted(tested.length, 'test')}: verify the others by id or name.`,
    );
  }
  return results;
}

/** Undefined when the call is over. */
async function verify(
  scope: ProjectScope,
  endpoint: Endpoint,
  endpoints: Endpoints,
  call: CallContext,
): Promise<Verification | undefined> {
  if (!isAzure(endpoint)) {
    return { ok: false, status: 'unsupported', message: `There is no test for the type ${quoted(endpoint.type)}.` };
  }
  try {
    return await endpoints.test(scope, endpoint, {}, call);
  } catch (error) {
    if (call.signal.aborted) return undefined;
    if (!(error instanceof AppError)) throw error;
    return failedTest(error);
  }
}
