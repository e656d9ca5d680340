import type { SandboxRequest } from '../service.ts';
import type { DevOpsRoute } from './devops-call.ts';
import { badRequest } from './devops-error.ts';

/** Highest released version, and the one that exists as a preview only. */
const released = 7.1;
const preview = 7.2;

/**
 * Reads may leave the version out; writes may not. Source: "Azure DevOps Services REST API versioning", texts as the
 * service answers them.
 */
export function checkApiVersion(route: DevOpsRoute, request: SandboxRequest, query: ReadonlyMap<string, string>): void {
  const version = query.get('api-version') ?? versionOfAccept(request.headers['accept']);
  if (version === undefined || version === '') {
    if (request.method === 'GET' || request.method === 'OPTIONS') return;
    throw badRequest(
      'VssVersionNotSpecifiedException',
      `No api-version was supplied for the "${request.method}" request. The version must be supplied either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").`,
    );
  }
  const [, number, flag] = /^(\d+\.\d+)(-preview(?:\.\d+)?)?$/i.exec(version) ?? [];
  if (number === undefined) {
    throw badRequest('VssVersionFormatException', `The api-version '${version}' is not in the format '1.0-preview.1'.`);
  }
  if (Number(number) < 1 || Number(number) > preview) {
    throw badRequest(
      'VssVersionOutOfRangeException',
      `The requested REST API version of ${number} is out of range for this server. The latest REST API version this server supports is ${preview}.`,
    );
  }
  if (flag === undefined && (Number(number) > released || route.isPreview)) {
    throw badRequest(
      'VssInvalidPreviewVersionException',
      `The requested version "${number}" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "${number}-preview"`,
    );
  }
}

/** `application/json;api-version=7.1` */
function versionOfAccept(accept: string | undefined): string | undefined {
  return /api-version=([^;,\s]+)/i.exec(accept ?? '')?.[1];
}
