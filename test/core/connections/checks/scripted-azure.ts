import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { onTestFinished } from 'vitest';
import { readClaims } from '../../../../src/core/auth/token-claims.ts';
import { localCaller } from '../../../../src/core/base/caller.ts';
import type { CheckContext, CheckFindings } from '../../../../src/core/connections/checks/check.ts';
import type { LinkedServices } from '../../../../src/core/linked-services/linked-service.ts';
import type { ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { createLogger } from '../../../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../../../src/core/telemetry/telemetry.ts';
import { createNetwork } from '../../../../src/runtime/network.ts';
import { testCall } from '../../../support/call.ts';
import { labCloud } from '../../auth/support.ts';
import { noLinkedServices } from '../no-linked-services.ts';
import { clientId, handClock, tenantId, testRecord } from '../support.ts';

export const subscriptionId = '44444444-4444-4444-8444-444444444444';
export const subscription = `/subscriptions/${subscriptionId}`;
export const objectId = '55555555-5555-4555-8555-555555555555';

/** What ARM answers: a body for 200, or status and body. */
export type Answer = { readonly status?: number; readonly body?: unknown };

export interface Script {
  readonly record?: Partial<ConnectionRecord>;
  readonly claims?: Record<string, unknown>;
  /** `path` or `path?query`, in lower case, without api-version; the first that the address begins with. */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly linkedServices?: LinkedServices;
  readonly withoutToken?: boolean;
}

/** A validation in which the token check has passed, over the real ARM layer and a scripted wire. */
export async function scriptedAzure({ record = {}, claims = {}, answers = {}, ...rest }: Script = {}) {
  const clock = handClock(Date.now());
  const seen: string[] = [];
  const token = `e30.${Buffer.from(
    JSON.stringify({ tid: tenantId, appid: clientId, oid: objectId, aud: labCloud.resourceManager, ...claims }),
  ).toString('base64url')}.sig`;
  const network = createNetwork({
    clouds: new Map([[labCloud.name, labCloud]]),
    clock,
    logger: createLogger({ level: 'silent' }),
    telemetry: noTelemetry,
    readSecret: async () => new Secret(token),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: () => undefined,
    httpClient: scriptedWire(answers, seen),
  });
  onTestFinished(() => network.close());
  const full = testRecord({
    cloud: labCloud.name,
    auth_type: 'bearer',
    scopes: ['resources'],
    identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
    secrets: [{ field: 'token', ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' }],
    ...record,
  });
  const findings: CheckFindings = { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() };
  if (rest.withoutToken !== true) {
    findings.tokens.set('resource_manager', { token, expiresAt: clock.now() + 3_600_000 });
  }
  const context: CheckContext = {
    record: full,
    connection: await network.open(full, localCaller),
    call: testCall(),
    clock,
    readSecret: async () => new Secret(token),
    findings,
    linkedServices: rest.linkedServices ?? noLinkedServices,
  };
  return { context, seen, claims: readClaims(token) };
}

function scriptedWire(answers: Readonly<Record<string, Answer>>, seen: string[]): HttpClient {
  return {
    async sendRequest(request) {
      const url = new URL(request.url);
      url.searchParams.delete('api-version');
      const address = decodeURIComponent(`${url.pathname}${url.search}`).replaceAll('+', ' ');
      seen.push(`${request.method} ${address}`);
      const found = Object.entries(answers).find(([path]) => address.toLowerCase() === path.toLowerCase());
      const { status = 200, body = {} } = found?.[1] ?? {
        status: 500,
        body: { error: { code: 'NotScripted', message: address } },
      };
      const headers = createHttpHeaders({ 'content-type': 'application/json' });
      return { request, status, headers, bodyAsText: JSON.stringify(body) };
    },
  };
}

/** Path of the question for the assignments of the identity at a scope. */
export function assignmentsAt(scope: string): string {
  return `${scope}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('${objectId}')`;
}

export interface Assigned {
  readonly roleId: string;
  readonly scope?: string;
  readonly principalId?: string;
  readonly condition?: string;
}

/** A role assignment as ARM lists it. */
export function assignment({ roleId, scope = subscription, principalId = objectId, condition }: Assigned) {
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${principalId}-${roleId}`,
    properties: {
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
      scope,
      principalId,
      principalType: 'ServicePrincipal',
      condition: condition ?? null,
    },
  };
}
