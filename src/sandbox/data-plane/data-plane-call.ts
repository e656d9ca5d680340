import type { ArmResource } from '../arm/arm-records.ts';
import type { ArmStore } from '../arm/arm-store.ts';
import { verifyAccessToken } from '../entra/verify-access-token.ts';
import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest } from '../service.ts';

/** What the data planes work with besides the request. */
export interface DataPlaneParts {
  readonly arm: ArmStore;
}

/** A request to one account. */
export interface DataPlaneCall {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly arm: ArmStore;
  readonly account: ArmResource;
  readonly query: URLSearchParams;
}

/** Who calls, or why nobody is let in: a text like the services'. */
export type Caller =
  | { readonly objectId: string; readonly problem?: undefined }
  | { readonly problem: 'missing' | 'invalid'; readonly message: string };

/** The account behind the address: its name is the first label of the host, or the last part of the path on a port. */
export function findAccount(request: SandboxRequest, type: string, arm: ArmStore): ArmResource | undefined {
  const name = (/^https:\/\/([^./]+)\./.exec(request.base)?.[1] ?? request.base.split('/').at(-1) ?? '').toLowerCase();
  for (const resource of arm.resources()) {
    if (resource.type.toLowerCase() === type.toLowerCase() && resource.name.toLowerCase() === name) return resource;
  }
  return undefined;
}

/** Checks token and audience. `audiences` are the ones of the service in general; the account's own address counts too. */
export async function authenticate(
  request: SandboxRequest,
  audiences: readonly string[],
  context: SandboxContext,
): Promise<Caller> {
  const [, token] = /^bearer\s+(\S+)$/i.exec(request.headers['authorization'] ?? '') ?? [];
  if (token === undefined) return { problem: 'missing', message: 'There is no token.' };
  const check = await verifyAccessToken(token, [...audiences, request.base], context);
  if (!check.ok) return { problem: 'invalid', message: check.message };
  if (check.claims.tid !== tenant.id || check.claims.oid === undefined) {
    return { problem: 'invalid', message: 'Issuer validation failed. Issuer did not match.' };
  }
  return { objectId: check.claims.oid };
}

/** Resources of a type below an account, by the last part of their names. */
export function childNames(account: ArmResource, type: string, arm: ArmStore): readonly string[] {
  const found: string[] = [];
  for (const resource of arm.resources(account.id)) {
    if (resource.type.toLowerCase() === type.toLowerCase()) found.push(resource.name.split('/').at(-1) ?? '');
  }
  return found.sort();
}
