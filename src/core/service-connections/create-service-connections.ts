import type { CallContext } from '../base/call-context.ts';
import { counted } from '../base/counted.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { convertEndpoints } from './convert-endpoints.ts';
import type { ServiceConnectionParts } from './create/creation.ts';
import { convertibilityOf, describeEndpoint } from './describe-endpoint.ts';
import {
  type Endpoint,
  findEndpoint,
  isAzure,
  isScheme,
  type Project,
  type ProjectScope,
  unknownEndpoint,
} from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';
import { removeEndpoint } from './remove-endpoint.ts';
import {
  type ListServiceConnections,
  type ServiceConnection,
  type ServiceConnections,
  serviceConnectionSchemes,
  type Verification,
} from './service-connection.ts';
import { failedTest } from './test-result.ts';

/** Azure service connections of the Azure DevOps that a connection reaches. */
export function createServiceConnections(parts: ServiceConnectionParts): ServiceConnections {
  return {
    list: (input, call) => listServiceConnections(input, parts, call),
    async create(input, call) {
      const { createServiceConnection } = await import('./create/create-service-connection.ts');
      return createServiceConnection(input, parts, call);
    },
    convert: (input, call) => convertEndpoints(input, parts, call),
    remove: (input, call) => removeEndpoint(input, parts.endpoints, call),
  };
}

async function listServiceConnections(
  input: ListServiceConnections,
  parts: ServiceConnectionParts,
  call: CallContext,
): Promise<readonly ServiceConnection[]> {
  checkScheme(input.scheme);
  const { endpoints } = parts;
  const scope: ProjectScope = withoutUndefined({ organization: input.organization, project: input.project });
  const project = await endpoints.getProject(scope, call);
  const isNamed = input.id !== undefined || input.name !== undefined;
  // One that is asked for by name is shown, whatever its type is.
  const known = await endpoints.list(scope, isNamed ? {} : { type: 'azurerm' }, call);
  const named = [input.id, input.name].flatMap((key) => (key === undefined ? [] : [theOne(known, key, project)]));
  const wanted = known
    .filter((endpoint) => named.every((one) => one === endpoint) && isWanted(endpoint, project, input))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  const tests = input.verify === true ? await verifyEndpoints(scope, wanted, parts, call) : undefined;
  return wanted.map((endpoint) => describeEndpoint(endpoint, project, tests?.get(endpoint.id)));
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

/** Schemes that endpoints of other types have, beside those of Azure connections. */
const otherSchemes = ['None', 'UsernamePassword', 'Token', 'Certificate', 'OAuth2'];

function checkScheme(scheme: string | undefined): void {
  const known = [...serviceConnectionSchemes, ...otherSchemes];
  if (scheme === undefined || known.some((one) => one.toLowerCase() === scheme.trim().toLowerCase())) return;
  const meant = nearest(scheme, known);
  throw invalidArgument(
    `scheme: there is no ${JSON.stringify(scheme.slice(0, 60))}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    `Use one of ${serviceConnectionSchemes.join(', ')}.`,
  );
}

/** The service signs in and asks Azure for each; it takes few of these at once. */
const testsAtOnce = 4;

/** No test is begun with less time left, so that the answer arrives with those that were made. */
const leastTimeMs = 15_000;

/**
 * The service's own test of each connection, with progress. A test that cannot be made is told in its place; those that
 * the time of the call does not suffice for are left out, and a note says so.
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
      const message = `${endpoint.name}: ${result.status}`;
      call.progress({ progress: results.size, total: tested.length, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(testsAtOnce, tested.length) }, work));
  if (results.size < tested.length) {
    call.note(
      `The time of the call was up after ${results.size} of ${counted(tested.length, 'test')}: verify the others by id or name.`,
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
    return { ok: false, status: 'unsupported', message: `There is no test for the type ${endpoint.type}.` };
  }
  try {
    return await endpoints.test(scope, endpoint, {}, call);
  } catch (error) {
    if (call.signal.aborted) return undefined;
    if (!(error instanceof AppError)) throw error;
    return failedTest(error);
  }
}
