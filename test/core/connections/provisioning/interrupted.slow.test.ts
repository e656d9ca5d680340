import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../support/sandbox-tools.ts';
import { finished, openTenant, type ProvisionedTenant } from './provisioned-tenant.ts';

// Each request of a provisioning, one after the other, is the one at which it ends; then the same call is made again.

const kinds = ['secret', 'federated'] as const;

const signIn = ['GET /{id}/v2.0/.well-known/openid-configuration', 'POST /{id}/oauth2/v2.0/token'];
const authorization = '/subscriptions/{id}/providers/Microsoft.Authorization';
const common = [
  `GET ${authorization}/roleDefinitions`,
  `GET ${authorization}/roleDefinitions`,
  "GET /v1.0/applications(uniqueName='tenantry-{name}-{id}')",
  "PATCH /v1.0/applications(uniqueName='tenantry-{name}-{id}')",
  "GET /v1.0/servicePrincipals(appId='{id}')",
  "PATCH /v1.0/servicePrincipals(appId='{id}')",
  `GET ${authorization}/roleDefinitions`,
  `PUT ${authorization}/roleAssignments/{id}`,
  `GET ${authorization}/roleDefinitions`,
  `PUT ${authorization}/roleAssignments/{id}`,
];
const credentials = '/v1.0/applications/{id}/federatedIdentityCredentials';

/** Every request of an undisturbed provisioning, the sign-in of the connection that it works with left out. */
const requests = {
  secret: [...common, 'POST /v1.0/applications/{id}/addPassword', ...signIn],
  federated: [...common, `GET ${credentials}`, `PATCH ${credentials}(name='tenantry-{name}')`, ...signIn],
};

/** How a provisioning ends at a request: what befalls it, and whether the service has carried the request out. */
const ends = [
  { what: 'its answer is lost', carriedOut: false },
  { what: 'its answer is lost', carriedOut: true },
  { what: 'the call is cancelled', carriedOut: false },
  { what: 'the call is cancelled', carriedOut: true },
  { what: 'the process dies', carriedOut: false },
  { what: 'the process dies', carriedOut: true },
] as const;
type End = (typeof ends)[number];

interface Interrupted {
  /** Undefined when the process died. */
  readonly answer: Answer | undefined;
  /** The request at which it ended; undefined when there were fewer. */
  readonly at: string | undefined;
}

/** One call that ends at its n-th request. */
async function interrupt(
  { tools, provision }: ProvisionedTenant,
  input: Readonly<Record<string, unknown>>,
  nth: number,
  { what, carriedOut }: End,
): Promise<Interrupted> {
  const client = tools.sandbox.httpClient;
  const { sendRequest } = client;
  const controller = new AbortController();
  const died = Promise.withResolvers<undefined>();
  let seen = 0;
  let at: string | undefined;
  client.sendRequest = async (request: PipelineRequest) => {
    seen += 1;
    if (seen !== nth) return sendRequest.call(client, request);
    at = `${request.method} ${new URL(request.url).pathname}`;
    if (what === 'its answer is lost') {
      // A sign-in that nobody answers is tried again; one that is refused for no reason is not.
      const isSignIn = request.url.startsWith(tools.sandbox.cloud.login);
      tools.sandbox.fault(isSignIn ? { status: 400 } : { reset: carriedOut ? 'after' : 'before' });
      return sendRequest.call(client, request);
    }
    const response = carriedOut ? await sendRequest.call(client, request) : undefined;
    if (what === 'the process dies') {
      died.resolve(undefined);
      return new Promise(() => undefined);
    }
    controller.abort();
    return response ?? sendRequest.call(client, request);
  };
  const running = provision(input, { signal: controller.signal });
  const answer = await Promise.race([running, died.promise]);
  client.sendRequest = sendRequest;
  if (what === 'the process dies') await tools.restart();
  return { answer, at };
}

describe.each(kinds)('a provisioning with a %s credential', (kind) => {
  test.each(ends)(
    'is finished by a repeat when $what (carried out: $carriedOut), at whatever request',
    async (end) => {
      const tenant = await openTenant({ frozenClock: true, settings: { retry: { max_attempts: 1 } } });
      const endedAt: string[] = [];
      for (let nth = 1; ; nth++) {
        const input = { ...tenant.inputOf(kind), name: `number-${nth}` };
        await signInFirst(tenant);
        const { answer, at } = await interrupt(tenant, input, nth, end);
        // What failed a moment ago is remembered for a few seconds.
        tenant.tools.sandbox.advance(10);
        const repeated = await tenant.provision(input);
        const where = `request ${nth}, ${at}: ${repeated.text}`;
        expect(repeated.isError, where).toBe(false);
        expect(await tenant.find(input.name), where).toEqual(finished(kind));
        if (at === undefined) {
          expect(answer?.isError).toBe(false);
          break;
        }
        endedAt.push(at.replace(input.name, '{name}').replaceAll(guids, '{id}'));
      }
      await tenant.close();
      expect(endedAt).toEqual(requests[kind]);
    },
    120_000,
  );
});

const guids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

async function signInFirst({ tools }: ProvisionedTenant): Promise<void> {
  await tools.call('graph_query', { endpoint: '/organization' });
  await tools.call('arm_query', { path: '/subscriptions' });
}
