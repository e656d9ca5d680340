import type { CallContext } from '../base/call-context.ts';
import { invalidArgument } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { convertEndpoints } from './convert-endpoints.ts';
import { convertibilityOf, isScheme } from './convertibility.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import type { Endpoint, Project, ProjectScope } from './endpoints.ts';
import { findEndpoint, unknownEndpoint } from './find-endpoints.ts';
import { removeEndpoint } from './remove-endpoint.ts';
import {
  type ListServiceConnections,
  type ServiceConnection,
  type ServiceConnections,
  serviceConnectionSchemes,
} from './service-connection.ts';
import type { ServiceConnectionParts } from './service-connection-parts.ts';
import { verifyEndpoints } from './verify-endpoints.ts';

/** Schemes that endpoints of other types have, beside those of Azure connections. */
const otherSchemes = ['None', 'UsernamePassword', 'Token', 'Certificate', 'OAuth2'];

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
  // Whoever names one wants to see it, whatever its type is.
  const filter = { includeFailed: true, includeDetails: true, ...(isNamed ? {} : { type: 'azurerm' }) };
  const known = await endpoints.list(scope, filter, call);
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

function checkScheme(scheme: string | undefined): void {
  const known = [...serviceConnectionSchemes, ...otherSchemes];
  if (scheme === undefined || known.some((one) => one.toLowerCase() === scheme.trim().toLowerCase())) return;
  const meant = nearest(scheme, known);
  throw invalidArgument(
    `scheme: there is no ${JSON.stringify(scheme.slice(0, 60))}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    `Use one of ${serviceConnectionSchemes.join(', ')}.`,
  );
}

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
