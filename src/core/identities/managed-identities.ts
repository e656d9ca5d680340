import { z } from 'zod';
import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import type { AppError } from '../base/errors.ts';
import type { ApiRequest, ApiResponse } from '../http/api-client.ts';
import { readAnswer } from '../http/read-answer.ts';
import { untilSettled } from './directory.ts';
import type { CredentialStore } from './federated-credentials.ts';
import type { FederatedCredential, UserAssignedIdentity } from './identities.ts';
import { managedIdentityPath } from './role-assignments.ts';

/** https://learn.microsoft.com/rest/api/managedidentity */
const apiVersion = '2023-01-31';

const credentialSchema = z.object({
  name: z.string(),
  properties: z.object({ issuer: z.string(), subject: z.string(), audiences: z.array(z.string()) }),
});

const identitySchema = z.object({
  name: z.string(),
  properties: z.object({ clientId: z.string(), principalId: z.string(), tenantId: z.string() }),
});

export interface ManagedIdentityOptions {
  readonly arm: ArmApi;
  readonly clock: Clock;
  /** Runs the writes to one identity one after the other: the service refuses concurrent ones. */
  readonly inTurn: <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;
}

export async function getUserAssignedIdentity(
  { arm }: Pick<ManagedIdentityOptions, 'arm'>,
  resourceId: string,
  call: CallContext,
): Promise<UserAssignedIdentity> {
  const response = await arm.send({ method: 'GET', path: managedIdentityPath(resourceId), apiVersion }, call);
  const { name, properties } = readAnswer(identitySchema, response, 'the managed identity');
  const { clientId, principalId, tenantId } = properties;
  return { resourceId, name, clientId, principalId, tenantId };
}

/** Credentials of a user-assigned managed identity, written one at a time. */
export function managedIdentityCredentials(
  { arm, clock, inTurn }: ManagedIdentityOptions,
  resourceId: string,
): CredentialStore {
  const path = `${managedIdentityPath(resourceId)}/federatedIdentityCredentials`;
  const write = (request: ApiRequest, call: CallContext): Promise<ApiResponse> =>
    inTurn(path.toLowerCase(), () =>
      untilSettled(async () => (await arm.write({ ...request, apiVersion }, call)).response, {
        clock,
        call,
        isPassing: isConcurrent,
        note: 'Others wrote to the managed identity at the same time: the request was repeated.',
      }),
    );
  return {
    title: 'the managed identity',
    async list(call) {
      const found: FederatedCredential[] = [];
      for await (const page of arm.pages({ method: 'GET', path, apiVersion }, {}, call)) {
        found.push(...page.items.flatMap((item) => fromArm(item)));
      }
      return found;
    },
    async put({ name, issuer, subject, audience }, call) {
      const body = { properties: { issuer, subject, audiences: [audience] } };
      const response = await write({ method: 'PUT', path: `${path}/${encodeURIComponent(name)}`, body }, call);
      return response.status === 201;
    },
    async remove(name, call) {
      const address = `${path}/${encodeURIComponent(name)}`;
      await write({ method: 'DELETE', path: address, expectedStatuses: [404] }, call);
    },
  };
}

/** 409 during another write to the same identity; a name or pair that is taken is 409 too. */
function isConcurrent({ status, upstream, message }: AppError): boolean {
  return status === 409 && /concurren/i.test(`${upstream?.code ?? ''} ${message}`);
}

function fromArm(item: unknown): FederatedCredential[] {
  const parsed = credentialSchema.safeParse(item).data;
  if (parsed === undefined) return [];
  const { issuer, subject, audiences } = parsed.properties;
  return [{ name: parsed.name, issuer, subject, audience: audiences[0] ?? '' }];
}

/** Runs work of the same key one after the other, in the order in which it came. */
export function createTurns(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, result);
    const leave = () => {
      if (last.get(key) === result) last.delete(key);
    };
    result.then(leave, leave);
    return result;
  };
}
