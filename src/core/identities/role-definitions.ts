import { z } from 'zod';
import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { nearestNames } from '../base/nearest.ts';
import { quoteNames } from '../base/plain-text.ts';
import type { ApiRequest } from '../http/api-client.ts';

export const authorizationVersion = '2022-04-01';

export interface RoleDefinition {
  /** GUID, lower case. */
  readonly guid: string;
  /** As the service gives it; goes back to it in an assignment. */
  readonly id: string;
  readonly name: string;
}

const definitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({ roleName: z.string() }),
});

/**
 * The role of this name or GUID, as it is known at the scope: custom roles exist at some scopes only. Throws `not_found`
 * with the nearest names. https://learn.microsoft.com/rest/api/authorization/role-definitions/list
 */
export async function resolveRole(
  arm: ArmApi,
  scope: string,
  role: string,
  call: CallContext,
): Promise<RoleDefinition> {
  const found = isGuid(role) ? await findByGuid(arm, scope, role, call) : await findByName(arm, scope, role, call);
  if (found !== undefined) return found;
  const all = await listDefinitions(arm, scope, undefined, call);
  // The service compares names exactly; what differs in case only is certainly meant.
  const alike = all.find(({ name }) => name.toLowerCase() === role.trim().toLowerCase());
  if (alike !== undefined) return alike;
  const names = nearestNames(
    role,
    all.map(({ name }) => name),
  );
  const near = names.length === 0 ? '' : ` The nearest are ${quoteNames(names)}.`;
  throw new AppError('not_found', `There is no role ${JSON.stringify(role.slice(0, 200))} at ${scope}.${near}`, {
    hint: names.length === 0 ? 'Check the scope.' : 'Use the name or GUID of a role that is known there.',
    detail: { field: 'role', nearest: names },
  });
}

async function findByGuid(
  arm: ArmApi,
  scope: string,
  guid: string,
  call: CallContext,
): Promise<RoleDefinition | undefined> {
  const path = `${definitionsOf(scope)}/${guid.toLowerCase()}`;
  const request: ApiRequest = { method: 'GET', path, apiVersion: authorizationVersion, expectedStatuses: [404] };
  return readDefinition((await arm.send(request, call)).body);
}

async function findByName(
  arm: ArmApi,
  scope: string,
  role: string,
  call: CallContext,
): Promise<RoleDefinition | undefined> {
  const found = await listDefinitions(arm, scope, `roleName eq '${role.replaceAll("'", "''")}'`, call);
  return found.find(({ name }) => name.toLowerCase() === role.toLowerCase());
}

async function listDefinitions(
  arm: ArmApi,
  scope: string,
  filter: string | undefined,
  call: CallContext,
): Promise<readonly RoleDefinition[]> {
  const path = definitionsOf(scope);
  const params = filter === undefined ? {} : { $filter: filter };
  const found: RoleDefinition[] = [];
  for await (const page of arm.pages({ method: 'GET', path, params, apiVersion: authorizationVersion }, {}, call)) {
    found.push(...page.items.map(readDefinition).filter((definition) => definition !== undefined));
  }
  return found;
}

function definitionsOf(scope: string): string {
  return `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
}

function readDefinition(item: unknown): RoleDefinition | undefined {
  const parsed = definitionSchema.safeParse(item).data;
  return parsed && { guid: parsed.name.toLowerCase(), id: parsed.id, name: parsed.properties.roleName };
}
