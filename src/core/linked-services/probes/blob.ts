import { dataRoles } from '../../apis/arm/built-in-roles.ts';
import { member, textOf } from '../../base/guards.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import { closedHint, isClosed } from '../data-plane-client.ts';
import { type DataRoleAssignment, explainRefusal, fetchDataRoles } from '../data-roles.ts';
import { fail, type LinkedService, type ProbeStage, pass, passPartly, skip, warn, wordsOf } from '../linked-service.ts';
import type { ProbeContext, ServiceProbe } from '../service-probe.ts';

/**
 * Entra tokens need 2017-11-09 or later.
 * https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
 */
const versionHeader = { 'x-ms-version': '2021-12-02', Accept: 'application/xml' };

/** Most containers that are tried one by one when the account as a whole is refused. */
const mostContainers = 5;

/**
 * Blob storage: lists one container. Any Storage Blob Data role allows it; Owner and Contributor do not.
 * https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
 */
export const blobProbe: ServiceProbe = {
  inspect(service) {
    const { provisioningState, statusOfPrimary } = service.properties;
    const state = textOf(provisioningState) || 'Succeeded';
    if (state !== 'Succeeded' || statusOfPrimary === 'unavailable') {
      return warn(
        'discover',
        `The account is ${quoted(state)}, its primary location ${quoted(textOf(statusOfPrimary) || 'unknown')}.`,
      );
    }
    return pass('discover', 'The account is provisioned.');
  },

  async reach(context) {
    const outcome = await context.http.get('/?comp=list&maxresults=1', versionHeader);
    return outcome.stages ?? readAnswer(outcome.answer, context);
  },
};

async function readAnswer(answer: ApiResponse, context: ProbeContext): Promise<readonly ProbeStage[]> {
  const { service } = context;
  const reached = pass('network', `${quoted(service.endpoint)} answers.`);
  if (answer.status === 200) return [reached, pass('authorize', 'Containers can be listed.')];
  const { code, message } = readError(answer);
  const said = `The service answered ${answer.status} ${quoted(code)}.`;
  if (code === 'AuthorizationFailure' || code === 'PublicAccessNotPermitted') {
    return [
      fail('network', `${said} The network rules of the account refuse this address.`, {
        code,
        hint: networkHint(service),
      }),
      skip('authorize', 'Not tried: the network rules of the account refuse this address.'),
    ];
  }
  if (answer.status === 403) return [reached, await readRefusal(code, said, context)];
  const hint =
    hints[code] ?? 'Look at the health of the account in the portal (Diagnose and solve problems), then probe again.';
  return [reached, fail('authorize', `${said} ${wordsOf(message)}`.trimEnd(), { code, hint })];
}

/** Source: "Common REST API error codes" of Azure Storage. */
const hints: Readonly<Record<string, string>> = {
  InvalidAuthenticationInfo:
    'Check that the account trusts the tenant of the connection: az storage account show --query id, then az account show --query tenantId.',
  NoAuthenticationInformation: 'A proxy removes the Authorization header; let requests to this host through unchanged.',
  ResourceNotFound: 'Check that the account has blobs: its kind must not be FileStorage.',
};

function networkHint(service: LinkedService): string {
  return isClosed(service)
    ? closedHint(service)
    : `Let this address in: ${quoted(`az storage account network-rule add --account-name ${service.name} --resource-group ${service.resource_group} --ip-address <public address of this machine>`, 600)}.`;
}

/** A role can be assigned on a single container: then the account refuses, and the container does not. */
async function readRefusal(code: string, said: string, context: ProbeContext): Promise<ProbeStage> {
  const assignments = await fetchDataRoles(context);
  const containers = containersOf(assignments ?? [], context.service);
  for (const name of containers) {
    const outcome = await context.http.head(`/${name}?restype=container`, versionHeader);
    if (outcome.answer?.status === 200) {
      return passPartly(
        'authorize',
        `The account cannot be listed; the role holds for the container ${quoted(name)} alone.`,
      );
    }
  }
  return explainRefusal(context, { code, detail: said, wanted: dataRoles.blobContributor, assignments });
}

function containersOf(assignments: readonly DataRoleAssignment[], service: LinkedService): readonly string[] {
  const prefix = `${service.id}/blobServices/default/containers/`.toLowerCase();
  return assignments
    .map(({ scope }) => scope.toLowerCase())
    .filter((scope) => scope.startsWith(prefix))
    .map((scope) => scope.slice(prefix.length))
    .filter((name) => /^(?:\$[a-z]+|[a-z0-9][a-z0-9-]{2,62})$/.test(name))
    .slice(0, mostContainers);
}

/** Codes are in a header, and in XML (or JSON, for some failures of the front door). */
function readError({ headers, body, status }: ApiResponse): { readonly code: string; readonly message: string } {
  const text = typeof body === 'string' ? body : '';
  const json = member(body, 'error');
  const code =
    headers['x-ms-error-code'] ?? /<Code>([A-Za-z0-9]{1,80})<\/Code>/.exec(text)?.[1] ?? textOf(member(json, 'code'));
  const message = /<Message>([^<]{0,1000})/.exec(text)?.[1] ?? textOf(member(json, 'message'));
  return { code: code || String(status), message: message.replace(/RequestId:.*$/s, '') };
}
