import { z } from 'zod';
import type { ArmApi } from '../../apis/arm/arm-api.ts';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import type { ServiceConnectionTarget } from '../service-connection.ts';
import { type ConnectionPlan, scopeOf } from './connection-plan.ts';

/** Failures that mean "not for this connection", not "not now". */
const unreadable = new Set(['permission_denied', 'not_found', 'unauthenticated', 'configuration']);

/**
 * The target with the names that the portal would show: of the subscription or the management group, and the location of
 * a workspace. What the connection may not read is left open, with a note.
 */
export async function nameTarget(
  { target, isOwnCloud }: Pick<ConnectionPlan, 'target' | 'isOwnCloud'>,
  arm: ArmApi,
  call: CallContext,
): Promise<ServiceConnectionTarget> {
  const read = (path: string, apiVersion: string) =>
    isOwnCloud ? readQuietly(arm, path, apiVersion, call) : Promise.resolve(undefined);
  switch (target.level) {
    case 'Subscription':
      if (isOwnCloud) await requireGroup(target, arm, call);
      return { ...target, subscriptionName: target.subscriptionName ?? (await subscriptionName(target, read, call)) };
    case 'ManagementGroup':
      return { ...target, managementGroupName: target.managementGroupName ?? (await groupName(target, read, call)) };
    case 'AzureMLWorkspace': {
      const workspaceLocation = target.workspaceLocation ?? (await locationOf(target, arm, isOwnCloud, call));
      const name = target.subscriptionName ?? (await subscriptionName(target, read, call));
      return { ...target, workspaceLocation, subscriptionName: name };
    }
  }
}

/** Azure DevOps takes any name of a resource group; one that is not there would fail in the first pipeline. */
async function requireGroup(
  target: Extract<ServiceConnectionTarget, { level: 'Subscription' }>,
  arm: ArmApi,
  call: CallContext,
): Promise<void> {
  if (target.resourceGroup === undefined) return;
  const path = `/subscriptions/${target.subscriptionId}/resourceGroups/${encodeURIComponent(target.resourceGroup)}`;
  try {
    await arm.send({ method: 'GET', path, apiVersion: '2021-04-01' }, call);
  } catch (error) {
    if (!(error instanceof AppError) || !unreadable.has(error.code) || isMissing(error)) throw error;
  }
}

type Read = (path: string, apiVersion: string) => Promise<unknown>;

/** https://learn.microsoft.com/rest/api/resources/subscriptions/get */
async function subscriptionName(
  { subscriptionId }: { readonly subscriptionId: string },
  read: Read,
  call: CallContext,
): Promise<string | undefined> {
  const body = await read(`/subscriptions/${subscriptionId}`, '2022-12-01');
  const name = z.object({ displayName: z.string().min(1) }).safeParse(body).data?.displayName;
  if (name === undefined) noteUnread('subscription_name', subscriptionId, call);
  return name;
}

/** https://learn.microsoft.com/rest/api/managementgroups/management-groups/get */
async function groupName(
  { managementGroupId }: { readonly managementGroupId: string },
  read: Read,
  call: CallContext,
): Promise<string | undefined> {
  const path = `/providers/Microsoft.Management/managementGroups/${encodeURIComponent(managementGroupId)}`;
  const body = await read(path, '2020-05-01');
  const schema = z.object({ properties: z.object({ displayName: z.string().min(1) }) });
  const name = schema.safeParse(body).data?.properties.displayName;
  if (name === undefined) noteUnread('management_group_name', managementGroupId, call);
  return name;
}

function noteUnread(field: string, id: string, call: CallContext): void {
  call.note(
    `The connection cannot read the name of ${id}, so the id stands for it; pass ${field} to show another one.`,
  );
}

/** The service wants the location of a workspace, and nothing can stand in for it. */
async function locationOf(
  target: Extract<ServiceConnectionTarget, { level: 'AzureMLWorkspace' }>,
  arm: ArmApi,
  isOwnCloud: boolean,
  call: CallContext,
): Promise<string> {
  let body: unknown;
  if (isOwnCloud) {
    const path = scopeOf(target).split('/').map(encodeURIComponent).join('/');
    try {
      ({ body } = await arm.send({ method: 'GET', path, apiVersion: '2024-04-01' }, call));
    } catch (error) {
      if (!(error instanceof AppError) || !unreadable.has(error.code)) throw error;
      if (isMissing(error)) throw error;
    }
  }
  const location = z.object({ location: z.string().min(1) }).safeParse(body).data?.location;
  if (location !== undefined) return location;
  throw new AppError('invalid_argument', `The location of the workspace ${target.workspaceName} cannot be read.`, {
    hint: 'Pass workspace_location, e.g. westeurope, or give the app of the connection the role Reader on the workspace.',
  });
}

/** The subscription can be read, and the workspace is not in it. */
function isMissing({ upstream }: AppError): boolean {
  return upstream?.code === 'ResourceNotFound' || upstream?.code === 'ResourceGroupNotFound';
}

async function readQuietly(arm: ArmApi, path: string, apiVersion: string, call: CallContext): Promise<unknown> {
  try {
    return (await arm.send({ method: 'GET', path, apiVersion }, call)).body;
  } catch (error) {
    if (error instanceof AppError && unreadable.has(error.code)) return undefined;
    throw error;
  }
}
